"""text.diff: what differs between two texts."""

import difflib
from typing import Literal

from pydantic import Field

from troupe.catalog.blocks._limits import bounded
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Diff(Block):
    """Compare two texts line by line, or word by word, as a unified diff."""

    title = "Compare texts"
    effect = pure
    cpu = True
    timeout = 60.0

    class Input(Fields):
        """Two texts."""

        before: str = Field(description="The old text.", max_length=500_000)
        after: str = Field(description="The new text.", max_length=500_000)
        by: Literal["lines", "words"] = Field("lines", description="What is compared.")
        context: int = Field(3, description="Unchanged lines to show around a change.", ge=0, le=100)

    class Output(Fields):
        """The diff, and how many lines (or words) were added and removed."""

        diff: str
        added: int
        removed: int
        same: bool

    examples = (
        Example(
            title="One line changed",
            given={"before": "a\nb\nc", "after": "a\nB\nc", "context": 0},
            gives={"diff": "--- before\n+++ after\n@@ -2 +2 @@\n-b\n+B", "added": 1, "removed": 1, "same": False},
        ),
        Example(
            title="The same",
            given={"before": "a b", "after": "a b", "by": "words"},
            gives={"diff": "", "added": 0, "removed": 0, "same": True},
        ),
    )
    refuses = (Refusal(given={"before": "a"}), Refusal(given={"before": "a", "after": "b", "context": -1}))

    async def run(self, given: Input, ctx: Context) -> Output:
        old, new = _parts(given.before, given.by), _parts(given.after, given.by)
        lines = list(difflib.unified_diff(old, new, "before", "after", lineterm="", n=given.context))
        body = lines[2:]
        return self.Output(
            diff=bounded("\n".join(lines)),
            added=sum(line.startswith("+") for line in body),
            removed=sum(line.startswith("-") for line in body),
            same=given.before == given.after,
        )


def _parts(text: str, by: str) -> list[str]:
    return text.split() if by == "words" else text.splitlines()
