"""data.csv_write: rows as comma-separated text."""

import csv
import io
from typing import Any, Literal

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS, Row, as_text, bounded
from troupe.catalog.blocks.data._csv import neutral
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class CsvWrite(Block):
    """Write rows as comma-separated text (RFC 4180) that a spreadsheet can open without harm.

    A text that a spreadsheet would take for a formula (it starts with = + - @, a tab or a line end) gets an apostrophe
    before it; data.csv_read takes it away again. Numbers stay as they are.
    """

    title = "Write CSV"
    effect = pure
    cpu = True

    class Input(Fields):
        """Rows and how to write them."""

        rows: list[Row] = Field(description="Objects by column.", max_length=MAX_ITEMS)
        columns: list[str] = Field(
            default=[], description="Which columns, in this order; empty takes all, as they come.", max_length=1000
        )
        separator: Literal[",", ";", "\t", "|"] = Field(",", description="What stands between cells.")
        header: bool = Field(default=True, description="Write the names of the columns first.")

    class Output(Fields):
        """The text; lines end with CR LF."""

        text: str

    examples = (
        Example(
            title="Two columns",
            given={"rows": [{"name": "Tea, green", "price": 2.5}, {"name": None, "price": -1}]},
            gives={"text": 'name,price\r\n"Tea, green",2.5\r\n,-1\r\n'},
        ),
        Example(
            title="No formula comes through",
            given={"rows": [{"a": "=HYPERLINK(1)", "b": "x"}], "columns": ["a"], "header": False},
            gives={"text": "'=HYPERLINK(1)\r\n"},
        ),
    )
    refuses = (Refusal(given={"rows": [["a"]]}), Refusal(given={"rows": [], "separator": "x"}))

    async def run(self, given: Input, ctx: Context) -> Output:
        columns = given.columns or list(dict.fromkeys(name for row in given.rows for name in row))
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=given.separator, lineterminator="\r\n")
        if given.header and columns:
            writer.writerow(map(neutral, columns))
        writer.writerows([_cell(row.get(name)) for name in columns] for row in given.rows)
        return self.Output(text=bounded(out.getvalue()))


def _cell(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return neutral(as_text(value))
