"""list.sort: items in order."""

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.blocks.data._order import sort_key
from troupe.catalog.blocks.data._paths import find, read_path
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Sort(Block):
    """Sort a list by its items, or by what stands at a path in each.

    Numbers come before texts, texts without regard to capitals; items without a value come last.
    """

    title = "Sort list"
    effect = pure
    cpu = True

    class Input(Fields):
        """A list and what to sort it by."""

        items: list[Json] = Field(description="The list.", max_length=MAX_ITEMS)
        by: str = Field("", description="A path into each item, like price or owner.name.", max_length=500)
        descending: bool = Field(default=False, description="The largest first.")

    class Output(Fields):
        """The items in order."""

        items: list[Json]

    examples = (
        Example(
            title="Numbers and words",
            given={"items": ["b", 10, None, "A", 9]},
            gives={"items": [9, 10, "A", "b", None]},
        ),
        Example(
            title="By a field, largest first",
            given={"items": [{"p": {"eur": 1}}, {}, {"p": {"eur": 3}}], "by": "p.eur", "descending": True},
            gives={"items": [{"p": {"eur": 3}}, {"p": {"eur": 1}}, {}]},
        ),
    )
    refuses = (
        Refusal(given={"items": "abc"}),
        Refusal(given={"items": [], "by": "a["}, code="bad_path"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        steps = read_path(given.by)
        keyed = [(next(iter(find(item, steps)), None), item) for item in given.items]
        there = sorted(
            (one for one in keyed if one[0] is not None), key=lambda one: sort_key(one[0]), reverse=given.descending
        )
        return self.Output(items=[item for _, item in there] + [item for key, item in keyed if key is None])
