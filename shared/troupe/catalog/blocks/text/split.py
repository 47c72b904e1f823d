"""text.split: one text into many."""

from typing import Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_ITEMS, MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Split(Block):
    """Cut a text at a separator, at line ends, at paragraphs, or into pieces of a size."""

    title = "Split text"
    effect = pure

    class Input(Fields):
        """A text and where to cut it."""

        text: str = Field(description="What to cut.", max_length=MAX_TEXT)
        at: Literal["separator", "lines", "paragraphs", "size"] = Field("separator", description="Where to cut.")
        separator: str = Field(",", description="The text between parts.", min_length=1, max_length=1000)
        size: int = Field(1000, description="Characters of a piece, where it is cut by size.", ge=1, le=MAX_TEXT)
        trim: bool = Field(default=True, description="Take white space off the ends of each part.")
        keep_empty: bool = Field(default=False, description="Keep parts that are empty.")

    class Output(Fields):
        """The parts in order."""

        parts: list[str]
        count: int

    examples = (
        Example(
            title="A list in one line",
            given={"text": "red, green,, blue"},
            gives={"parts": ["red", "green", "blue"], "count": 3},
        ),
        Example(
            title="Lines, empty ones too",
            given={"text": "a\r\n\nb", "at": "lines", "keep_empty": True},
            gives={"parts": ["a", "", "b"], "count": 3},
        ),
        Example(
            title="By size",
            given={"text": "abcdefg", "at": "size", "size": 3},
            gives={"parts": ["abc", "def", "g"], "count": 3},
        ),
    )
    refuses = (
        Refusal(given={"text": "a", "separator": ""}),
        Refusal(given={"text": "x" * 200_001, "at": "size", "size": 1}, code="too_many"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        parts = [part.strip() for part in _cut(given)] if given.trim else _cut(given)
        kept = parts if given.keep_empty else [part for part in parts if part]
        return self.Output(parts=kept, count=len(kept))


def _cut(given: Split.Input) -> list[str]:
    text = given.text
    if given.at == "size":
        _few(-(-len(text) // given.size))
        return [text[i : i + given.size] for i in range(0, len(text), given.size)]
    if given.at == "lines":
        _few(text.count("\n"))
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = "\n\n" if given.at == "paragraphs" else given.separator
    _few(text.count(separator))
    return (text.replace("\r\n", "\n") if given.at == "paragraphs" else text).split(separator)


def _few(parts: int) -> None:
    if parts > MAX_ITEMS:
        message = f"That makes {parts:,} parts; a step gives at most {MAX_ITEMS:,}."
        raise Rejected(message, code="too_many", hint="Cut into larger parts.")
