"""ai.answer: one question, one answer."""

from pydantic import Field

from troupe.catalog.blocks.ai._ask import Asking, Told, question, tagged
from troupe.catalog.contract import Block, Context, Example, ModelRequest, Refusal, read

FROM_CONTEXT = "Answer from the context alone. Where it does not hold the answer, say so."


class Answer(Block):
    """Answer a question with a model.

    With a context, the answer is to come from it alone. The answer is a text of the model's: check it before it is used
    for anything that matters.
    """

    title = "Answer"
    effect = read
    paid = True

    class Input(Asking):
        """A question, and what to answer it from."""

        question: str = Field(description="What to answer, or what to write.", min_length=1, max_length=50_000)
        context: str = Field("", description="Text to answer from; empty answers freely.", max_length=400_000)
        instructions: str = Field("", description="How to answer: tone, length, language.", max_length=20_000)
        max_tokens: int = Field(1024, description="The longest answer, in tokens.", ge=1, le=64_000)

    class Output(Told):
        """The answer and who gave it."""

        text: str
        model: str

    examples = (
        Example(
            title="From a context",
            given={
                "question": "When does the office open?",
                "context": "The office opens at nine.",
                "model": "demo/demo",
            },
            gives={
                "text": "The office opens at nine.\n\n(demo/demo: rules, no AI)",
                "model": "demo/demo (rules, no AI)",
                "cached": False,
            },
        ),
        Example(
            title="Freely",
            given={"question": "Say hello in one word."},
            model_says="Hello.",
            gives={"text": "Hello.", "model": "script/model", "cached": False},
        ),
    )
    refuses = (
        Refusal(given={"question": ""}),
        Refusal(given={"question": "x", "model": "nowhere/model"}, code="unknown_model"),
    )

    def price(self, given: Input, ctx: Context) -> float:
        return ctx.model.price_of(_request(given))

    async def run(self, given: Input, ctx: Context) -> Output:
        reply = await ctx.model.complete(_request(given))
        return self.Output(text=reply.text, model=reply.model, cached=reply.cached)


def _request(given: Answer.Input) -> ModelRequest:
    system = "\n".join(filter(None, (given.instructions, FROM_CONTEXT if given.context else "")))
    prompt = f"{tagged('context', given.context)}\n\n{given.question}" if given.context else given.question
    return question(prompt, given, system=system, max_tokens=given.max_tokens)
