"""data.table_filter: the rows that fulfil conditions."""

from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS, Row, as_text
from troupe.catalog.blocks.data._order import equal_key, number_of, sort_key
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure

Test = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts_with", "ends_with", "in", "empty", "not_empty"]


class Condition(Fields):
    """A column and what its cell must be."""

    column: str = Field(description="The column.", max_length=500)
    test: Test = Field(description="How the cell is compared.")
    value: Json = Field(default=None, description="With what; a list for `in`, nothing for `empty`.")


class TableFilter(Block):
    """Keep the rows that fulfil all conditions, or any of them.

    Numbers compare by size, also where they are written as text; other texts by their letters. A comparison of a number
    with a word is never true. For conditions in CEL use list.filter.
    """

    title = "Filter rows"
    effect = pure
    cpu = True

    class Input(Fields):
        """Rows and conditions."""

        rows: list[Row] = Field(description="Objects by column.", max_length=MAX_ITEMS)
        conditions: list[Condition] = Field(description="What a row must fulfil.", min_length=1, max_length=50)
        match: Literal["all", "any"] = Field("all", description="Whether all conditions must hold, or one.")

    class Output(Fields):
        """The rows that are kept."""

        rows: list[Row]
        count: int

    examples = (
        Example(
            title="Dear teas",
            given={
                "rows": [{"name": "Green", "price": "9.50"}, {"name": "Black", "price": 3}, {"name": "None"}],
                "conditions": [{"column": "price", "test": ">", "value": 5}],
            },
            gives={"rows": [{"name": "Green", "price": "9.50"}], "count": 1},
        ),
        Example(
            title="Either of two",
            given={
                "rows": [{"a": "x"}, {"a": ""}, {"a": "zebra"}],
                "conditions": [{"column": "a", "test": "empty"}, {"column": "a", "test": "contains", "value": "bra"}],
                "match": "any",
            },
            gives={"rows": [{"a": ""}, {"a": "zebra"}], "count": 2},
        ),
    )
    refuses = (
        Refusal(given={"rows": [], "conditions": []}),
        Refusal(given={"rows": [], "conditions": [{"column": "a", "test": "like"}]}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        of = all if given.match == "all" else any
        kept = [row for row in given.rows if of(holds(c, row.get(c.column)) for c in given.conditions)]
        return self.Output(rows=kept, count=len(kept))


def holds(condition: Condition, cell: Any) -> bool:
    """Whether a cell is what the condition asks."""
    return TESTS[condition.test](cell, condition.value)


def _compared(of: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(cell: Any, value: Any) -> bool:
        a, b = number_of(cell), number_of(value)
        if a is not None and b is not None:
            return of(a, b)
        if isinstance(cell, str) and isinstance(value, str) and a is None and b is None:
            return of(sort_key(cell), sort_key(value))
        return False

    return compare


def _same(cell: Any, value: Any) -> bool:
    if equal_key(cell) == equal_key(value):
        return True
    a = number_of(cell)
    return a is not None and a == number_of(value)


TESTS: dict[Test, Callable[[Any, Any], bool]] = {
    "=": _same,
    "!=": lambda cell, value: not _same(cell, value),
    "<": _compared(lambda a, b: a < b),
    "<=": _compared(lambda a, b: a <= b),
    ">": _compared(lambda a, b: a > b),
    ">=": _compared(lambda a, b: a >= b),
    "contains": lambda cell, value: as_text(value).casefold() in as_text(cell).casefold(),
    "starts_with": lambda cell, value: as_text(cell).casefold().startswith(as_text(value).casefold()),
    "ends_with": lambda cell, value: as_text(cell).casefold().endswith(as_text(value).casefold()),
    "in": lambda cell, value: isinstance(value, list) and any(_same(cell, one) for one in value),  # pyright: ignore
    "empty": lambda cell, _: cell is None or cell in ("", [], {}),
    "not_empty": lambda cell, _: not (cell is None or cell in ("", [], {})),
}
