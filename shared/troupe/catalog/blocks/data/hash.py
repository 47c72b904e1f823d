"""data.hash: the fingerprint of a value."""

import hashlib
from typing import Literal

from pydantic import Field

from troupe.base.values import canonical
from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Hash(Block):
    """Compute the hash of a text, or of any value by its canonical JSON (equal values, equal hashes).

    md5 and sha1 are for comparing with what others wrote; they protect nothing.
    """

    title = "Hash"
    effect = pure

    class Input(Fields):
        """A text or a value."""

        text: str | None = Field(None, description="The text; its UTF-8 bytes are hashed.", max_length=MAX_TEXT)
        data: Json = Field(default=None, description="A value, where there is no text.")
        algorithm: Literal["sha256", "sha512", "sha1", "md5"] = Field("sha256", description="Which hash.")

    class Output(Fields):
        """The hash in hexadecimal digits."""

        hex: str

    examples = (
        Example(
            title="A text",
            given={"text": "abc"},
            gives={"hex": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        ),
        Example(
            title="A value, whatever the order of its fields",
            given={"data": {"b": 1, "a": 2}, "algorithm": "md5"},
            gives={"hex": hashlib.md5(b'{"a":2,"b":1}', usedforsecurity=False).hexdigest()},
        ),
    )
    refuses = (Refusal(given={"text": "a", "algorithm": "crc"}), Refusal(given={"text": 7}))

    async def run(self, given: Input, ctx: Context) -> Output:
        raw = given.text.encode() if given.text is not None else canonical(given.data)
        return self.Output(hex=hashlib.new(given.algorithm, raw, usedforsecurity=False).hexdigest())
