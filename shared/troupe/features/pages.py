"""Lists are pages: `{items, next_cursor}`, a cursor being the last item's id, sealed against tampering by its form."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from troupe.base.errors import BadInput, Problem
from troupe.base.ids import is_id

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[T], frozen=True):
    """Some items and where to go on."""

    items: list[T]
    next_cursor: str | None = None


def after(cursor: str | None) -> str | None:
    """The id that a cursor stands for. Raises BadInput."""
    if cursor is None:
        return None
    try:
        id = urlsafe_b64decode(cursor.encode() + b"==").decode()
    except (Error, ValueError):
        id = ""
    if not is_id(id):
        raise BadInput(problems=[Problem("cursor", "bad_cursor", "Use the `next_cursor` of the page before.")])
    return id


def cut(items: list[T], limit: int, id_of: str = "id") -> Page[T]:
    """A page of `limit` items; ask the store for one more than that."""
    more = len(items) > limit
    shown = items[:limit]
    cursor = urlsafe_b64encode(str(getattr(shown[-1], id_of)).encode()).decode().rstrip("=") if more else None
    return Page(items=shown, next_cursor=cursor)
