"""ai.condition: whether something holds for a text."""

from typing import Any

from pydantic import Field

from troupe.catalog.blocks.ai._ask import Asking, Told, ask_json, question, tagged
from troupe.catalog.contract import Block, Context, Example, ModelRequest, Refusal, read

ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {"result": {"type": "boolean"}, "reason": {"type": "string", "maxLength": 500}},
    "required": ["result", "reason"],
    "additionalProperties": False,
}


class Condition(Block):
    """Judge whether a statement holds for a text, for `when` and `until`.

    A person or a rule should decide what must not go wrong: a text can talk a model into anything.
    """

    title = "Condition"
    effect = read
    paid = True

    class Input(Asking):
        """A text and what may hold for it."""

        text: str = Field(description="What to look at.", max_length=400_000)
        condition: str = Field(
            description="A statement that is true or false of the text.", min_length=1, max_length=5_000
        )

    class Output(Told):
        """True or false, and why."""

        result: bool
        reason: str

    examples = (
        Example(
            title="A judgement",
            given={"text": "I want my money back, now!", "condition": "The writer asks for a refund."},
            model_says='{"result": true, "reason": "They ask for their money."}',
            gives={"result": True, "reason": "They ask for their money.", "cached": False},
        ),
        Example(
            title="Numbers, by the demo's rules",
            given={"text": "Please pay 250 EUR.", "condition": "The amount is over 100 euros.", "model": "demo/demo"},
            gives={"result": True, "reason": "rules, no AI: 250 against 100", "cached": False},
        ),
    )
    refuses = (Refusal(given={"text": "x", "condition": ""}),)

    def price(self, given: Input, ctx: Context) -> float:
        return ctx.model.price_of(_request(given))

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output.model_validate(await ask_json(ctx, _request(given)))


def _request(given: Condition.Input) -> ModelRequest:
    return question(
        f"Does the condition hold for the text?\n{tagged('condition', given.condition)}\n{tagged('text', given.text)}",
        given,
        max_tokens=512,
        schema=ANSWER,
    )
