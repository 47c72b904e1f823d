"""`troupe blocks`: the catalogue, from its file; no Troupe needs to run."""

from typing import Annotated, Any

import typer

from functions.cli.show import AsJson, fields, json_line, table, value
from troupe.base.errors import NotFound

app = typer.Typer(no_args_is_help=True)


def _catalogue() -> dict[str, dict[str, Any]]:
    from troupe.catalog.registry import catalogue

    return catalogue()


@app.command("list")
def list_(
    category: Annotated[str | None, typer.Option(help="Only of this category, as `ai`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every block: what it is called, and what repeating it would do to the world."""
    shown = [b for b in _catalogue().values() if not b["hidden"] and category in (None, b["category"])]
    if as_json:
        json_line({"items": shown, "next_cursor": None})
    else:
        table(shown, ("id", "effect", "title"), "There are no blocks of this category.")


@app.command()
def show(id: str, as_json: AsJson = False) -> None:
    """What a block takes and gives."""
    block = _catalogue().get(id)
    if block is None:
        raise NotFound(f"There is no block {id!r}.", hint="`troupe blocks list` names them.")
    if as_json:
        json_line(block)
        return
    fields(block, ("id", "title", "description", "effect", "paid"))
    for name in ("input_schema", "output_schema"):
        typer.echo(f"\n{name.replace('_', ' ')}:")
        value(block[name])
