"""All SQL by which runs are read. Writing is the durable core's."""

from datetime import date, datetime
from typing import Any, LiteralString

from pydantic import BaseModel, JsonValue

from troupe.base.db import Db
from troupe.base.values import Json


class RunRow(BaseModel, frozen=True):
    """A row of `runs` with its version's names."""

    id: str
    parent_id: str | None
    parent_key: str | None
    origin_id: str | None
    origin_step: str | None
    version_id: str | None
    program: str
    kind: str | None
    definition_id: str | None
    name: str | None
    number: int | None
    status: str
    reason: str | None
    stop: str | None
    dry_run: bool
    input: Any
    input_ref: str | None
    output: Any
    output_ref: str | None
    error: Any
    wakes_on: Any
    budget_usd: float | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    input_tokens: int
    output_tokens: int
    cost_usd: float
    seconds: float


class StepRow(BaseModel, frozen=True):
    """A row of `steps`."""

    key: str
    block: str | None
    effect: str | None
    effect_key: str | None
    state: str
    attempt: int
    seq: int | None
    seconds: float | None
    started_at: datetime
    ended_at: datetime | None
    due: datetime | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    simulated: bool | None
    ref: str | None
    origin: dict[str, JsonValue] | None
    result: JsonValue


class EventRow(BaseModel, frozen=True):
    """A kept event: of the run's status, or the end of a step."""

    seq: int
    type: str
    at: datetime
    key: str | None
    block: str | None
    attempt: int | None
    result: JsonValue
    ref: str | None


_RUN: LiteralString = """
SELECT r.id, r.parent_id, r.parent_key, r.origin_id, r.origin_step, r.version_id, r.program, d.kind, v.definition_id,
       d.name, v.number, r.status, r.reason, r.stop, r.dry_run, r.input, r.input_ref, r.output, r.output_ref, r.error,
       r.wakes_on, r.budget_usd, r.created_at, r.started_at, r.ended_at, r.input_tokens, r.output_tokens, r.cost_usd,
       r.seconds
FROM runs r LEFT JOIN versions v ON v.id = r.version_id LEFT JOIN definitions d ON d.id = v.definition_id
"""

_STEP: LiteralString = """
SELECT key, block, effect, effect_key, state, attempt, seq, seconds, started_at, ended_at, due, input_tokens,
       output_tokens, cost_usd, simulated, ref, origin, result
FROM steps
"""


async def get_run(db: Db, id: str) -> RunRow:
    """One run. Raises NotFound."""
    return await db.one(RunRow, _RUN + "WHERE r.workspace_id = %(workspace)s AND r.id = %(id)s", id=id)


_TOP: LiteralString = "AND r.parent_id IS NULL "
_BELOW: LiteralString = "AND r.parent_id = %(parent)s "


async def list_runs(
    db: Db, status: str | None, workflow: str | None, after: str | None, limit: int, *, agent: str | None = None,
    since: datetime | None = None, until: datetime | None = None, parent: str | None = None,
) -> list[RunRow]:  # fmt: skip
    """Runs that no other run started, or those that `parent` did, newest first; `workflow` and `agent` are an id or a
    name, `since` and `until` (not included) are when they were made."""
    return await db.all(
        RunRow,
        _RUN
        + "WHERE r.workspace_id = %(workspace)s "
        + (_TOP if parent is None else _BELOW)
        + """AND (%(status)s::text IS NULL OR r.status = %(status)s)
               AND (%(workflow)s::text IS NULL
                    OR d.kind = 'workflow' AND (d.name = %(workflow)s OR d.id::text = %(workflow)s))
               AND (%(agent)s::text IS NULL OR d.kind = 'agent' AND (d.name = %(agent)s OR d.id::text = %(agent)s))
               AND (%(since)s::timestamptz IS NULL OR r.id >= first_id(%(since)s))
               AND (%(until)s::timestamptz IS NULL OR r.id < first_id(%(until)s))
               AND (%(after)s::uuid IS NULL OR r.id < %(after)s::uuid)
             ORDER BY r.id DESC LIMIT %(limit)s""",
        status=status, workflow=workflow, after=after, limit=limit, agent=agent, since=since, until=until,
        parent=parent,
    )  # fmt: skip


async def list_steps(db: Db, run: str, key: str | None, after: str | None, limit: int) -> list[StepRow]:
    """Steps in the order of their keys; `key` is a prefix."""
    return await db.all(
        StepRow,
        _STEP
        + """WHERE workspace_id = %(workspace)s AND run_id = %(run)s
               AND (%(key)s::text IS NULL OR starts_with(key, %(key)s))
               AND (%(after)s::text IS NULL OR key > %(after)s) ORDER BY key LIMIT %(limit)s""",
        run=run, key=key, after=after, limit=limit,
    )  # fmt: skip


async def get_step(db: Db, run: str, key: str) -> StepRow:
    """One step. Raises NotFound."""
    return await db.one(
        StepRow, _STEP + "WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND key = %(key)s", run=run, key=key
    )


class Ended(BaseModel, frozen=True):
    """A step's key and state, and when it ended in the order of its run (None: it has not)."""

    key: str
    state: str
    seq: int | None


async def list_order(db: Db, run: str) -> list[Ended]:
    """Every step of a run, for a fork of it."""
    return await db.all(
        Ended, "SELECT key, state, seq FROM steps WHERE workspace_id = %(workspace)s AND run_id = %(run)s", run=run
    )


async def list_events(db: Db, run: str, after: int, limit: int) -> list[EventRow]:
    """Kept events with a larger seq, in order."""
    return await db.all(
        EventRow,
        """SELECT seq, type, at, data ->> 'step' AS key, NULL AS block, NULL::int AS attempt, data::json AS result,
                  NULL AS ref
           FROM run_events WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND seq > %(after)s
           UNION ALL
           SELECT seq, CASE state WHEN 'done' THEN 'step.completed' WHEN 'failed' THEN 'step.failed'
                       ELSE 'step.skipped' END, ended_at, key, block, attempt, result, ref
           FROM steps
           WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND seq > %(after)s
             AND state IN ('done', 'failed', 'skipped')
           ORDER BY 1 LIMIT %(limit)s""",
        run=run, after=after, limit=limit,
    )  # fmt: skip


async def sum_usage(db: Db, run: str) -> dict[str, Json]:
    """What the steps of a run that still goes on have used so far."""
    rows = await db.rows(
        """SELECT coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
                  coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
                  coalesce(sum(cost_usd), 0)::float8 AS cost_usd, coalesce(sum(seconds), 0)::float8 AS seconds
           FROM steps WHERE workspace_id = %(workspace)s AND run_id = %(run)s""",
        run=run,
    )
    return rows[0]


# ── figures of a definition ─────────────────────────────────────────────────────────────────────────────────────────

_PICKED: LiteralString = """
WITH picked AS MATERIALIZED (
    SELECT id, status, started_at, ended_at FROM runs
    WHERE workspace_id = %(workspace)s AND subject = %(subject)s AND NOT dry_run
      AND id >= first_id(troupe_now() - make_interval(days => %(days)s)) ORDER BY id DESC LIMIT %(most)s)
"""


class StatusCount(BaseModel, frozen=True):
    """How many runs have a status; of those that completed, how long they took; when the oldest of them was made."""

    status: str
    count: int
    p50: float | None
    p95: float | None
    since: datetime


class BlockCount(BaseModel, frozen=True):
    """What the steps of a block came to. `free`: those that were done without using a token."""

    block: str
    calls: int
    failed: int
    free: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


async def count_statuses(db: Db, subject: str, days: int, most: int) -> list[StatusCount]:
    """The newest runs of a definition by status, `most` of them."""
    return await db.all(
        StatusCount,
        _PICKED
        + """SELECT p.status, count(*), t.p[1] AS p50, t.p[2] AS p95,
                  to_timestamp(('x' || left(replace(min(p.id::text), '-', ''), 12))::bit(48)::bigint / 1000.0) AS since
           FROM picked p CROSS JOIN (
               SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                   ORDER BY extract(epoch FROM ended_at - started_at)) AS p
               FROM picked WHERE status = 'completed') t
           GROUP BY p.status, t.p ORDER BY 1""",
        subject=subject, days=days, most=most,
    )  # fmt: skip


async def count_blocks(db: Db, subject: str, days: int, most: int) -> list[BlockCount]:
    """The steps of these runs by block, those that a fork took over left out; runs below them by their subject."""
    return await db.all(
        BlockCount,
        _PICKED
        + """SELECT s.block, count(*) FILTER (WHERE s.state NOT IN ('intent', 'skipped')) AS calls,
                  count(*) FILTER (WHERE s.state IN ('failed', 'unknown')) AS failed,
                  count(*) FILTER (WHERE s.state = 'done' AND coalesce(s.input_tokens, 0) = 0
                                   AND coalesce(s.output_tokens, 0) = 0) AS free,
                  coalesce(sum(s.input_tokens), 0)::bigint AS input_tokens,
                  coalesce(sum(s.output_tokens), 0)::bigint AS output_tokens,
                  coalesce(sum(s.cost_usd), 0)::float8 AS cost_usd
           FROM picked p JOIN steps s ON s.run_id = p.id
           WHERE s.workspace_id = %(workspace)s AND s.origin IS NULL AND s.block IS NOT NULL
             AND s.run_id >= first_id(troupe_now() - make_interval(days => %(days)s))
           GROUP BY s.block
           UNION ALL
           SELECT split_part(c.subject, ':', 1) || ':' || d.name, count(*),
                  count(*) FILTER (WHERE c.status IN ('failed', 'terminated')), 0, 0, 0, 0
           FROM picked p JOIN runs c ON c.parent_id = p.id
           JOIN definitions d ON d.id = split_part(c.subject, ':', 2)::uuid
           WHERE c.workspace_id = %(workspace)s AND d.workspace_id = %(workspace)s
           GROUP BY 1""",
        subject=subject, days=days, most=most,
    )  # fmt: skip


# ── figures of the workspace ────────────────────────────────────────────────────────────────────────────────────────


class TallyRow(BaseModel, frozen=True):
    """Runs of a day, of a subject, or (neither) of all. A run that another started adds what it used, no run."""

    day: date | None
    subject: str | None
    name: str | None
    level: int
    runs: int
    failed: int
    p50: float | None
    p95: float | None
    input_tokens: int
    output_tokens: int
    cost_usd: float


async def tally_runs(db: Db, since: datetime, until: datetime, offset: int, most: int) -> list[TallyRow]:
    """The newest runs of a time, `most` of them, and all below them: in all (level 3), by day (1), by subject (2).
    `offset` is how many minutes the days begin before those of UTC."""
    return await db.all(
        TallyRow,
        """WITH RECURSIVE top AS MATERIALIZED (
               SELECT id, subject, status, started_at, ended_at, input_tokens, output_tokens, cost_usd,
                      ((created_at AT TIME ZONE 'UTC') + make_interval(mins => %(offset)s))::date AS day
               FROM runs
               WHERE workspace_id = %(workspace)s AND parent_id IS NULL AND NOT dry_run
                 AND id >= first_id(%(since)s) AND id < first_id(%(until)s)
               ORDER BY id DESC LIMIT %(most)s
           ), tree AS (
               SELECT *, true AS own FROM top
               UNION ALL
               SELECT c.id, c.subject, c.status, c.started_at, c.ended_at, c.input_tokens, c.output_tokens, c.cost_usd,
                      tree.day, false
               FROM tree JOIN runs c ON c.parent_id = tree.id WHERE c.workspace_id = %(workspace)s
           ), sums AS (
               SELECT day, subject, grouping(day, subject) AS level, count(*) FILTER (WHERE own) AS runs,
                      count(*) FILTER (WHERE own AND status IN ('failed', 'terminated')) AS failed,
                      percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                          ORDER BY extract(epoch FROM ended_at - started_at)) FILTER (
                          WHERE own AND status = 'completed') AS p,
                      coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
                      coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
                      coalesce(sum(cost_usd), 0)::float8 AS cost_usd
               FROM tree GROUP BY GROUPING SETS ((), (day), (subject))
           )
           SELECT s.day, s.subject, d.name, s.level, s.runs, s.failed, s.p[1] AS p50, s.p[2] AS p95, s.input_tokens,
                  s.output_tokens, s.cost_usd
           FROM sums s LEFT JOIN definitions d ON d.workspace_id = %(workspace)s
                AND d.id = nullif(split_part(s.subject, ':', 2), '')::uuid
           ORDER BY s.level, s.day, s.cost_usd DESC, s.runs DESC, s.subject""",
        since=since, until=until, offset=offset, most=most,
    )  # fmt: skip


async def is_past(db: Db, at: datetime) -> bool:
    """Whether an instant is over by the database's time."""
    return bool(await db.value("SELECT %(at)s <= troupe_now()", at=at))


async def count_levels(db: Db, id: str, most: int) -> int:
    """How many runs stand above one another from this one up, itself included; counting stops at `most`."""
    return await db.value(
        """WITH RECURSIVE up AS (
               SELECT parent_id, 1 AS n FROM runs WHERE id = %(id)s
               UNION ALL SELECT r.parent_id, up.n + 1 FROM runs r JOIN up ON r.id = up.parent_id WHERE up.n < %(most)s
           )
           SELECT coalesce(max(n), 0) FROM up""",
        id=id, most=most,
    )  # fmt: skip
