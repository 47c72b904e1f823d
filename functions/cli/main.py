"""The commands, one line each, and what becomes of their errors."""

import sys

import typer

from functions.cli import up
from troupe.base.errors import TroupeError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command("up")(up.up)


@app.callback()
def troupe() -> None:
    """Build, run, check and watch AI agents."""


def exit_code(wrong: TroupeError) -> int:
    """The exit code of an error."""
    return {422: 2, 413: 2, 400: 2, 401: 4, 403: 4, 404: 4, 409: 2, 503: 3}.get(wrong.status, 3)


def main() -> None:
    """Run a command; a failure is one sentence on standard error."""
    try:
        app()
    except TroupeError as wrong:
        sys.stderr.write(f"{wrong.message}{' ' + wrong.hint if wrong.hint else ''}\n")
        sys.exit(exit_code(wrong))
    except KeyboardInterrupt:
        sys.exit(130)
