"""ai.embed: vectors for texts."""

from pydantic import Field

from troupe.catalog.blocks.ai._ask import MODEL
from troupe.catalog.contract import Block, Context, Example, Fields, Message, ModelRequest, Refusal, read


class Embed(Block):
    """Turn texts into vectors that are near each other where the texts are alike.

    Vectors of different models do not compare. Those of `demo/demo` count words and letters: they are not semantic.
    """

    title = "Embed"
    effect = read
    paid = True

    class Input(Fields):
        """Texts to turn into vectors."""

        texts: list[str] = Field(description="The texts.", min_length=1, max_length=500)
        model: str = Field("", description=MODEL)

    class Output(Fields):
        """One vector a text, in order."""

        vectors: list[list[float]]
        dimensions: int

    examples = (
        Example(title="Two texts", given={"texts": ["a red bicycle", "a red bike"], "model": "demo/demo"}),
        Example(title="No words, no direction", given={"texts": ["?"], "model": "demo/demo"},
                gives={"vectors": [[0.0] * 256], "dimensions": 256}),
    )  # fmt: skip
    refuses = (Refusal(given={"texts": []}), Refusal(given={"texts": [1]}))

    def price(self, given: Input, ctx: Context) -> float:
        """A bound: what asking the model about all the texts would cost."""
        messages = [Message(role="user", text=text) for text in given.texts]
        return ctx.model.price_of(ModelRequest(model=given.model, messages=messages, max_tokens=1))

    async def run(self, given: Input, ctx: Context) -> Output:
        vectors = await ctx.model.embed(given.texts, model=given.model)
        return self.Output(vectors=vectors, dimensions=len(vectors[0]))
