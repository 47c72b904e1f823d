"""The verbs that every kind of definition has: check texts, look at what is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from functions.cli.inputs import read_text
from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, Limit, cell, json_line, page, problem_line, value

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
        """The text of a version."""
        more = f"/versions/{version}" if version else ""
        with reach() as api:
            found = api.get(f"{many}/{segment(name)}{more}")
        if as_json:
            json_line(found)
        else:
            typer.echo(found["text"], nl=not found["text"].endswith("\n"))

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
