"""`troupe checkpoints`: the places where TROUPE_KILL_AT may kill the process."""

import typer

from functions.cli.show import AsJson, json_line


def checkpoints(as_json: AsJson = False) -> None:
    """List them, in the order in which a step meets them."""
    from troupe.durable.checkpoints import checkpoints as names

    if as_json:
        json_line({"items": names(), "next_cursor": None})
    else:
        typer.echo("\n".join(names()))
