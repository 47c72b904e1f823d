"""Memories over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from troupe.features.accounts.deps import Editor, Viewer
from troupe.features.memory import service
from troupe.features.memory.models import Memory, NewText
from troupe.features.pages import Cursor, Limit, Page, after, cut

router = APIRouter(prefix="/agents/{id}/memories", tags=["memories"])


@router.get("")
async def list_memories(
    id: str, scope: Viewer, q: Annotated[str, Query(max_length=200)] = "", limit: Limit = 50, cursor: Cursor = None
) -> Page[Memory]:
    """What an agent remembers, newest first; `q` stands in the text."""
    return cut(await service.list_memories(scope, id, q, after(cursor), limit + 1), limit)


@router.post("", status_code=201)
async def add_memory(id: str, body: NewText, scope: Editor) -> Memory:
    """Tell an agent something to remember."""
    return await service.add(scope, id, body.text)


@router.put("/{memory}")
async def correct_memory(id: str, memory: str, body: NewText, scope: Editor) -> Memory:
    """Correct an entry."""
    return await service.correct(scope, id, memory, body.text)


@router.delete("/{memory}", status_code=204)
async def erase_memory(id: str, memory: str, scope: Editor) -> None:
    """Erase an entry, in journals too. While a run goes on with it: 409."""
    await service.erase(scope, id, memory)
