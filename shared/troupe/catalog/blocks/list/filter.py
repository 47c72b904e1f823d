"""list.filter: the items an expression is true of."""

from troupe.base.errors import Rejected
from troupe.catalog.blocks.list._expression import PerItem, each
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Filter(Block):
    """Keep the items of which a CEL expression is true, like `item.price > 10 && item.name != ""`.

    An item that lacks a field the expression names fails the step; ask for it with `has(item.price)`.
    """

    title = "Filter list"
    effect = pure

    class Input(PerItem):
        """A list and a condition."""

    class Output(Fields):
        """The items that are kept, in order."""

        items: list[Json]
        count: int

    examples = (
        Example(
            title="Above a limit",
            given={"items": [{"n": 4}, {"n": 12}], "expression": "item.n > limit", "variables": {"limit": 10}},
            gives={"items": [{"n": 12}], "count": 1},
        ),
        Example(
            title="Every second one",
            given={"items": ["a", "b", "c"], "expression": "index % 2 == 0"},
            gives={"items": ["a", "c"], "count": 2},
        ),
    )
    refuses = (
        Refusal(given={"items": [1], "expression": ""}),
        Refusal(given={"items": [1], "expression": "item +"}, code="bad_expression"),
        Refusal(given={"items": [1], "expression": "item + 1"}, code="not_a_condition"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        kept: list[Json] = []
        for item, holds in zip(given.items, await each(given, ctx), strict=True):
            if not isinstance(holds, bool):
                hint = "Compare with something, like item.count > 0."
                raise Rejected("The expression gives neither true nor false.", code="not_a_condition", hint=hint)
            if holds:
                kept.append(item)
        return self.Output(items=kept, count=len(kept))
