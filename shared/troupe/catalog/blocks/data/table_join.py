"""data.table_join: rows of two tables put together."""

from typing import Any, Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_ITEMS, Row
from troupe.catalog.blocks.data._order import equal_key
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class TableJoin(Block):
    """Put rows of two tables together where a column of each holds the same value.

    `inner` keeps what is in both, `left` every row of the left, `full` every row of both. Where both tables have a
    column of a name, the right one's gets the prefix. Null equals nothing.
    """

    title = "Join tables"
    effect = pure
    cpu = True

    class Input(Fields):
        """Two tables and the columns that connect them."""

        left: list[Row] = Field(description="The first table.", max_length=MAX_ITEMS)
        right: list[Row] = Field(description="The second table.", max_length=MAX_ITEMS)
        on: str = Field(description="The column that connects them.", min_length=1, max_length=500)
        right_on: str = Field("", description="Its name in the second table, where that is another.", max_length=500)
        keep: Literal["inner", "left", "full"] = Field("inner", description="Which rows to keep.")
        prefix: str = Field("right_", description="What is put before names both have.", min_length=1, max_length=100)

    class Output(Fields):
        """The joined rows."""

        rows: list[Row]
        count: int

    examples = (
        Example(
            title="Orders with customers",
            given={
                "left": [{"id": 1, "customer": 7}, {"id": 2, "customer": 8}],
                "right": [{"id": 7, "name": "Ann"}],
                "on": "customer",
                "right_on": "id",
            },
            gives={"rows": [{"id": 1, "customer": 7, "right_id": 7, "name": "Ann"}], "count": 1},
        ),
        Example(
            title="Everything of both",
            given={"left": [{"k": 1, "a": "x"}], "right": [{"k": 2, "b": "y"}], "on": "k", "keep": "full"},
            gives={"rows": [{"k": 1, "a": "x"}, {"k": 2, "b": "y"}], "count": 2},
        ),
    )
    refuses = (
        Refusal(given={"left": [], "right": [], "on": ""}),
        Refusal(given={"left": [{"k": 1}] * 400, "right": [{"k": 1}] * 400, "on": "k"}, code="too_many"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        rows = _join(given)
        return self.Output(rows=rows, count=len(rows))


def _join(given: TableJoin.Input) -> list[Row]:
    right_on = given.right_on or given.on
    index: dict[Any, list[int]] = {}
    for place, row in enumerate(given.right):
        if row.get(right_on) is not None:
            index.setdefault(equal_key(row[right_on]), []).append(place)
    rows: list[Row] = []
    met: set[int] = set()
    for row in given.left:
        places = index.get(equal_key(row[given.on]), []) if row.get(given.on) is not None else []
        met.update(places)
        rows += [_both(row, given.right[place], given, right_on) for place in places]
        if not places and given.keep != "inner":
            rows.append(row)
        if len(rows) > MAX_ITEMS:
            hint = "Is the column one whose values come once in one of the tables?"
            raise Rejected(f"The join makes more than {MAX_ITEMS:,} rows.", code="too_many", hint=hint)
    return rows + ([row for place, row in enumerate(given.right) if place not in met] if given.keep == "full" else [])


def _both(left: Row, right: Row, given: TableJoin.Input, right_on: str) -> Row:
    made = dict(left)
    for name, value in right.items():
        if name == right_on == given.on:
            continue
        made[given.prefix + name if name in left else name] = value
    return made
