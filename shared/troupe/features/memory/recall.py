"""Memory as one attempt of an agent's step reaches it: `catalog.contract.Memories`.

Entries without a vector of the workspace's embedding model get one when they are first looked for, so that people may
write entries without a model and an embedding model may be changed.
"""

from troupe.base.db import Database
from troupe.base.errors import Rejected
from troupe.base.ids import is_id
from troupe.catalog.contract import Models, Remembered
from troupe.features.memory import store
from troupe.features.memory.models import Memory
from troupe.ports.run import Attempt

MOST_TEXT = 10_000  # characters of one entry
AT_ONCE = 100  # entries that get a vector in one go


class AttemptMemories:
    """The memories of the attempt's workspace."""

    def __init__(self, database: Database, models: Models, attempt: Attempt) -> None:
        self._database, self._models, self._attempt = database, models, attempt

    async def recall(self, agent: str, words: str, limit: int) -> list[Remembered]:
        """The entries nearest in meaning."""
        model = self._models.embedder()
        await self._embed_the_rest(agent, model)
        vector = (await self._models.embed([words[:MOST_TEXT] or " "], model=model))[0]
        async with self._database.workspace(self._attempt.workspace_id) as db:
            found = await store.find_near(db, agent, model, _text_of(vector), limit)
            await store.insert_uses(db, [m.id for m in found], self._attempt.run_id)
        return [_seen(memory) for memory in found]

    async def remember(self, agent: str, text: str, *, trusted: bool) -> str:
        """Keep an entry under the attempt's effect key, so that a repeated attempt keeps one."""
        if not 0 < len(text.strip()) <= MOST_TEXT:
            raise Rejected(f"An entry has 1 to {MOST_TEXT:,} characters.", code="bad_input")
        attempt = self._attempt
        async with self._database.workspace(attempt.workspace_id) as db:
            await store.insert_memory(
                db, attempt.effect_key, agent, text.strip(), trusted=trusted, run=attempt.run_id, step=attempt.step,
                by=f"run:{attempt.run_id}",
            )  # fmt: skip
        return attempt.effect_key

    async def forget(self, agent: str, id: str) -> bool:
        """Take an entry away; whether it was there."""
        if not is_id(id):
            return False
        async with self._database.workspace(self._attempt.workspace_id) as db:
            return await store.remove_memory(db, agent, id)

    async def _embed_the_rest(self, agent: str, model: str) -> None:
        async with self._database.workspace(self._attempt.workspace_id) as db:
            bare = await store.find_not_embedded(db, agent, model, AT_ONCE)
        if not bare:
            return
        vectors = await self._models.embed([m.text for m in bare], model=model)
        async with self._database.workspace(self._attempt.workspace_id) as db:
            for memory, vector in zip(bare, vectors, strict=True):
                await store.update_vector(db, memory.id, memory.text, model, _text_of(vector))


def _seen(memory: Memory) -> Remembered:
    return {"id": memory.id, "text": memory.text, "trusted": memory.trusted}


def _text_of(vector: list[float]) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(map(repr, vector))}]"
