"""list.zip: several lists side by side."""

from itertools import zip_longest
from typing import Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Zip(Block):
    """Put the first items of several lists together, then the second ones, and so on: objects by the lists' names."""

    title = "Zip lists"
    effect = pure
    cpu = True

    class Input(Fields):
        """Lists by name."""

        lists: dict[str, list[Json]] = Field(description="The lists.", min_length=1, max_length=20)
        lengths: Literal["equal", "shortest", "longest"] = Field(
            "equal", description="Lists of different lengths are refused, cut to the shortest, or filled with null."
        )

    class Output(Fields):
        """One object for each place."""

        items: list[dict[str, Json]]

    examples = (
        Example(
            title="Questions and answers",
            given={"lists": {"q": ["a?", "b?"], "a": [1, 2]}},
            gives={"items": [{"q": "a?", "a": 1}, {"q": "b?", "a": 2}]},
        ),
        Example(
            title="Filled up",
            given={"lists": {"x": [1, 2], "y": []}, "lengths": "longest"},
            gives={"items": [{"x": 1, "y": None}, {"x": 2, "y": None}]},
        ),
    )
    refuses = (
        Refusal(given={"lists": {}}),
        Refusal(given={"lists": {"x": [1], "y": []}}, code="unequal_lists"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        lengths = {name: len(items) for name, items in given.lists.items()}
        if max(lengths.values()) > MAX_ITEMS:
            raise Rejected(f"A list may have {MAX_ITEMS:,} items here.", code="too_many")
        if given.lengths == "equal" and len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            hint = "Set `lengths` to shortest or longest where that is meant."
            raise Rejected(f"The lists have different lengths: {told[:300]}.", code="unequal_lists", hint=hint)
        together = zip_longest if given.lengths == "longest" else zip
        return self.Output(items=[dict(zip(given.lists, row, strict=True)) for row in together(*given.lists.values())])
