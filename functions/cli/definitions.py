"""The verbs that every kind of definition has: check texts, look at what is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from functions.cli.inputs import read_text
from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, Limit, cell, json_line, note, page, problem_line, value

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id.")]
if TYPE_CHECKING:
    from troupe.features.definitions.kind import Kind

COLUMNS = ("name", "version", "created_at", "id", "title")


def verbs(one: str, find_kind: "Callable[[], Kind]") -> typer.Typer:
    """The commands of one kind of definition; `find_kind` imports it when a text is checked."""
    many = f"{one}s"
    app = typer.Typer(no_args_is_help=True)

    @app.command()
    def check(files: Annotated[list[Path], typer.Argument(metavar="FILE…")], as_json: AsJson = False) -> None:
        """Everything wrong with a text, at once. Needs no running Troupe."""
        from troupe.features.definitions.service import check as find

        good = True
        for file in files:
            found = find(find_kind(), read_text(file)).model_dump(mode="json")
            good = good and found["ok"]
            if as_json:
                json_line(found if len(files) == 1 else {"path": str(file), **found})
                continue
            for problem in found["problems"]:
                typer.echo(problem_line(problem, str(file)))
            if found["ok"]:
                typer.echo(f"{file}: good.")
        if not good:
            raise typer.Exit(2)

    @app.command("list")
    def list_(limit: Limit = 50, cursor: str | None = None, as_json: AsJson = False) -> None:
        """The newest version of each."""
        with reach() as api:
            found = api.get(many, limit=limit, cursor=cursor)
        page(found, COLUMNS, f"No {many} yet: `troupe apply DIR` keeps those of a folder.", as_json=as_json)

    @app.command()
    def show(
        name: Name, version: Annotated[int | None, typer.Option(min=1, help="Else the newest.")] = None,
        as_json: AsJson = False,
    ) -> None:  # fmt: skip
        """The text of a version; of the newest also how its runs went in the last days."""
        more = f"/versions/{version}" if version else ""
        with reach() as api:
            found = api.get(f"{many}/{segment(name)}{more}")
            figures = None if version else api.get(f"{many}/{segment(name)}/figures")
        if as_json:
            json_line({**found, "figures": figures})
        else:
            typer.echo(found["text"], nl=not found["text"].endswith("\n"))
            if figures and figures["runs"]:
                note(_told(figures))

    @app.command()
    def versions(name: Name, limit: Limit = 50, as_json: AsJson = False) -> None:
        """The versions of one, newest first."""
        with reach() as api:
            found = api.get(f"{many}/{segment(name)}/versions", limit=limit)
        page(found, ("version", "created_at", "created_by", "hash"), "No versions.", as_json=as_json)

    @app.command()
    def diff(name: Name, before: int, to: int, as_json: AsJson = False) -> None:
        """What differs between two versions."""
        with reach() as api:
            found = api.get(f"{many}/{segment(name)}/diff", **{"from": before, "to": to})
        if as_json:
            json_line(found)
            return
        for mark, paths in (("+", found["added"]), ("-", found["removed"])):
            for path in paths:
                typer.echo(f"{mark} {cell(path)}")
        for change in found["changed"]:
            typer.echo(f"~ {cell(change['path'])}: {cell(change['from'])} → {cell(change['to'])}")

    @app.command()
    def alias(name: Name, alias: str, version: int, as_json: AsJson = False) -> None:
        """Let a name stand for a version: `alias NAME production 3`."""
        with reach() as api:
            found = api.put(f"{many}/{segment(name)}/aliases/{segment(alias)}", {"version": version})
        if as_json:
            json_line(found)
        else:
            value(found["aliases"])

    return app


def _told(figures: dict[str, Any]) -> str:
    """Figures in a few lines."""
    ended = ", ".join(f"{count} {status}" for status, count in figures["by_status"].items())
    lines = [f"In {figures['days']} days{'' if figures['whole'] else ' (the newest)'}: {ended}."]
    if (times := figures["seconds"]) is not None:
        lines.append(f"Half took at most {times['p50']:.3g} s, 95 % at most {times['p95']:.3g} s.")
    if figures["model_calls"]:
        tokens = figures["input_tokens"] + figures["output_tokens"]
        served = f"{figures['cache_hits']} from the cache" if figures["cache_hits"] else "none from the cache"
        lines.append(f"{figures['model_calls']} model calls, {served}; {tokens:,} tokens, ${figures['cost_usd']:.4g}.")
    used = [(t["tool"], t["calls"], f", {t['failed']} failed" if t["failed"] else "") for t in figures["tools"][:10]]
    return "\n".join([*lines, *(f"  {tool}: {calls}{failed}" for tool, calls, failed in used)])
