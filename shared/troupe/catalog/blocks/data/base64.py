"""data.base64: text to base64 and back."""

import base64
import binascii
from typing import Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_TEXT, bounded
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Base64(Block):
    """Write text as base64 (RFC 4648), or read base64 that holds text. The bytes are UTF-8."""

    title = "Base64"
    effect = pure

    class Input(Fields):
        """A text and which way."""

        text: str = Field(description="What to write or read.", max_length=MAX_TEXT)
        way: Literal["encode", "decode"] = Field("encode", description="encode writes base64, decode reads it.")
        url_safe: bool = Field(default=False, description="Use - and _ for + and /, and no padding.")

    class Output(Fields):
        """The text."""

        text: str

    examples = (
        Example(title="Write", given={"text": "Grüße"}, gives={"text": "R3LDvMOfZQ=="}),
        Example(
            title="Read, without padding",
            given={"text": "R3LDvMOfZQ", "way": "decode", "url_safe": True},
            gives={"text": "Grüße"},
        ),
    )
    refuses = (
        Refusal(given={"text": "%%%", "way": "decode"}, code="bad_base64"),
        Refusal(given={"text": "/w==", "way": "decode"}, code="not_text"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        if given.way == "decode":
            return self.Output(text=_decoded(given.text, url_safe=given.url_safe))
        raw = given.text.encode()
        made = base64.urlsafe_b64encode(raw).rstrip(b"=") if given.url_safe else base64.b64encode(raw)
        return self.Output(text=bounded(made.decode()))


def _decoded(text: str, *, url_safe: bool) -> str:
    flat = "".join(text.split())
    padded = flat + "=" * (-len(flat) % 4) if url_safe else flat
    try:
        return base64.b64decode(padded, altchars=b"-_" if url_safe else None, validate=True).decode()
    except UnicodeDecodeError:
        hint = "Keep binary content in a file: file.write takes base64."
        raise Rejected("The content is no text in UTF-8.", code="not_text", hint=hint) from None
    except (binascii.Error, ValueError) as wrong:
        raise Rejected(f"This is no base64: {wrong}.", code="bad_base64") from None
