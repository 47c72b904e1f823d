"""All SQL of the outbox."""

from dataclasses import dataclass
from typing import Any, LiteralString

import orjson

from troupe.base.db import Database, Db
from troupe.base.ids import WorkspaceId
from troupe.ports.queue import DeadLetter, Message

EVENT: LiteralString = "event"  # the kind of a message that is for other systems, `{run, type, reason?, code?}`
LOST = "Whoever had it did not come back."

_INSERT: LiteralString = """
INSERT INTO outbox (id, workspace_id, kind, body, due)
SELECT x.id, x.workspace, x.kind, x.body, troupe_now() + make_interval(secs => x.delay)
FROM json_to_recordset(%(messages)s::json) AS x(id uuid, workspace uuid, kind text, body jsonb, delay float8)
ON CONFLICT DO NOTHING"""

_OPEN: LiteralString = "sent IS NULL AND dead IS NULL"

_SPACES: LiteralString = (
    """
WITH RECURSIVE spaces(id) AS (
    (SELECT workspace_id FROM outbox WHERE """
    + _OPEN
    + """ ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (SELECT workspace_id FROM outbox WHERE """
    + _OPEN
    + """ AND workspace_id > s.id ORDER BY workspace_id LIMIT 1)
    FROM spaces s WHERE s.id IS NOT NULL)"""
)

_CLAIM: LiteralString = (
    _SPACES
    + """,
next AS MATERIALIZED (
    SELECT c.id, c.place FROM spaces s, LATERAL (
        SELECT id, row_number() OVER (ORDER BY due, id) AS place FROM (
            SELECT id, due FROM outbox WHERE workspace_id = s.id AND """
    + _OPEN
    + """ AND due <= troupe_now()
            ORDER BY due, id LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS one) AS c
    ORDER BY c.place, random() LIMIT %(most)s)  -- by chance among equals: no workspace is always first
UPDATE outbox o SET
    tries = tries + CASE WHEN tries < %(tries)s THEN 1 ELSE 0 END,
    due = troupe_now() + make_interval(secs => %(hold)s),
    dead = CASE WHEN tries >= %(tries)s THEN troupe_now() END,
    error = CASE WHEN tries >= %(tries)s THEN coalesce(error, %(lost)s) ELSE error END
FROM next n WHERE o.id = n.id
RETURNING n.place, o.id, o.workspace_id, o.kind, o.body, o.tries, o.dead IS NOT NULL"""
)

# For a relay: whoever takes the message to another queue and counts no tries.
_TAKE: LiteralString = (
    """
UPDATE outbox o SET due = greatest(n.due, troupe_now()) + make_interval(secs => %(hold)s)
FROM (SELECT id, due FROM outbox WHERE """
    + _OPEN
    + """ AND due <= troupe_now() + make_interval(secs => %(ahead)s)
      ORDER BY due, id LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS n
WHERE o.id = n.id
RETURNING o.id, o.workspace_id, o.kind, o.body, greatest(0, extract(epoch FROM n.due - troupe_now()))::float8"""
)

_GIVE_UP: LiteralString = """
UPDATE outbox SET
    dead = coalesce(dead, troupe_now()), sent = NULL, tries = %(tries)s,
    error = CASE WHEN dead IS NULL THEN %(reason)s ELSE error END
WHERE id = %(id)s::uuid"""

_MARK: LiteralString = """
UPDATE outbox o SET
    sent = CASE WHEN x.reason IS NULL THEN troupe_now() END, error = x.reason,
    due = CASE WHEN x.reason IS NULL THEN o.due ELSE troupe_now() + make_interval(secs => x.pause) END,
    dead = CASE WHEN x.reason IS NOT NULL AND o.tries >= %(tries)s THEN troupe_now() END
FROM json_to_recordset(%(marks)s::json) AS x(id uuid, tries int, reason text, pause float8)
WHERE o.id = x.id AND o.sent IS NULL AND o.dead IS NULL AND (o.tries = x.tries OR x.reason IS NULL)"""


@dataclass(frozen=True)
class Delivery:
    """A message that is held for a while, for the `tries`th time."""

    message: Message
    tries: int


@dataclass(frozen=True)
class Mark:
    """What became of a delivery: done where there is no reason, else to be tried again after `pause` seconds."""

    delivery: Delivery
    reason: str | None = None
    pause: float = 0.0


async def insert_messages(db: Db, messages: list[Message]) -> int:
    """Send with a member's transaction; how many were new. Whoever calls wakes the queue after the commit."""
    return await db.execute(_INSERT, messages=_rows(messages))


class PgOutbox:
    """The outbox of every workspace, as the engine's role."""

    def __init__(self, engine: Database) -> None:
        self.engine = engine

    async def insert(self, messages: list[Message]) -> int:
        """Keep messages; how many were new."""
        return await self._execute(_INSERT, {"messages": _rows(messages)})

    async def claim(self, most: int, *, hold: float, tries: int) -> list[Delivery]:
        """Hold messages that are due for `hold` seconds: the oldest of a workspace first, the workspaces in turn.

        One that was tried `tries` times without an end of any kind is given up instead.
        """
        async with self.engine.connection() as line:
            params = {"most": most, "hold": hold, "tries": tries, "lost": LOST}
            rows: list[Any] = sorted(await (await line.execute(_CLAIM, params)).fetchall())
        return [Delivery(_message(*row[1:5]), row[5]) for row in rows if not row[6]]

    async def mark(self, marks: list[Mark], *, tries: int) -> None:
        """Write down what became of deliveries; a failed one is dead after `tries`."""
        rows = [
            {"id": m.delivery.message.id, "tries": m.delivery.tries, "reason": m.reason, "pause": m.pause}
            for m in marks
        ]
        await self._execute(_MARK, {"marks": orjson.dumps(rows).decode(), "tries": tries})

    async def take(self, most: int, *, hold: float, ahead: float) -> list[Message]:
        """Messages due within `ahead` seconds, each with the delay that is left, for who carries them to another queue.

        One that is not told to be sent within `hold` seconds is there for the next who asks.
        """
        async with self.engine.connection() as line:
            params = {"most": most, "hold": hold, "ahead": ahead}
            rows: list[Any] = await (await line.execute(_TAKE, params)).fetchall()
        return sorted((_message(*row) for row in rows), key=lambda m: (m.delay, m.id))

    async def sent(self, ids: list[str]) -> None:
        """Another queue has these."""
        await self._execute(
            "UPDATE outbox SET sent = troupe_now() WHERE id = ANY(%(ids)s::uuid[]) AND dead IS NULL", {"ids": ids}
        )

    async def give_up(self, id: str, tries: int, reason: str) -> bool:
        """Make one that another queue has had a dead letter, if it is none yet; False where it is not of the outbox."""
        return await self._execute(_GIVE_UP, {"id": id, "tries": tries, "reason": reason}) == 1

    async def next_due(self) -> float | None:
        """Seconds until a message is due."""
        query: LiteralString = (
            _SPACES
            + """
            SELECT extract(epoch FROM min(first.due) - troupe_now())::float8 FROM spaces s, LATERAL (
                SELECT due FROM outbox WHERE workspace_id = s.id AND """
            + _OPEN
            + " ORDER BY due LIMIT 1) AS first"
        )
        async with self.engine.connection() as line:
            row = await (await line.execute(query)).fetchone()
        return row[0] if row else None

    async def list_dead(self, limit: int) -> list[DeadLetter]:
        """Messages that were given up, the oldest first."""
        async with self.engine.connection() as line:
            rows = await line.execute(
                """SELECT id, workspace_id, kind, body, tries, coalesce(error, '') FROM outbox
                   WHERE dead IS NOT NULL ORDER BY dead, id LIMIT %s""",
                (limit,),
            )
            return [DeadLetter(_message(*row[:4]), row[4], row[5]) for row in await rows.fetchall()]

    async def redrive(self, ids: list[str]) -> int:
        """Make dead letters new messages again."""
        return await self._execute(
            """UPDATE outbox SET dead = NULL, tries = 0, due = troupe_now()
               WHERE id = ANY(%(ids)s::uuid[]) AND dead IS NOT NULL""",
            {"ids": ids},
        )

    async def _execute(self, query: LiteralString, params: dict[str, Any]) -> int:
        async with self.engine.connection() as line:
            return (await line.execute(query, params)).rowcount


def _message(id: str, workspace: str, kind: str, body: Any, delay: float = 0.0) -> Message:
    return Message(id, WorkspaceId(workspace), kind, body, delay)


def _rows(messages: list[Message]) -> str:
    return orjson.dumps(messages).decode()
