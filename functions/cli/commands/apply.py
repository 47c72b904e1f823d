"""`troupe apply DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from functions.cli.folder import send
from functions.cli.show import AsJson


def apply(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Make the workspace what the files of a folder say."""
    send(folder, dry_run=False, as_json=as_json)
