"""data.csv_read: rows out of comma-separated text."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_ITEMS, Row
from troupe.catalog.blocks.data._csv import restored
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")


class CsvRead(Block):
    """Read comma-separated text (RFC 4180) into rows.

    The separator is found among comma, semicolon, tab and bar where none is given. Cells that data.csv_write made
    harmless for spreadsheets are given as they were.
    """

    title = "Read CSV"
    effect = pure
    cpu = True

    class Input(Fields):
        """The text and how it is written."""

        text: str = Field(description="The comma-separated text.", max_length=10_000_000)
        separator: str = Field("", description="One character; empty finds it.", max_length=1)
        header: bool = Field(default=True, description="The first line names the columns; else c1, c2, …")
        numbers: bool = Field(default=False, description="Turn cells that are written as numbers into numbers.")

    class Output(Fields):
        """A row is an object by column; a cell that is not there is empty."""

        rows: list[Row]
        columns: list[str]
        count: int

    examples = (
        Example(
            title="With a header",
            given={"text": 'name;price\r\n"Tea; green";2.50\r\n', "numbers": True},
            gives={"rows": [{"name": "Tea; green", "price": 2.5}], "columns": ["name", "price"], "count": 1},
        ),
        Example(
            title="Without one",
            given={"text": "a,'=1+1\nb", "header": False},
            gives={"rows": [{"c1": "a", "c2": "=1+1"}, {"c1": "b", "c2": ""}], "columns": ["c1", "c2"], "count": 2},
        ),
    )
    refuses = (
        Refusal(given={"text": "a", "separator": ";;"}),
        Refusal(given={"text": 'a,b\n"open'}, code="bad_csv"),
        Refusal(given={"text": "a\n1,2"}, code="bad_csv"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        text = given.text.removeprefix("\ufeff")
        lines = _lines(text, given.separator or _separator(text))
        if not lines:
            return self.Output(rows=[], columns=[], count=0)
        widest = max(len(cells) for _, cells in lines)
        columns = _names(lines.pop(0)[1] if given.header else [""] * widest)
        rows = [_row(columns, cells, number, numbers=given.numbers) for number, cells in lines]
        return self.Output(rows=rows, columns=columns, count=len(rows))


def _lines(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Cells and the number of their line. Raises Rejected."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if cells:
                found.append((reader.line_num, cells))
            if len(found) > MAX_ITEMS + 1:
                raise Rejected(f"There are more than {MAX_ITEMS:,} rows.", code="too_many")
    except csv.Error as wrong:
        raise Rejected(f"Line {reader.line_num} cannot be read: {wrong}.", code="bad_csv") from None
    return found


def _separator(text: str) -> str:
    line = text.split("\n", 1)[0]
    return max(",;\t|", key=line.count)


def _names(cells: list[str]) -> list[str]:
    """Names of columns; an empty one is called by its place, one that is there already gets a number."""
    taken: dict[str, None] = {}
    for place, cell in enumerate(cells, 1):
        name = wanted = restored(cell).strip() or f"c{place}"
        more = 2
        while name in taken:
            name, more = f"{wanted}_{more}", more + 1
        taken[name] = None
    return list(taken)


def _row(columns: list[str], cells: list[str], number: int, *, numbers: bool) -> dict[str, Any]:
    if len(cells) > len(columns):
        hint = "Is the separator right, and is every cell that holds it in quotes?"
        raise Rejected(f"Line {number} has {len(cells)} cells, not {len(columns)}.", code="bad_csv", hint=hint)
    return dict(zip(columns, [*_values(cells, numbers=numbers), *[""] * (len(columns) - len(cells))], strict=True))


def _values(cells: list[str], *, numbers: bool) -> Iterable[str | int | float]:
    for cell in cells:
        text = restored(cell)
        if numbers and text is cell and NUMBER.fullmatch(text):  # what was made harmless was a text before
            yield float(text) if "." in text else int(text)
        else:
            yield text
