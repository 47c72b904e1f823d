"""ai.extract: values out of a text, in a given shape."""

from typing import Any

from pydantic import Field

from troupe.base.values import Json as AnyJson
from troupe.base.values import read_json
from troupe.catalog.blocks.ai._ask import Asking, Told, question, tagged
from troupe.catalog.contract import Block, Context, Example, Json, ModelRequest, Refusal, read

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "total": {"type": "number"}, "email": {"type": "string"}},
    "required": ["order", "total"],
}


class Extract(Block):
    """Read structured data out of a text.

    The result is checked against the schema; a wrong answer is repaired once, then the step fails with
    `bad_model_output`. Make fields nullable that a text may not hold, or a model will be tempted to invent them.
    """

    title = "Extract"
    effect = read
    paid = True

    class Input(Asking):
        """A text and the shape of what is wanted from it."""

        text: str = Field(description="What to read.", max_length=400_000)
        shape: dict[str, Any] = Field(alias="schema", description="JSON Schema (2020-12) of the result.")
        instructions: str = Field("", description="What to look out for.", max_length=20_000)
        max_tokens: int = Field(4096, description="The longest answer, in tokens.", ge=1, le=64_000)

    class Output(Told):
        """What was found: it fits the schema."""

        data: Json

    examples = (
        Example(
            title="Repaired once",
            given={"text": "Order A-17 comes to 99.50 euros.", "schema": ORDER},
            model_says=['{"order": "A-17"}', '{"order": "A-17", "total": 99.5}'],
            gives={"data": {"order": "A-17", "total": 99.5}, "cached": False},
        ),
        Example(
            title="By the demo's rules",
            given={"text": "Order: B-204\nTotal: $12.30\nFrom ann@example.com", "schema": ORDER, "model": "demo/demo"},
            gives={"data": {"order": "B-204", "total": 12.3, "email": "ann@example.com"}, "cached": False},
        ),
    )
    refuses = (
        Refusal(given={"text": "x", "schema": []}),
        Refusal(given={"text": "x", "schema": {"type": "nonsense"}, "model": "demo/demo"}, code="bad_schema"),
    )

    def price(self, given: Input, ctx: Context) -> float:
        return ctx.model.price_of(_request(given))

    async def run(self, given: Input, ctx: Context) -> Output:
        reply = await ctx.model.complete(_request(given))
        found: AnyJson = read_json(reply.text)
        return self.Output.model_validate({"data": found, "cached": reply.cached})


def _request(given: Extract.Input) -> ModelRequest:
    return question(
        f"Extract what the schema asks for; take nothing that is not in the text.\n\n{tagged('text', given.text)}",
        given,
        system=given.instructions,
        max_tokens=given.max_tokens,
        schema=given.shape,
    )
