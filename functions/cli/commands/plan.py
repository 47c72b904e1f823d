"""`troupe plan DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from functions.cli.folder import send
from functions.cli.show import AsJson


def plan(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Say what `apply` would change, and change nothing."""
    send(folder, dry_run=True, as_json=as_json)
