"""`troupe member`: the people of the workspace."""

from typing import Annotated

import typer

from functions.cli.reach import reach
from functions.cli.show import AsJson, Limit, json_line, page

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    email: str,
    name: Annotated[str, typer.Option(help="How they are called.")] = "",
    role: Annotated[str, typer.Option(help="viewer, editor, admin or owner; at most your own.")] = "editor",
    as_json: AsJson = False,
) -> None:
    """Let somebody in."""
    with reach() as api:
        made = api.post("members", {"email": email, "name": name, "role": role})
    if as_json:
        json_line(made)
    else:
        typer.echo(f"{made['email']} is {made['role']} of this workspace.")


@app.command("list")
def list_(limit: Limit = 50, cursor: str | None = None, as_json: AsJson = False) -> None:
    """Who is in it."""
    with reach() as api:
        found = api.get("members", limit=limit, cursor=cursor)
    page(found, ("email", "role", "name", "created_at"), "There are no members.", as_json=as_json)
