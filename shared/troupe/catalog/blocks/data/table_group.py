"""data.table_group: rows counted and summed by group."""

from collections.abc import Callable
from math import fsum
from typing import Any, Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_ITEMS, Row
from troupe.catalog.blocks.data._order import equal_key, number_of
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

Of = Literal["sum", "mean", "count", "min", "max"]
MAKE: dict[Of, Callable[[list[float]], float | int | None]] = {
    "sum": fsum,
    "mean": lambda values: fsum(values) / len(values) if values else None,
    "count": len,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}


class Figure(Fields):
    """One number a group: what is computed, over which column, and how it is called."""

    of: Of = Field(description="What to compute.")
    column: str = Field("", description="Over which column; empty counts rows.", max_length=500)
    name: str = Field("", description="The new column; empty makes it from the two.", max_length=500)


class TableGroup(Block):
    """Put rows with the same values together and compute figures for each group.

    Cells that are empty are left out; a cell that is no number fails the step, except in `count`. Groups come in the
    order of their first row. Without columns to group by, all rows are one group.
    """

    title = "Group rows"
    effect = pure
    cpu = True

    class Input(Fields):
        """Rows, what makes a group, and what to compute."""

        rows: list[Row] = Field(description="Objects by column.", max_length=MAX_ITEMS)
        by: list[str] = Field(default=[], description="The columns whose values make a group.", max_length=10)
        figures: list[Figure] = Field(description="What to compute.", min_length=1, max_length=50)

    class Output(Fields):
        """One row a group: the columns it is by, and its figures."""

        rows: list[Row]

    examples = (
        Example(
            title="Sales by country",
            given={
                "rows": [{"land": "FR", "eur": 2}, {"land": "IT", "eur": 5}, {"land": "FR", "eur": "4"}],
                "by": ["land"],
                "figures": [{"of": "sum", "column": "eur"}, {"of": "count", "name": "orders"}],
            },
            gives={"rows": [{"land": "FR", "sum_eur": 6.0, "orders": 2}, {"land": "IT", "sum_eur": 5.0, "orders": 1}]},
        ),
        Example(
            title="All rows together",
            given={
                "rows": [{"n": 1}, {"n": None}, {"n": 4}],
                "figures": [{"of": "mean", "column": "n"}, {"of": "max", "column": "n", "name": "most"}],
            },
            gives={"rows": [{"mean_n": 2.5, "most": 4.0}]},
        ),
    )
    refuses = (
        Refusal(given={"rows": [], "figures": []}),
        Refusal(given={"rows": [], "figures": [{"of": "sum"}]}, code="bad_input"),
        Refusal(given={"rows": [{"n": "many"}], "figures": [{"of": "sum", "column": "n"}]}, code="not_a_number"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        groups: dict[Any, list[Row]] = {} if given.by else {(): []}
        for row in given.rows:
            groups.setdefault(tuple(equal_key(row.get(name)) for name in given.by), []).append(row)
        return self.Output(rows=[_summed(given, rows) for rows in groups.values()])


def _summed(given: TableGroup.Input, rows: list[Row]) -> Row:
    made: Row = {name: rows[0].get(name) for name in given.by}
    for figure in given.figures:
        name = figure.name or (f"{figure.of}_{figure.column}" if figure.column else figure.of)
        made[name] = _figure(figure, rows)
    return made


def _figure(figure: Figure, rows: list[Row]) -> float | int | None:
    if not figure.column:
        if figure.of != "count":
            raise Rejected(f"Say which column to take the {figure.of} of.", code="bad_input")
        return len(rows)
    cells = [row.get(figure.column) for row in rows]
    there = [cell for cell in cells if cell is not None and cell != ""]
    if figure.of == "count":
        return len(there)
    return MAKE[figure.of]([_number(figure.column, cell) for cell in there])


def _number(column: str, cell: Any) -> float:
    number = number_of(cell)
    if number is None:
        hint = "Filter such rows out first, or count instead."
        raise Rejected(f"The column {column!r} holds {str(cell)[:50]!r}, no number.", code="not_a_number", hint=hint)
    return number
