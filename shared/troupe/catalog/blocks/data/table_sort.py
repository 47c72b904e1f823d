"""data.table_sort: rows in order."""

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS, Row
from troupe.catalog.blocks.data._order import sort_key
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class By(Fields):
    """A column and its direction."""

    column: str = Field(description="The column.", max_length=500)
    descending: bool = Field(default=False, description="The largest first.")


class TableSort(Block):
    """Sort rows by one column, then by the next. Numbers come before texts; rows without a value come last."""

    title = "Sort rows"
    effect = pure
    cpu = True

    class Input(Fields):
        """Rows and the columns to sort by."""

        rows: list[Row] = Field(description="Objects by column.", max_length=MAX_ITEMS)
        by: list[By] = Field(description="The columns, the most important first.", min_length=1, max_length=10)
        limit: int = Field(MAX_ITEMS, description="Keep so many rows at most.", ge=1, le=MAX_ITEMS)

    class Output(Fields):
        """The rows in order."""

        rows: list[Row]

    examples = (
        Example(
            title="Dearest first",
            given={
                "rows": [{"n": "a", "p": 2}, {"n": "b", "p": None}, {"n": "c", "p": 10}],
                "by": [{"column": "p", "descending": True}],
            },
            gives={"rows": [{"n": "c", "p": 10}, {"n": "a", "p": 2}, {"n": "b", "p": None}]},
        ),
        Example(
            title="By two columns",
            given={
                "rows": [{"a": "x", "b": 2}, {"a": "X", "b": 1}, {"a": "W", "b": 3}],
                "by": [{"column": "a"}, {"column": "b"}],
                "limit": 2,
            },
            gives={"rows": [{"a": "W", "b": 3}, {"a": "X", "b": 1}]},
        ),
    )
    refuses = (Refusal(given={"rows": [], "by": []}), Refusal(given={"rows": [1], "by": [{"column": "a"}]}))

    async def run(self, given: Input, ctx: Context) -> Output:
        rows = list(given.rows)
        for by in reversed(given.by):  # sorting is stable, so the most important comes last
            there = [row for row in rows if row.get(by.column) is not None]
            without = [row for row in rows if row.get(by.column) is None]
            there.sort(key=lambda row, name=by.column: sort_key(row[name]), reverse=by.descending)
            rows = there + without
        return self.Output(rows=rows[: given.limit])
