"""All SQL of upkeep, as the engine's role."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from troupe.base.db import Database

REMOVE_RUN = "run.remove"  # the kind of the message that has a removed run's rows and files taken away

_OLD: LiteralString = """
SELECT id FROM runs
WHERE id > %(after)s AND id < first_id(troupe_now() - make_interval(days => %(days)s)) AND parent_id IS NULL
  AND status IN ('completed', 'failed', 'terminated') AND ended_at < troupe_now() - make_interval(days => %(days)s)
ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED"""

# A run goes with all that is below it, or not at all.
_REMOVE: LiteralString = """
WITH RECURSIVE tree(root, id) AS (
    SELECT id, id FROM runs WHERE id = ANY(%(runs)s::uuid[])
    UNION ALL SELECT t.root, c.id FROM tree t JOIN runs c ON c.parent_id = t.id),
kept AS (
    SELECT t.root FROM tree t JOIN runs r ON r.id = t.id
    WHERE r.status NOT IN ('completed', 'failed', 'terminated')
       OR r.ended_at >= troupe_now() - make_interval(days => %(days)s)
       OR EXISTS (SELECT 1 FROM runs f WHERE f.origin_id = r.id)
       OR EXISTS (SELECT 1 FROM messages m WHERE m.run_id = r.id)),
gone AS (
    DELETE FROM runs WHERE id = ANY(%(runs)s::uuid[]) AND id NOT IN (SELECT root FROM kept) RETURNING id, workspace_id)
INSERT INTO outbox (id, workspace_id, kind, body)
SELECT id, workspace_id, %(kind)s, jsonb_build_object('run', id) FROM gone"""

_BELOW: LiteralString = """
WITH RECURSIVE tree(id, level) AS (
    SELECT %(run)s::uuid, 0
    UNION ALL SELECT c.id, t.level + 1 FROM tree t JOIN runs c ON c.parent_id = t.id)
SELECT id FROM tree ORDER BY level DESC, id"""

_BUDGETS: LiteralString = """
DELETE FROM budget_use u USING reservations v
WHERE v.run_id = ANY(%(runs)s::uuid[]) AND v.bucket LIKE 'run:%%'
  AND u.workspace_id = v.workspace_id AND u.scope = v.scope AND u.bucket = v.bucket"""

_ROWS: tuple[LiteralString, ...] = (
    """DELETE FROM steps WHERE (run_id, key) IN (
           SELECT run_id, key FROM steps WHERE run_id = ANY(%(runs)s::uuid[]) LIMIT %(most)s)""",
    """DELETE FROM run_events WHERE (run_id, seq) IN (
           SELECT run_id, seq FROM run_events WHERE run_id = ANY(%(runs)s::uuid[]) LIMIT %(most)s)""",
    """DELETE FROM signals WHERE (run_id, name, dedupe) IN (
           SELECT run_id, name, dedupe FROM signals WHERE run_id = ANY(%(runs)s::uuid[]) LIMIT %(most)s)""",
    """DELETE FROM reservations WHERE (run_id, key, attempt, scope) IN (
           SELECT run_id, key, attempt, scope FROM reservations WHERE run_id = ANY(%(runs)s::uuid[])
           LIMIT %(most)s)""",
)

_OVER: tuple[LiteralString, ...] = (
    """DELETE FROM requests WHERE (workspace_id, key, route) IN (
           SELECT workspace_id, key, route FROM requests WHERE created_at < troupe_now() - interval '90 days'
           LIMIT %(most)s)""",
    """DELETE FROM tokens WHERE id IN (
           SELECT id FROM tokens WHERE least(expires_at, revoked_at) < troupe_now() - interval '30 days'
           LIMIT %(most)s)""",
    """DELETE FROM outbox WHERE id IN (
           SELECT id FROM outbox WHERE coalesce(sent, dead) < troupe_now() - interval '7 days'
             AND (dead IS NULL OR dead < troupe_now() - interval '90 days') LIMIT %(most)s)""",
    """DELETE FROM sockets WHERE id IN (
           SELECT id FROM sockets WHERE opened_at < troupe_now() - interval '1 day' LIMIT %(most)s)""",
    """DELETE FROM workers WHERE id IN (
           SELECT id FROM workers w WHERE lease_until < troupe_now() - interval '1 day'
             AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.worker = w.id)
           LIMIT %(most)s FOR UPDATE SKIP LOCKED)""",
)


@dataclass(frozen=True)
class Looked:
    """A batch of old runs: the last one's id, None where there were none; how many of them were removed."""

    last: str | None
    removed: int = 0


class PgUpkeep:
    """What is old, of every workspace."""

    def __init__(self, engine: Database) -> None:
        self.engine = engine

    async def make_months(self, ahead: int) -> int:
        """See to it that this month and `ahead` more have a place in the journal; how many were made."""
        return await self._value("SELECT make_months(%(ahead)s)", {"ahead": ahead})

    async def drop_months(self) -> int:
        """Drop the months before that of the oldest run there is; how many."""
        return await self._value(
            "SELECT drop_months(coalesce((SELECT id FROM runs ORDER BY id LIMIT 1), first_id(troupe_now())))", {}
        )

    async def remove_runs(self, after: str, days: int, most: int) -> Looked:
        """Look at old runs with a larger id and remove those that may go: nobody finds them any more.

        What is below them, their rows and their files go by a message of the kind REMOVE_RUN each.
        """
        async with self.engine.connection() as line, line.transaction():
            params = {"after": after, "days": days, "most": most, "kind": REMOVE_RUN}
            runs = [row[0] for row in await (await line.execute(_OLD, params)).fetchall()]
            if not runs:
                return Looked(None)
            removed = await line.execute(_REMOVE, {**params, "runs": runs})  # sees what was forked before the lock
            return Looked(runs[-1], removed.rowcount)

    async def list_below(self, run: str) -> list[str]:
        """A run, which need not be there, and all runs below it, the lowest first."""
        async with self.engine.connection() as line:
            return [row[0] for row in await (await line.execute(_BELOW, {"run": run})).fetchall()]

    async def remove_rows(self, runs: Sequence[str], most: int) -> None:
        """All rows of these runs and at last the runs, at most so many rows in a transaction."""
        params = {"runs": list(runs), "most": most}
        await self._execute(_BUDGETS, params)
        for query in _ROWS:
            while await self._execute(query, params) >= most:
                pass
        await self._execute("DELETE FROM runs WHERE id = ANY(%(runs)s::uuid[])", params)

    async def remove_over(self, most: int) -> int:
        """Answers, tokens, messages and workers that ended long ago, at most so many in a transaction; how many."""
        removed = 0
        for query in _OVER:
            while (found := await self._execute(query, {"most": most})) >= most:
                removed += found
            removed += found
        return removed

    async def _execute(self, query: LiteralString, params: dict[str, Any]) -> int:
        async with self.engine.connection() as line:
            return (await line.execute(query, params)).rowcount

    async def _value(self, query: LiteralString, params: dict[str, Any]) -> int:
        async with self.engine.connection() as line:
            row = await (await line.execute(query, params)).fetchone()
        return row[0] if row else 0
