"""text.replace: other words for words."""

from pydantic import Field

from troupe.catalog.blocks._limits import MAX_TEXT, refuse_above
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Pair(Fields):
    """What to look for, exactly as it stands, and what to put there."""

    find: str = Field(description="The text to look for.", min_length=1, max_length=10_000)
    put: str = Field("", description="What takes its place; empty removes it.", max_length=100_000)


class Replace(Block):
    """Replace texts by others, one pair after the other. For patterns use text.regex."""

    title = "Replace in text"
    effect = pure

    class Input(Fields):
        """A text and the pairs."""

        text: str = Field(description="What to change.", max_length=MAX_TEXT)
        pairs: list[Pair] = Field(description="What to replace, in this order.", min_length=1, max_length=20)

    class Output(Fields):
        """The changed text, and how many places were changed."""

        text: str
        count: int

    examples = (
        Example(
            title="Two words",
            given={
                "text": "red cat, red dog",
                "pairs": [{"find": "red", "put": "blue"}, {"find": "dog", "put": "fox"}],
            },
            gives={"text": "blue cat, blue fox", "count": 3},
        ),
        Example(
            title="Remove a word",
            given={"text": "so very good", "pairs": [{"find": "very "}]},
            gives={"text": "so good", "count": 1},
        ),
    )
    refuses = (
        Refusal(given={"text": "a", "pairs": []}),
        Refusal(given={"text": "a" * 1000, "pairs": [{"find": "a", "put": "b" * 9000}]}, code="too_large"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        text, changed = given.text, 0
        for pair in given.pairs:
            found = text.count(pair.find)
            refuse_above(len(text) + found * (len(pair.put) - len(pair.find)))
            text, changed = text.replace(pair.find, pair.put), changed + found
        return self.Output(text=text, count=changed)
