"""The catalogue over HTTP."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from troupe.base.errors import NotFound
from troupe.catalog.registry import catalogue
from troupe.features.accounts.deps import Reader

router = APIRouter(prefix="/blocks", tags=["blocks"])


class BlockEntry(BaseModel, frozen=True):
    """A kind of node: what it takes, gives and does to the world."""

    id: str
    title: str
    category: str
    description: str
    effect: str
    kind: str
    paid: bool
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    examples: list[dict[str, Any]]


class Blocks(BaseModel, frozen=True):
    """All of them: the catalogue is one page."""

    items: list[BlockEntry]
    next_cursor: None = None


@router.get("")
async def list_blocks(_who: Reader, category: str | None = None) -> Blocks:
    """The catalogue, by id."""
    shown = [e for e in catalogue().values() if not e["hidden"] and category in (None, e["category"])]
    return Blocks(items=[BlockEntry.model_validate(e) for e in shown])


@router.get("/{id}")
async def get_block(id: str, _who: Reader) -> BlockEntry:
    """One block."""
    if (entry := catalogue().get(id)) is None:
        raise NotFound(f"There is no block {id!r}.")
    return BlockEntry.model_validate(entry)
