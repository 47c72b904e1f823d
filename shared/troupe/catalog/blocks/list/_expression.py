"""What the blocks that ask an expression about every item have in common."""

from typing import Any

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.contract import Context, Fields, Json

ITEMS = "The list."


class PerItem(Fields):
    """A list and an expression in CEL; `item`, `index` and the variables are its names."""

    items: list[Json] = Field(description=ITEMS, max_length=MAX_ITEMS)
    expression: str = Field(
        description="CEL without braces, about `item` and `index`.", min_length=1, max_length=10_000
    )
    variables: dict[str, Json] = Field(default={}, description="Further names it may use.", max_length=100)


async def each(given: PerItem, ctx: Context) -> list[Any]:
    """What the expression gives for every item."""
    return await ctx.expressions.each(given.expression, given.items, given.variables)
