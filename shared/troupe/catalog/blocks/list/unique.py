"""list.unique: each item once."""

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.blocks.data._order import equal_key
from troupe.catalog.blocks.data._paths import find, read_path
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Unique(Block):
    """Leave out items that have come before: equal as a whole, or equal at a path. The first one stays."""

    title = "Remove duplicates"
    effect = pure
    cpu = True

    class Input(Fields):
        """A list and what makes two items the same."""

        items: list[Json] = Field(description="The list.", max_length=MAX_ITEMS)
        by: str = Field("", description="A path into each item, like id; empty compares whole items.", max_length=500)

    class Output(Fields):
        """Each item once, in order, and how many were left out."""

        items: list[Json]
        removed: int

    examples = (
        Example(
            title="Whole items",
            given={"items": [1, 1.0, "1", True, {"a": 1}, {"a": 1}]},
            gives={"items": [1, "1", True, {"a": 1}], "removed": 2},
        ),
        Example(
            title="By a field",
            given={"items": [{"id": 7, "n": 1}, {"id": 7, "n": 2}, {"n": 3}], "by": "id"},
            gives={"items": [{"id": 7, "n": 1}, {"n": 3}], "removed": 1},
        ),
    )
    refuses = (Refusal(given={}), Refusal(given={"items": [], "by": "!"}, code="bad_path"))

    async def run(self, given: Input, ctx: Context) -> Output:
        steps = read_path(given.by)
        first: dict[object, Json] = {}
        for item in given.items:
            first.setdefault(tuple(equal_key(found) for found in find(item, steps)), item)
        return self.Output(items=list(first.values()), removed=len(given.items) - len(first))
