"""All SQL of waits."""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid5

from troupe.base.db import Database
from troupe.base.ids import RunId, WorkspaceId
from troupe.durable.models import LONG

ADVANCE_RUN = "run.advance"  # the kind of the message that has a leg of a run advanced
_OVER: LiteralString = "status IN ('completed', 'failed', 'terminated')"

_KEEP: LiteralString = (
    """
WITH run AS MATERIALIZED (
    SELECT id, workspace_id, """
    + _OVER
    + """ OR leg > %(leg)s OR (worker IS NULL AND due <= troupe_now()) IS TRUE AS moved
    FROM runs WHERE id = %(run)s::uuid FOR UPDATE)
INSERT INTO waits AS w (run_id, workspace_id, leg, token)
SELECT id, workspace_id, %(leg)s, %(token)s FROM run WHERE NOT moved
ON CONFLICT (run_id) DO UPDATE SET leg = excluded.leg, token = excluded.token, since = troupe_now()
WHERE w.leg <= excluded.leg
RETURNING 1"""
)

_RESTING: LiteralString = """
SELECT r.id, r.workspace_id, r.leg, r.status, w.token FROM runs r LEFT JOIN waits w ON w.run_id = r.id AND w.leg = r.leg
WHERE r.worker IS NULL AND r.due <= troupe_now() """

_NEXT_LEG: LiteralString = """
WITH raised AS (
    UPDATE runs SET leg = leg + 1
    WHERE id = %(run)s::uuid AND leg = %(leg)s AND status NOT IN ('completed', 'failed', 'terminated')
    RETURNING id, workspace_id, leg),
forgotten AS (DELETE FROM waits WHERE run_id IN (SELECT id FROM raised))
INSERT INTO outbox (id, workspace_id, kind, body)
SELECT %(message)s::uuid, workspace_id, %(kind)s, jsonb_build_object('run', id, 'leg', leg) FROM raised"""


@dataclass(frozen=True)
class Resting:
    """A run that is due and that nobody holds; `token` wakes the execution that waits for it, if one does."""

    id: RunId
    workspace: WorkspaceId
    leg: int
    status: str
    token: str | None


class PgWaits:
    """The executions of every workspace."""

    def __init__(self, engine: Database) -> None:
        self.engine = engine

    async def keep(self, run: str, leg: int, token: str) -> bool:
        """Keep the token until the run moves; False where it has moved already, is over, or has another leg."""
        async with self.engine.connection() as line:
            kept = await line.execute(_KEEP, {"run": run, "leg": leg, "token": token})
            return kept.rowcount == 1

    async def forget(self, run: str, token: str) -> None:
        """This token wakes nothing any more."""
        async with self.engine.connection() as line:
            await line.execute("DELETE FROM waits WHERE run_id = %s AND token = %s", (run, token))

    async def find(self, run: str) -> Resting | None:
        """The run if it is due and free."""
        found = await self._resting(_RESTING + "AND r.id = %(run)s::uuid", {"run": run})
        return found[0] if found else None

    async def list_near(self, run: str, after: str, most: int) -> list[Resting]:
        """Of the runs above and below a run those that are due and free, by id, from a larger id on."""
        return await self._resting(
            _RESTING
            + """AND r.id > %(after)s::uuid AND (r.parent_id = %(run)s::uuid
                      OR r.id = (SELECT parent_id FROM runs WHERE id = %(run)s::uuid)) ORDER BY r.id LIMIT %(most)s""",
            {"run": run, "after": after, "most": most},
        )

    async def list_overdue(self, seconds: float, most: int) -> list[Resting]:
        """Runs that nobody has come for since so many seconds, the longest waiting first."""
        return await self._resting(
            _RESTING + "AND r.due <= troupe_now() - make_interval(secs => %(seconds)s) ORDER BY r.due LIMIT %(most)s",
            {"seconds": seconds, "most": most},
        )

    async def take_up(self, run: str) -> None:
        """A worker is here for a run that rests for one: it is due."""
        async with self.engine.connection() as line:
            await line.execute(
                """UPDATE runs SET due = troupe_now() WHERE id = %(run)s::uuid AND worker IS NULL
                   AND due > troupe_now() AND wakes_on ->> 'name' = %(long)s AND wakes_on ->> 'kind' = 'time'""",
                {"run": run, "long": LONG},
            )

    async def next_leg(self, run: str, leg: int) -> bool:
        """End a leg: the run's leg rises, and a message has the next one advanced. False where it has risen already."""
        params = {"run": run, "leg": leg, "message": message_of(run, leg + 1), "kind": ADVANCE_RUN}
        async with self.engine.connection() as line:
            return (await line.execute(_NEXT_LEG, params)).rowcount == 1

    async def _resting(self, query: LiteralString, params: dict[str, Any]) -> list[Resting]:
        async with self.engine.connection() as line:
            rows: list[Any] = await (await line.execute(query, params)).fetchall()
        return [Resting(*row) for row in rows]


def message_of(run: str, leg: int) -> str:
    """The id of the message that has a leg advanced: the same each time, so that it is one message."""
    return str(uuid5(UUID(run), f"leg {leg}"))
