"""file.write: content kept as a file."""

from base64 import b64decode
from binascii import Error
from typing import Any

from pydantic import Field, model_validator

from troupe.base.errors import Rejected
from troupe.base.values import dump
from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, idempotent


class Write(Block):
    """Keep text, a value as JSON, or base64 as a file of the workspace. A repetition gives the same file."""

    title = "Write a file"
    effect = idempotent

    class Input(Fields):
        """The name and one content."""

        name: str = Field(description="The file's name.", min_length=1, max_length=200)
        text: str | None = Field(None, description="Content as text.", max_length=MAX_TEXT)
        data: Json = Field(default=None, description="Content as a value, written as JSON.")
        base64: str | None = Field(None, description="Content as base64.", max_length=14_000_000)
        type: str = Field("", description="The media type; empty takes it from the name.", max_length=160)

        @model_validator(mode="after")
        def _one_content(self) -> Any:
            if sum(one is not None for one in (self.text, self.data, self.base64)) != 1:
                raise ValueError("give one of text, data and base64")
            return self

    class Output(Fields):
        """The file, as a value other blocks take."""

        file: dict[str, Json]

    examples = (
        Example(
            title="A note",
            given={"name": "note.txt", "text": "Hello"},
            gives={
                "file": {
                    "$file": "file-1", "name": "note.txt", "size": 5, "type": "text/plain",
                    "sha256": "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969",
                }
            },
            simulated=True,
        ),
        Example(title="A value", given={"name": "order.json", "data": {"id": 7}}),
    )  # fmt: skip
    refuses = (
        Refusal(given={"name": "a.txt"}),
        Refusal(given={"name": "", "text": "x"}),
        Refusal(given={"name": "a.bin", "base64": "%"}, code="bad_base64"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output(file=await ctx.files.write(given.name, _content(given), given.type))


def _content(given: Write.Input) -> bytes:
    if given.text is not None:
        return given.text.encode()
    if given.base64 is None:
        return dump(given.data)
    try:
        return b64decode("".join(given.base64.split()), validate=True)
    except (Error, ValueError) as wrong:
        raise Rejected(f"This is no base64: {wrong}.", code="bad_base64") from None
