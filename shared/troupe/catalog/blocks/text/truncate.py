"""text.truncate: the beginning of a text."""

from typing import Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Truncate(Block):
    """Shorten a text to a number of characters or words, with a mark where something was cut off."""

    title = "Truncate text"
    effect = pure

    class Input(Fields):
        """A text and how much of it may remain."""

        text: str = Field(description="What to shorten.", max_length=MAX_TEXT)
        limit: int = Field(description="The most that may remain, the mark included.", ge=1, le=MAX_TEXT)
        unit: Literal["characters", "words"] = Field("characters", description="What the limit counts.")
        mark: str = Field("…", description="What stands at the end of a shortened text.", max_length=100)
        whole_words: bool = Field(default=True, description="Cut between words where that is possible.")

    class Output(Fields):
        """The text, and whether something was cut off."""

        text: str
        truncated: bool

    examples = (
        Example(
            title="At a word's end",
            given={"text": "The quick brown fox", "limit": 12},
            gives={"text": "The quick…", "truncated": True},
        ),
        Example(title="Short enough", given={"text": "Hi", "limit": 12}, gives={"text": "Hi", "truncated": False}),
        Example(
            title="By words",
            given={"text": "one two  three four", "limit": 2, "unit": "words", "mark": " ..."},
            gives={"text": "one two ...", "truncated": True},
        ),
    )
    refuses = (
        Refusal(given={"text": "abc", "limit": 0}),
        Refusal(given={"text": "abcdef", "limit": 2, "mark": "..."}, code="bad_input"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        if given.unit == "words":
            words = given.text.split(maxsplit=given.limit)
            if len(words) <= given.limit:
                return self.Output(text=given.text, truncated=False)
            return self.Output(text=" ".join(words[: given.limit]) + given.mark, truncated=True)
        if len(given.text) <= given.limit:
            return self.Output(text=given.text, truncated=False)
        room = given.limit - len(given.mark)
        if room < 0:
            raise Rejected("The mark alone is longer than the limit.", code="bad_input")
        return self.Output(text=_cut(given, room).rstrip() + given.mark, truncated=True)


def _cut(given: Truncate.Input, room: int) -> str:
    kept = given.text[:room]
    if not given.whole_words or given.text[room].isspace():
        return kept
    words = kept.rsplit(maxsplit=1)
    return words[0] if len(words) == 2 else kept
