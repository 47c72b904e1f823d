"""data.json_parse: JSON text into a value."""

from pydantic import Field

from troupe.base.values import read_json
from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class JsonParse(Block):
    """Read JSON text (RFC 8259), strictly: NaN, comments and trailing commas are refused."""

    title = "Read JSON"
    effect = pure
    cpu = True

    class Input(Fields):
        """JSON text."""

        text: str = Field(description="The JSON text.", max_length=MAX_TEXT)

    class Output(Fields):
        """The value."""

        data: Json

    examples = (
        Example(title="An object", given={"text": '{"a": [1, 2.5, null]}'}, gives={"data": {"a": [1, 2.5, None]}}),
        Example(title="A bare text", given={"text": ' "x" '}, gives={"data": "x"}),
    )
    refuses = (
        Refusal(given={"text": "{'a': 1}"}, code="bad_input"),
        Refusal(given={"text": "NaN"}, code="bad_input"),
        Refusal(given={"text": "[" * 300 + "]" * 300}, code="bad_input"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output.model_validate({"data": read_json(given.text)})
