"""list.batch: a list in pieces."""

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Batch(Block):
    """Cut a list into batches of a size, to work on many items at a time; the last one may be smaller."""

    title = "Batch list"
    effect = pure
    cpu = True

    class Input(Fields):
        """A list and how many items a batch has."""

        items: list[Json] = Field(description="The list.", max_length=MAX_ITEMS)
        size: int = Field(description="Items of a batch.", ge=1, le=MAX_ITEMS)

    class Output(Fields):
        """The batches in order."""

        batches: list[list[Json]]
        count: int

    examples = (
        Example(
            title="Two at a time",
            given={"items": [1, 2, 3], "size": 2},
            gives={"batches": [[1, 2], [3]], "count": 2},
        ),
        Example(title="Nothing", given={"items": [], "size": 2}, gives={"batches": [], "count": 0}),
    )
    refuses = (Refusal(given={"items": [1], "size": 0}), Refusal(given={"items": [1]}))

    async def run(self, given: Input, ctx: Context) -> Output:
        batches = [given.items[i : i + given.size] for i in range(0, len(given.items), given.size)]
        return self.Output(batches=batches, count=len(batches))
