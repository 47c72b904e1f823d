"""text.join: many texts into one."""

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_ITEMS, as_text, refuse_above
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Join(Block):
    """Put the items of a list into one text, with something between them.

    Items that are no text are written as JSON, null as nothing.
    """

    title = "Join texts"
    effect = pure

    class Input(Fields):
        """Items, and what stands between, before and after them."""

        items: list[Json] = Field(description="What to join.", max_length=MAX_ITEMS)
        separator: str = Field("\n", description="What stands between two items.", max_length=1000)
        before: str = Field("", description="What stands before each item, like '- '.", max_length=1000)
        skip_empty: bool = Field(default=False, description="Leave out items that are null or empty.")

    class Output(Fields):
        """The whole text."""

        text: str

    examples = (
        Example(
            title="A line of names",
            given={"items": ["Ann", "Bob"], "separator": ", "},
            gives={"text": "Ann, Bob"},
        ),
        Example(
            title="A list with dashes",
            given={"items": ["one", None, {"n": 2}], "before": "- ", "skip_empty": True},
            gives={"text": '- one\n- {"n":2}'},
        ),
    )
    refuses = (
        Refusal(given={"items": "a, b"}),
        Refusal(given={"items": ["x"] * 3000, "separator": "-" * 1000}, code="too_large"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        texts = [as_text(item) for item in given.items]
        kept = [text for text in texts if text or not given.skip_empty]
        refuse_above(sum(map(len, kept)) + len(kept) * (len(given.separator) + len(given.before)))
        return self.Output(text=given.separator.join(given.before + text for text in kept))
