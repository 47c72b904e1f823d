"""`troupe connection`: accounts at outside services."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from functions.cli.inputs import read_inputs, read_text
from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, Limit, fields, json_line, note, page
from troupe.base.errors import BadInput, NotFound

app = typer.Typer(no_args_is_help=True)
SHOWN = ("id", "name", "connector", "status", "account", "tools", "withheld", "checked_at", "last_used_at")


@app.command()
def add(
    connector: str,
    name: str,
    config: Annotated[list[str] | None, typer.Option(help="k=v, k=@file: what the connector asks for.")] = None,
    credential: Annotated[
        list[str] | None, typer.Option(help="k=@file, or k=- to read it from standard input; k=v is seen by others.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Connect a service; it is tried at once."""
    with reach() as api:
        asked = api.get(f"connectors/{segment(connector)}")
        body = {
            "connector": connector, "name": name,
            "config": read_inputs(config or [], None, asked["config_schema"], api.upload),
            "credential": dict(_secret(pair) for pair in credential) if credential else None,
        }  # fmt: skip
        _tell(api.post("connections", body, once=True), as_json=as_json)


@app.command("list")
def list_(limit: Limit = 50, cursor: str | None = None, as_json: AsJson = False) -> None:
    """The workspace's connections."""
    with reach() as api:
        found = api.get("connections", limit=limit, cursor=cursor)
    columns = ("name", "connector", "status", "tools", "withheld", "account")
    page(found, columns, "Nothing is connected; `troupe connection add` does that.", as_json=as_json)


@app.command("test")
def try_(name: str, as_json: AsJson = False) -> None:
    """Try a connection without an effect."""
    with reach() as api:
        _tell(api.post(f"connections/{_id(api, name)}/test"), as_json=as_json)


@app.command()
def refresh(name: str, as_json: AsJson = False) -> None:
    """Ask a connection again what it can do; what is new or changed waits for `approve`."""
    with reach() as api:
        _tell(api.post(f"connections/{_id(api, name)}/refresh"), as_json=as_json)


@app.command()
def tools(
    name: str,
    words: Annotated[str, typer.Option("--find", help="Plain words: those that fit best come first.")] = "",
    limit: Limit = 50,
    cursor: str | None = None,
    as_json: AsJson = False,
) -> None:
    """What a connection can do."""
    with reach() as api:
        found = api.get(f"connections/{_id(api, name)}/tools", q=words or None, limit=limit, cursor=cursor)
    page(found, ("name", "effect", "status", "title"), "It has no tools.", as_json=as_json)


@app.command()
def approve(name: str, tool: list[str], as_json: AsJson = False) -> None:
    """Let new or changed tools be used as they are."""
    with reach() as api:
        id = _id(api, name)
        done = [api.post(f"connections/{id}/tools/{segment(one)}/approve") for one in tool]
    if as_json:
        json_line({"items": done})
    else:
        note(f"Approved: {', '.join(one['name'] for one in done)}.")


@app.command()
def remove(name: str, as_json: AsJson = False) -> None:
    """Forget a connection, its tools and its credential."""
    with reach() as api:
        api.delete(f"connections/{_id(api, name)}")
    if as_json:
        json_line({"name": name, "removed": True})
    else:
        note("Removed.")


def _id(api: Any, ref: str) -> str:
    """The id of a connection, by name or id. Raises NotFound."""
    cursor: str | None = None
    while True:
        found = api.get("connections", limit=200, cursor=cursor)
        for one in found["items"]:
            if ref in (one["name"], one["id"]):
                return str(one["id"])
        cursor = found["next_cursor"]
        if cursor is None:
            raise NotFound(f"There is no connection {ref!r}.", hint="`troupe connection list` shows them.")


def _secret(pair: str) -> tuple[str, str]:
    key, sign, text = pair.partition("=")
    if not sign or not key:
        raise BadInput("--credential has the form key=@file, key=- or key=value.", code="bad_option")
    if text == "-":
        return key, sys.stdin.read().rstrip("\r\n")
    if text.startswith("@"):
        return key, read_text(Path(text[1:]).expanduser()).rstrip("\r\n")
    return key, text


def _tell(connection: dict[str, Any], *, as_json: bool) -> None:
    """A connection, and why it does not work; ends with 3 where it does not."""
    if as_json:
        json_line(connection)
    else:
        fields(connection, SHOWN)
        if trouble := connection["error"]:
            note(f"{trouble['message']} {trouble['hint']}".strip())
    if connection["status"] != "ok":
        raise typer.Exit(3)
