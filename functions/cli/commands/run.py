"""`troupe run`: run a workflow and wait for what it gives."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from functions.cli.follow import Watch, finish
from functions.cli.inputs import read_inputs, read_text
from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, json_line, note
from troupe.base.errors import NotFound

if TYPE_CHECKING:
    from functions.cli.client import Api


def run(
    what: Annotated[str, typer.Argument(metavar="FILE|NAME[@ALIAS|@N]", help="A file, or a workflow that is kept.")],
    input: Annotated[list[str] | None, typer.Option(help="key=value, key=@file or key=@folder/; repeat.")] = None,
    input_json: Annotated[str | None, typer.Option(help="The whole input: JSON, @file, or @- for stdin.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Simulate what would change the world.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Only start it.")] = False,
    timeout: Annotated[float | None, typer.Option(min=0, help="Seconds to wait for its end.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run a workflow: progress on standard error, its output on standard output."""
    text = _text_of(what)
    with reach() as api:
        schema = _schema(api, what, text)
        given = read_inputs(input or [], input_json, schema, api.upload)
        body: dict[str, Any] = {"input": given, "dry_run": dry_run}
        started = api.post("runs", body | ({"workflow": what} if text is None else {"text": text}), once=True)
        if no_wait:
            _started(api, started, as_json=as_json)
            return
        try:
            ended = Watch(api, started, timeout=timeout, quiet=as_json).until_rest()
        except KeyboardInterrupt:
            note(f"\nThe run goes on; follow it: troupe runs watch {started['id']}")
            raise
        finish(api, ended, as_json=as_json)


def _text_of(what: str) -> str | None:
    """The text of a file; None where a name is meant."""
    path = Path(what).expanduser()
    if path.is_dir() and (path / "workflow.yaml").is_file():
        return read_text(path / "workflow.yaml")
    if path.is_file():
        return read_text(path)
    if path.suffix in (".yaml", ".yml") or "/" in what:
        raise NotFound(f"There is no file {what}.", code="no_such_file")
    return None


def _schema(api: "Api", what: str, text: str | None) -> dict[str, Any]:
    """What the workflow takes; an unreadable text is told of when it is run."""
    if text is not None:
        return api.post("workflows/check", {"text": text})["input_schema"] or {}
    return api.get(f"workflows/{segment(what.partition('@')[0])}")["input_schema"]


def _started(api: "Api", run: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        json_line(run)
    else:
        typer.echo(run["id"])
    if api.private:
        note("No Troupe runs here: the run goes on when one does (`troupe up`).")
