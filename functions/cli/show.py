"""What the commands print: JSON in one line, or tables and sentences for people."""

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON in one line.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="At most so many.")]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COLOURS = {"green": "32", "red": "31", "yellow": "33", "dim": "2"}


def plain(text: str) -> str:
    """A text without what would command a terminal: it may come from a model or a stranger."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def colour(text: str, name: str) -> str:
    """The text in a colour, where standard error is a terminal that wants one."""
    wanted = sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{COLOURS[name]}m{text}\x1b[0m" if wanted else text


def json_line(value: Any) -> None:
    """One line of JSON."""
    typer.echo(orjson.dumps(value).decode())


def note(text: str) -> None:
    """Something to know, beside the output."""
    typer.echo(plain(text) if "\x1b[" not in text else text, err=True)


def value(given: Any) -> None:
    """An output: a text as it is, anything else as JSON to read."""
    if isinstance(given, str):
        typer.echo(plain(given) if sys.stdout.isatty() else given)
    else:
        typer.echo(orjson.dumps(given, option=orjson.OPT_INDENT_2).decode())


def cell(given: Any) -> str:
    """A value in a table."""
    if given is None:
        return ""
    text = given if isinstance(given, str) else orjson.dumps(given).decode()
    return " ".join(plain(text).split())


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Rows under the names of their fields; `a.b` is a field of a field. The last column may be long."""
    if not rows:
        note(empty)
        return
    cells = [[cell(_field(row, c)) for c in columns] for row in rows]
    head = [c.rsplit(".", maxsplit=1)[-1].upper().replace("_", " ") for c in columns]
    wide = [max(len(line[i]) for line in [head, *cells]) for i in range(len(columns))]
    for line in [head, *cells]:
        typer.echo("  ".join(text.ljust(w) for text, w in zip(line, wide, strict=True)).rstrip())


def fields(row: dict[str, Any], names: Sequence[str]) -> None:
    """One thing, a field a line; what is empty is left out."""
    shown = [(n, _field(row, n)) for n in names]
    for name, given in shown:
        if given not in (None, "", [], {}):
            typer.echo(f"{name.replace('_', ' ').replace('.', ' ') + ':':<16} {cell(given)}")


def _field(row: Any, path: str) -> Any:
    for part in path.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


def page(found: dict[str, Any], columns: Sequence[str], empty: str, *, as_json: bool) -> None:
    """A page of a list."""
    if as_json:
        json_line(found)
        return
    table(found["items"], columns, empty)
    if found.get("next_cursor"):
        note(f"There are more: --cursor {found['next_cursor']}")


def problem_line(problem: dict[str, Any], file: str = "") -> str:
    """A problem of a text as compilers write it: file:line:column: message."""
    at = ":".join(str(p) for p in (file, problem.get("line"), problem.get("column")) if p)
    parts = [at, problem.get("path") or "", problem["message"]]
    text = ": ".join(p for p in parts if p)
    return plain(f"{text} {problem['hint']}" if problem.get("hint") else text)
