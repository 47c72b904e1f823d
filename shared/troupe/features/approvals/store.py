"""All SQL of approvals: they are steps that wait for a person."""

from datetime import datetime
from typing import Any, LiteralString

from pydantic import BaseModel

from troupe.base.db import Db


class Row(BaseModel, frozen=True):
    """A step that asks, and the state of its run."""

    run_id: str
    key: str
    state: str
    due: datetime | None
    late: bool
    started_at: datetime
    result: dict[str, Any]
    decision: dict[str, Any] | None
    run_status: str
    requested_by: str


_ROWS: LiteralString = """
SELECT s.run_id, s.key, s.state, s.due, coalesce(s.due <= troupe_now(), false) AS late, s.started_at, s.result,
       g.payload AS decision, r.status AS run_status, coalesce(d.name, 'a run') AS requested_by
FROM steps s JOIN runs r ON r.id = s.run_id
LEFT JOIN signals g ON g.run_id = s.run_id AND g.name = '$approval/' || s.key
LEFT JOIN versions v ON v.id = r.version_id LEFT JOIN definitions d ON d.id = v.definition_id
WHERE s.workspace_id = %(workspace)s AND s.block = '$approval'
"""


async def get_approval(db: Db, run: str, key: str) -> Row:
    """One approval. Raises NotFound."""
    return await db.one(Row, _ROWS + "AND s.run_id = %(run)s AND s.key = %(key)s", run=run, key=key)


async def list_approvals(
    db: Db, status: str | None, after: datetime | None, limit: int, run: str | None = None
) -> list[Row]:
    """Approvals, newest first; with `run` those of one run."""
    return await db.all(
        Row,
        _ROWS
        + """AND (%(after)s::timestamptz IS NULL OR s.started_at < %(after)s)
             AND (%(run)s::uuid IS NULL OR s.run_id = %(run)s::uuid)
             AND (%(status)s::text IS NULL OR %(status)s = CASE
                   WHEN coalesce(s.result ->> 'decision', g.payload ->> 'decision') = 'approve' THEN 'approved'
                   WHEN coalesce(s.result ->> 'decision', g.payload ->> 'decision') = 'refuse' THEN 'refused'
                   WHEN s.result ->> 'decision' = 'expired' THEN 'expired'
                   WHEN r.status IN ('completed', 'failed', 'terminated') THEN 'cancelled'
                   WHEN s.due <= troupe_now() THEN 'expired' ELSE 'pending' END)
             ORDER BY s.started_at DESC LIMIT %(limit)s""",
        status=status, after=after, limit=limit, run=run,
    )  # fmt: skip


async def list_below(db: Db, root: str) -> list[Row]:
    """Approvals that a run or one below it waits for, the oldest first."""
    return await db.all(
        Row,
        _ROWS
        + """AND s.state = 'waiting' AND g.id IS NULL AND r.root_id = %(root)s
             AND r.status NOT IN ('completed', 'failed', 'terminated') ORDER BY s.started_at""",
        root=root,
    )


async def lock_run(db: Db, run: str) -> None:
    """Hold the run's row, so that expiry and decision come one after the other."""
    await db.execute("SELECT 1 FROM runs WHERE workspace_id = %(workspace)s AND id = %(run)s FOR UPDATE", run=run)
