"""ai.summarize: a text of any length in a few sentences."""

import asyncio

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks.ai._ask import Asking, Told, question, tagged
from troupe.catalog.contract import Block, Context, Example, ModelReply, ModelRequest, Refusal, read

PIECE = 12_000  # characters in one question
AT_ONCE = 4
ROUNDS = 6
WIDEST = "\U0010ffff"  # four bytes in UTF-8: no character costs more


class Summarize(Block):
    """Shorten a text to its main points.

    A text above 12,000 characters is cut at paragraph ends, its pieces are summarized four at a time, and the summaries
    again, until one remains. A piece that fails fails the step: nothing is left out silently.
    """

    title = "Summarize"
    effect = read
    paid = True
    timeout = 600.0  # what a function has time for

    class Input(Asking):
        """A text, and how much of it shall remain."""

        text: str = Field(description="What to shorten.", min_length=1, max_length=2_000_000)
        sentences: int = Field(3, description="How many sentences at most.", ge=1, le=20)
        instructions: str = Field("", description="What matters, and the language to answer in.", max_length=20_000)

    class Output(Told):
        """The summary, and how many questions it took; `cached` where none of them was asked anew."""

        summary: str
        calls: int

    examples = (
        Example(
            title="A short text",
            given={"text": "Sales rose by 4 %. Costs fell. The board is pleased.", "sentences": 1},
            model_says="Sales rose while costs fell.",
            gives={"summary": "Sales rose while costs fell.", "calls": 1, "cached": False},
        ),
        Example(
            title="A long text, piece by piece",
            given={"text": ("A line of a long report.\n" * 480) + ("Another part follows here.\n" * 100)},
            model_says=["The report goes on.", "Another part follows.", "A report with another part."],
            gives={"summary": "A report with another part.", "calls": 3, "cached": False},
        ),
    )
    refuses = (Refusal(given={"text": ""}), Refusal(given={"text": "x", "sentences": 0}))

    def price(self, given: Input, ctx: Context) -> float:
        """Every piece once, and as much again for the rounds that join them, each of which is at most half as long."""
        pieces = split(given.text)
        once = sum(ctx.model.price_of(_request(given, piece, last=False)) for piece in pieces)
        joining = ctx.model.price_of(_request(given, WIDEST * PIECE, last=True)) * (len(pieces) + ROUNDS)
        return once if len(pieces) == 1 else once + joining

    async def run(self, given: Input, ctx: Context) -> Output:
        pieces, calls, cached = split(given.text), 0, True
        for _ in range(ROUNDS):
            last = len(pieces) == 1
            made = await self._round(given, pieces, ctx, last=last)
            calls, cached = calls + len(pieces), cached and all(reply.cached for reply in made)
            texts = [reply.text.strip() for reply in made]
            if last:
                return self.Output(summary=texts[0], calls=calls, cached=cached)
            pieces = split("\n\n".join(text[: PIECE // 4] for text in texts))
        raise Rejected("The model's summaries do not become shorter.", code="bad_model_output")

    async def _round(self, given: Input, pieces: list[str], ctx: Context, *, last: bool) -> list[ModelReply]:
        room = asyncio.Semaphore(AT_ONCE)

        async def one(piece: str) -> ModelReply:
            async with room:
                return await ctx.model.complete(_request(given, piece, last=last))

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(piece)) for piece in pieces]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None  # the first failure is the step's; the others were cancelled
        return [task.result() for task in tasks]


def split(text: str) -> list[str]:
    """Pieces of at most 12,000 characters, cut at a paragraph, a line, a sentence, a word, or nowhere else possible."""
    pieces: list[str] = []
    while len(text) > PIECE:
        window = text[:PIECE]
        cut = max(
            (window.rfind(end) + len(end) for end in ("\n\n", "\n", ". ", " ") if end in window[PIECE // 2 :]),
            default=0,
        )
        pieces.append(text[: cut or PIECE])
        text = text[cut or PIECE :]
    return [p for p in (*pieces, text) if p.strip()] or [text]


def _request(given: Summarize.Input, piece: str, *, last: bool) -> ModelRequest:
    many = given.sentences if last else max(given.sentences, 5)
    return question(
        f"Summarize the text in at most {many} sentence{'s' if many > 1 else ''}.\n\n{tagged('text', piece)}",
        given,
        system=given.instructions,
        max_tokens=max(256, 100 * many),
    )
