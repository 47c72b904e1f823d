"""Pictures: image files that messages name, put before a model that takes images.

The journal holds `file:ID` in a message's `images`; what stands in the file is read when the model is asked.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from troupe.base.errors import Rejected
from troupe.catalog.contract import Context, Message

TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST = 10  # of a request, the newest
LARGEST = 5_000_000  # bytes
FILE = "file:"
SIGNS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def named(attachments: list[Mapping[str, Any]]) -> list[str]:
    """The images among file references, as a message names them."""
    return [f"{FILE}{a['$file']}" for a in attachments if a.get("type") in TYPES and a.get("size", 0) <= LARGEST]


async def filled(messages: list[Message], model: str, ctx: Context) -> list[Message]:
    """The messages with their newest images as data: URLs; without any for a model that takes none."""
    if not any(m.images for m in messages):
        return messages
    left = MOST if ctx.model.sees(model) else 0
    shown: list[Message] = []
    for message in reversed(messages):
        take = message.images[-left:] if left else []
        left -= len(take)
        images = [await _read(image, ctx) for image in take]
        shown.append(message.model_copy(update={"images": [url for url in images if url]}))
    return shown[::-1]


async def _read(image: str, ctx: Context) -> str:
    if not image.startswith(FILE):
        return image
    try:
        _, content = await ctx.files.read({"$file": image.removeprefix(FILE)})
    except Rejected:  # it is gone: the text of the message still names it
        return ""
    kind = next((kind for sign, kind in SIGNS.items() if content.startswith(sign)), None)
    return f"data:{kind};base64,{b64encode(content).decode()}" if kind and len(content) <= LARGEST else ""
