"""`troupe token`: API tokens."""

from datetime import datetime
from typing import Annotated

import typer

from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, Limit, json_line, note, page

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    name: str,
    role: Annotated[str, typer.Option(help="viewer, editor, admin or owner; at most your own.")] = "editor",
    expires: Annotated[datetime | None, typer.Option(help="When it ends, UTC.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. Its secret is shown once, on standard output."""
    until = f"{expires.isoformat()}Z" if expires else None
    with reach() as api:
        made = api.post("tokens", {"name": name, "role": role, "expires_at": until})
    if as_json:
        json_line(made)
        return
    note(f"Token {made['id']}; it is not shown again:")
    typer.echo(made["token"])


@app.command("list")
def list_(limit: Limit = 50, cursor: str | None = None, as_json: AsJson = False) -> None:
    """The tokens of the workspace."""
    with reach() as api:
        found = api.get("tokens", limit=limit, cursor=cursor)
    page(found, ("id", "prefix", "role", "expires_at", "revoked_at", "name"), "There are no tokens.", as_json=as_json)


@app.command()
def revoke(id: str, as_json: AsJson = False) -> None:
    """Make a token worthless."""
    with reach() as api:
        api.delete(f"tokens/{segment(id)}")
    if as_json:
        json_line({"id": id, "revoked": True})
    else:
        typer.echo("Revoked.")
