"""ai.classify: one of some labels for a text."""

from typing import Self

from pydantic import Field, model_validator

from troupe.catalog.blocks.ai._ask import Asking, Told, ask_json, choice_of, question, tagged
from troupe.catalog.contract import Block, Context, Example, ModelRequest, Refusal, read


class Classify(Block):
    """Give a text the one label of several that fits it best.

    The answer is always one of the labels. `confidence` is what the model says of itself, no measured probability.
    """

    title = "Classify"
    effect = read
    paid = True

    class Input(Asking):
        """A text and the labels it may get."""

        text: str = Field(description="What to classify.", max_length=400_000)
        labels: list[str] | dict[str, str] = Field(
            description="The labels, or each label with what it means.", min_length=2, max_length=100
        )
        instructions: str = Field("", description="What to look at.", max_length=20_000)

        @model_validator(mode="after")
        def _labels_differ(self) -> Self:
            names = list(self.labels)
            if len({n.strip().lower() for n in names}) < len(names) or not all(
                n.strip() and len(n) <= 100 for n in names
            ):
                raise ValueError("labels are different names of 1 to 100 characters")
            return self

    class Output(Told):
        """The label, how sure the model is (0 to 1), and why."""

        label: str
        confidence: float
        reason: str

    examples = (
        Example(
            title="Sort a mail",
            given={"text": "I was charged twice for October.", "labels": ["bug", "billing", "praise"]},
            model_says='{"label": "billing", "confidence": 0.97, "reason": "A double charge."}',
            gives={"label": "billing", "confidence": 0.97, "reason": "A double charge.", "cached": False},
        ),
        Example(
            title="Labels with meanings, by the demo's rules",
            given={
                "text": "The parcel has not arrived yet.",
                "labels": {"delivery": "where a shipment is", "returns": "sending something back"},
                "model": "demo/demo",
            },
        ),
    )
    refuses = (
        Refusal(given={"text": "x", "labels": ["only"]}),
        Refusal(given={"text": "x", "labels": ["a", "A"]}),
    )

    def price(self, given: Input, ctx: Context) -> float:
        return ctx.model.price_of(_request(given))

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output.model_validate(await ask_json(ctx, _request(given)))


def _request(given: Classify.Input) -> ModelRequest:
    meanings = given.labels if isinstance(given.labels, dict) else dict.fromkeys(given.labels, "")
    listed = "\n".join(f"- {name}: {meaning}" if meaning else f"- {name}" for name, meaning in meanings.items())
    return question(
        f"Which label fits the text best?\nLabels:\n{listed}\n\n{tagged('text', given.text)}",
        given,
        system=given.instructions,
        max_tokens=512,
        schema=choice_of(list(meanings), "label"),
    )
