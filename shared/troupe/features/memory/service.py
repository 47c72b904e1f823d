"""Memories for people: list, add, correct, erase.

Erasing is one path and leaves no copy of the text that Troupe made: the entry goes, and in the journals of every run
that wrote it or was shown it, their forks and the runs below them, the text is replaced. What a model said in words of
its own is not a copy; nor is what a person wrote in a message.
"""

from typing import Final

import orjson

from troupe.base.errors import Conflict, NotFound
from troupe.base.ids import is_id, new_id
from troupe.features.agents.service import AGENT
from troupe.features.definitions import service as definitions
from troupe.features.memory import store
from troupe.features.memory.models import Memory
from troupe.features.scope import Scope

ERASED: Final = "[erased]"


async def list_memories(scope: Scope, agent: str, words: str, after: str | None, limit: int) -> list[Memory]:
    """Entries of an agent, newest first. Raises NotFound."""
    return await store.list_memories(scope.db, await _id_of(scope, agent), words, after, limit)


async def add(scope: Scope, agent: str, text: str) -> Memory:
    """An entry by a person, who is trusted. Raises NotFound."""
    owner, id = await _id_of(scope, agent), new_id()
    await store.insert_memory(
        scope.db, id, owner, text.strip(), trusted=True, run=None, step=None, by=scope.actor
    )  # fmt: skip
    return await store.get_memory(scope.db, owner, id)


async def correct(scope: Scope, agent: str, id: str, text: str) -> Memory:
    """Let an entry say something else; journals keep what runs were shown. Raises NotFound."""
    owner = await _id_of(scope, agent)
    before = await _get(scope, owner, id)
    await store.update_text(scope.db, before.id, text.strip(), scope.actor)
    return await _get(scope, owner, id)


async def erase(scope: Scope, agent: str, id: str) -> None:
    """Take an entry away, and its text out of every journal. Raises NotFound, Conflict while a run goes on with it."""
    owner = await _id_of(scope, agent)
    entry = await _get(scope, owner, id)
    holders = await store.list_holders(scope.db, entry.id)
    if going := [h.id for h in holders if not h.over]:
        hint = f"End or wait for {', '.join(going[:5])}{' and others' if len(going) > 5 else ''}."
        raise Conflict(f"{len(going)} runs go on with this entry.", code="memory_in_use", hint=hint)
    forms = forms_of(entry.text)
    for holder in holders:
        await store.scrub(scope.db, holder.id, forms, ERASED)
        for ref in await store.list_files(scope.db, holder.id):
            await _scrub_file(scope, ref.removeprefix("file:"), forms)
    await store.remove_memory(scope.db, owner, entry.id)


async def _scrub_file(scope: Scope, key: str, forms: list[str]) -> None:
    try:
        before = await scope.parts.files.get(scope.workspace, key)
    except NotFound:
        return
    after = before
    for form in forms:
        after = after.replace(form.encode(), ERASED.encode())
    if after != before:
        await scope.parts.files.put(scope.workspace, key, after)


def forms_of(text: str) -> list[str]:
    """A text as it stands inside of JSON, and inside of JSON that is a text in JSON (the arguments of a call)."""
    once = orjson.dumps(text)[1:-1].decode()
    return list(dict.fromkeys([orjson.dumps(once)[1:-1].decode(), once]))


async def _get(scope: Scope, agent: str, id: str) -> Memory:
    try:
        if is_id(id):
            return await store.get_memory(scope.db, agent, id)
    except NotFound:
        pass
    raise NotFound("This agent has no memory with this id.")


async def _id_of(scope: Scope, agent: str) -> str:
    return (await definitions.newest(scope, AGENT, agent)).definition_id or ""
