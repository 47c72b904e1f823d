"""What blocks of every family may take and give: bounds that keep a step small enough for memory and journal."""

from typing import Any

from troupe.base.errors import Rejected
from troupe.base.values import dump
from troupe.catalog.contract import Json

MAX_TEXT = 2_000_000  # characters
MAX_ITEMS = 100_000

Row = dict[str, Json]


def bounded(text: str) -> str:
    """The text, unless it is longer than a step may give. Raises Rejected."""
    refuse_above(len(text))
    return text


def refuse_above(characters: int) -> None:
    """Raises Rejected where a text would be too long, before it is made."""
    if characters > MAX_TEXT:
        message = f"The result would have {characters:,} characters; a step gives at most {MAX_TEXT:,}."
        raise Rejected(message, code="too_large", hint="Give it less at a time, or keep the content in a file.")


def as_text(value: Any) -> str:
    """A value as a text shows it: nothing for null, JSON for lists and maps."""
    if value is None:
        return ""
    return value if isinstance(value, str) else dump(value).decode()
