"""All SQL of memories."""

from typing import Any, LiteralString

from pydantic import BaseModel

from troupe.base.db import Db
from troupe.features.memory.models import Memory

_MEMORY: LiteralString = """
SELECT id, text, trusted, run_id, step, created_by, created_at, changed_at FROM memories
WHERE workspace_id = %(workspace)s AND agent_id = %(agent)s """


async def find_near(db: Db, agent: str, model: str, vector: str, limit: int) -> list[Memory]:
    """The entries nearest in meaning, among those embedded by this model."""
    return await db.all(
        Memory,
        _MEMORY + "AND embedded_by = %(space)s ORDER BY vector <=> %(vector)s::vector, id LIMIT %(limit)s",
        agent=agent, space=model, vector=vector, limit=limit,
    )  # fmt: skip


async def find_not_embedded(db: Db, agent: str, model: str, limit: int) -> list[Memory]:
    """Entries without a vector of this model."""
    return await db.all(
        Memory,
        _MEMORY + "AND embedded_by IS DISTINCT FROM %(space)s ORDER BY id DESC LIMIT %(limit)s",
        agent=agent, space=model, limit=limit,
    )  # fmt: skip


async def update_vector(db: Db, id: str, text: str, model: str, vector: str) -> None:
    """The vector of an entry that still says this."""
    await db.execute(
        """UPDATE memories SET embedded_by = %(space)s, vector = %(vector)s::vector
           WHERE workspace_id = %(workspace)s AND id = %(id)s AND text = %(text)s""",
        id=id, text=text, space=model, vector=vector,
    )  # fmt: skip


async def insert_memory(
    db: Db, id: str, agent: str, text: str, *, trusted: bool, run: str | None, step: str | None, by: str
) -> None:
    """A new entry; one with this id that is there already stays as it is."""
    await db.execute(
        """INSERT INTO memories (workspace_id, id, agent_id, text, trusted, run_id, step, created_by)
           VALUES (%(workspace)s, %(id)s, %(agent)s, %(text)s, %(trusted)s, %(run)s, %(step)s, %(by)s)
           ON CONFLICT (id) DO NOTHING""",
        id=id, agent=agent, text=text, trusted=trusted, run=run, step=step, by=by,
    )  # fmt: skip


async def insert_uses(db: Db, memories: list[str], run: str) -> None:
    """That a run's journal holds the text of these entries."""
    await db.execute(
        """INSERT INTO memory_uses (workspace_id, memory_id, run_id)
           SELECT %(workspace)s, id, %(run)s FROM unnest(%(memories)s::uuid[]) AS id
           ON CONFLICT DO NOTHING""",
        memories=memories, run=run,
    )  # fmt: skip


async def list_memories(db: Db, agent: str, words: str, after: str | None, limit: int) -> list[Memory]:
    """Entries, newest first; `words` stand in their text."""
    return await db.all(
        Memory,
        _MEMORY
        + """AND (%(words)s = '' OR strpos(lower(text), lower(%(words)s)) > 0)
             AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid) ORDER BY id DESC LIMIT %(limit)s""",
        agent=agent, words=words, after=after, limit=limit,
    )  # fmt: skip


async def get_memory(db: Db, agent: str, id: str) -> Memory:
    """One entry, locked. Raises NotFound."""
    return await db.one(Memory, _MEMORY + "AND id = %(id)s FOR UPDATE", agent=agent, id=id)


async def update_text(db: Db, id: str, text: str, by: str) -> None:
    """What a person says the entry says."""
    await db.execute(
        """UPDATE memories SET text = %(text)s, trusted = true, changed_at = troupe_now(), created_by = %(by)s,
                  embedded_by = NULL, vector = NULL
           WHERE workspace_id = %(workspace)s AND id = %(id)s""",
        id=id, text=text, by=by,
    )  # fmt: skip


async def remove_memory(db: Db, agent: str, id: str) -> bool:
    """Take an entry away; whether it was there."""
    return bool(
        await db.execute(
            "DELETE FROM memories WHERE workspace_id = %(workspace)s AND agent_id = %(agent)s AND id = %(id)s",
            agent=agent, id=id,
        )
    )  # fmt: skip


# ── journals that hold an entry's text ──────────────────────────────────────────────────────────────────────────────


class Holder(BaseModel, frozen=True):
    """A run whose journal holds the text, and whether it is over."""

    id: str
    over: bool


async def list_holders(db: Db, id: str) -> list[Holder]:
    """The run that wrote an entry, those that were shown it, and their forks."""
    return await db.all(
        Holder,
        """WITH RECURSIVE holders AS (
             SELECT run_id AS id FROM memories WHERE workspace_id = %(workspace)s AND id = %(id)s AND run_id IS NOT NULL
             UNION SELECT run_id FROM memory_uses WHERE workspace_id = %(workspace)s AND memory_id = %(id)s
             UNION SELECT r.id FROM runs r JOIN holders h ON r.origin_id = h.id OR r.parent_id = h.id
                   WHERE r.workspace_id = %(workspace)s)
           SELECT r.id, r.status IN ('completed', 'failed', 'terminated') AS over
           FROM runs r JOIN holders USING (id) WHERE r.workspace_id = %(workspace)s""",
        id=id,
    )


async def scrub(db: Db, run: str, forms: list[str], instead: str) -> int:
    """Replace these pieces of JSON text in all that is kept of a run that is over; how many rows had one."""
    changed = 0
    for form in forms:
        given: dict[str, Any] = {"run": run, "form": form, "instead": instead}
        changed += await db.execute(
            """UPDATE steps SET result = replace(result::text, %(form)s, %(instead)s)::json
               WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND strpos(result::text, %(form)s) > 0""",
            **given,
        )
        changed += await db.execute(
            """UPDATE runs SET input = replace(input::text, %(form)s, %(instead)s)::json,
                   output = replace(output::text, %(form)s, %(instead)s)::json,
                   error = replace(error::text, %(form)s, %(instead)s)::jsonb
               WHERE workspace_id = %(workspace)s AND id = %(run)s
                 AND strpos(concat(input::text, output::text, error::text), %(form)s) > 0""",
            **given,
        )
        changed += await db.execute(
            """UPDATE run_events SET data = replace(data::text, %(form)s, %(instead)s)::jsonb
               WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND strpos(data::text, %(form)s) > 0""",
            **given,
        )
    return changed


async def list_files(db: Db, run: str) -> list[str]:
    """References of a run's large values."""
    rows = await db.rows(
        """SELECT ref FROM steps WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND ref LIKE 'file:%%'
           UNION SELECT unnest(ARRAY[input_ref, output_ref]) FROM runs
           WHERE workspace_id = %(workspace)s AND id = %(run)s""",
        run=run,
    )
    return [row["ref"] for row in rows if row["ref"]]
