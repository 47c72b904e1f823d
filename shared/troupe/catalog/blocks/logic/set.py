"""logic.set: values by name, for the nodes that follow."""

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Set(Block):
    """Give values names once, so that later nodes can say `{{ vars.values.limit }}` instead of repeating them."""

    title = "Set variables"
    effect = pure

    class Input(Fields):
        """Values by name."""

        values: dict[str, Json] = Field(description="The values.", min_length=1, max_length=1000)

    class Output(Fields):
        """The same values."""

        values: dict[str, Json]

    examples = (
        Example(
            title="Two settings",
            given={"values": {"limit": 10, "to": ["a@example.com"]}},
            gives={"values": {"limit": 10, "to": ["a@example.com"]}},
        ),
        Example(title="Nothing is a value too", given={"values": {"x": None}}, gives={"values": {"x": None}}),
    )
    refuses = (Refusal(given={"values": {}}), Refusal(given={"values": 7}))

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output.model_construct(values=given.values)  # they were checked as they came in
