"""`troupe provider`: where models come from."""

import getpass
import os
import sys
from typing import Annotated, Any

import typer

from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, fields, json_line, note, page
from troupe.base.errors import BadInput

app = typer.Typer(no_args_is_help=True)
SHOWN = ("name", "kind", "base_url", "has_key", "source", "shadows", "prices", "changed_at")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The workspace's own, then those of the environment."""
    with reach() as api:
        found = api.get("providers")
    page(found, ("name", "kind", "source", "has_key", "base_url"), "There are none but the demo.", as_json=as_json)


@app.command("set")
def set_(
    name: str,
    kind: Annotated[str, typer.Option(help="openai (and all that speak like it), anthropic, google, bedrock.")],
    base_url: Annotated[str | None, typer.Option(help="Where it is; without it, at the vendor.")] = None,
    key_env: Annotated[str | None, typer.Option(help="The variable with its key; without it, you are asked.")] = None,
    price: Annotated[list[str] | None, typer.Option(help="MODEL=INPUT,OUTPUT in dollars per million tokens.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set one of the workspace's own. Its key is asked for without echo, or read from standard input; none given keeps
    the one that is there."""
    body = {"kind": kind, "base_url": base_url, "prices": dict(_price(p) for p in price or []), "key": _key(key_env)}
    with reach() as api:
        made = api.put(f"providers/{segment(name)}", body)
    json_line(made) if as_json else fields(made, SHOWN)


@app.command("test")
def try_(
    name: str,
    model: Annotated[str | None, typer.Option(help="One of its models, to ask it a tiny question.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask it which models it has, or one of them a tiny question; ends with 3 where it does not answer."""
    with reach() as api:
        told: dict[str, Any] = api.post(f"providers/{segment(name)}/test", {"model": model})
    if as_json:
        json_line(told)
    else:
        note(told["message"])
        for one in told["models"]:
            typer.echo(f"{name}/{one}")
    if not told["ok"]:
        raise typer.Exit(3)


@app.command()
def remove(name: str, as_json: AsJson = False) -> None:
    """Forget one of the workspace's own, and its key."""
    with reach() as api:
        api.delete(f"providers/{segment(name)}")
    json_line({"name": name, "removed": True}) if as_json else note("Removed.")


def _key(variable: str | None) -> str | None:
    if variable is not None:
        if not (found := os.environ.get(variable)):
            raise BadInput(f"The variable {variable} is not set.", code="bad_option")
        return found
    key = getpass.getpass("Key (empty: the one it has): ") if sys.stdin.isatty() else sys.stdin.readline()
    return key.strip() or None


def _price(given: str) -> tuple[str, dict[str, float]]:
    model, _, prices = given.rpartition("=")
    try:
        spent, made = (float(p) for p in prices.split(","))
    except ValueError:
        raise BadInput("--price has the form MODEL=INPUT,OUTPUT.", code="bad_option") from None
    return model, {"input": spent, "output": made}
