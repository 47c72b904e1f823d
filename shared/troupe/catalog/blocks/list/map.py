"""list.map: an expression's value for every item."""

from troupe.catalog.blocks.list._expression import PerItem, each
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Map(Block):
    """Make a new list by a CEL expression, like `{"name": item.name, "total": item.price * item.count}`."""

    title = "Map list"
    effect = pure

    class Input(PerItem):
        """A list and what to make of each item."""

    class Output(Fields):
        """The values, in the order of the items."""

        items: list[Json]

    examples = (
        Example(
            title="Names in capitals",
            given={"items": [{"name": "ann"}, {"name": "bob"}], "expression": "item.name.upper()"},
            gives={"items": ["ANN", "BOB"]},
        ),
        Example(
            title="New objects",
            given={"items": [2, 3], "expression": '{"n": index, "double": item * factor}', "variables": {"factor": 2}},
            gives={"items": [{"n": 0, "double": 4}, {"n": 1, "double": 6}]},
        ),
    )
    refuses = (
        Refusal(given={"items": {}, "expression": "item"}),
        Refusal(given={"items": [1], "expression": "nobody.knows"}, code="unknown_name"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output(items=await each(given, ctx))
