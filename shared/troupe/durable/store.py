"""The journal on Postgres: all SQL of the durable core.

`PgJournal` connects as the engine's role and takes the workspace of a row from its run, never from a parameter. The
functions below it act for a member, on a Db bound to a workspace.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, LiteralString, TypeAlias, cast

import orjson
import psycopg
from psycopg import AsyncConnection

from troupe.base.db import Database, Db
from troupe.base.errors import Unavailable
from troupe.base.ids import WorkspaceId
from troupe.base.values import Json
from troupe.durable.commits.store import commit_of, insert_by, statement_of, together
from troupe.durable.line import Line
from troupe.durable.models import (
    BadRow,
    Batch,
    Ended,
    Fenced,
    Journaled,
    News,
    Outlook,
    Row,
    Run,
    SignalRow,
    StepRow,
    Verdicts,
)
from troupe.durable.together import Together

ENGINE_OPTIONS = (  # every statement finds its rows by key; the statistics of a young table must not change that
    "plan_cache_mode=force_generic_plan",
    "enable_seqscan=off",
    "enable_hashjoin=off",
    "enable_mergejoin=off",
    "jit=off",
)

_RUN: LiteralString = """
    r.id, r.workspace_id, r.root_id, r.program, r.input, r.epoch, r.wake, r.seq, b.status, b.reason,
    r.parent_id, r.parent_key, r.major, r.version_id, r.subject, r.origin_id, r.dry_run, r.only_node, r.stop, r.leg,
    r.recoveries, r.budget_usd, r.input_tokens, r.output_tokens, r.cost_usd, r.seconds, r.input_ref"""

_CLAIM: LiteralString = (
    """
UPDATE runs r SET
    worker = %(worker)s::uuid, epoch = r.epoch + 1, due = NULL, wakes_on = NULL, status = 'running', reason = NULL,
    started_at = coalesce(r.started_at, troupe_now()), alone = r.recoveries >= 2
FROM before b
WHERE r.id = b.id AND EXISTS (
    SELECT 1 FROM workers WHERE id = %(worker)s::uuid AND lease_until > troupe_now())
RETURNING """
    + _RUN
)

CLAIM: LiteralString = (
    """
WITH before AS MATERIALIZED (
    SELECT id, status, reason FROM runs
    WHERE id = ANY(%(runs)s::uuid[]) AND worker IS NULL AND due <= troupe_now() FOR UPDATE SKIP LOCKED)"""
    + _CLAIM
)

CLAIM_DUE: LiteralString = (
    """
WITH RECURSIVE spaces(id) AS (
    (SELECT workspace_id FROM runs WHERE worker IS NULL AND due IS NOT NULL ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (SELECT workspace_id FROM runs WHERE worker IS NULL AND due IS NOT NULL AND workspace_id > s.id
            ORDER BY workspace_id LIMIT 1) FROM spaces s WHERE s.id IS NOT NULL),
before AS MATERIALIZED (
    SELECT c.id, c.status, c.reason FROM spaces s, LATERAL (
        SELECT id, status, reason, row_number() OVER (ORDER BY due) AS place FROM (
            SELECT id, status, reason, due FROM runs
            WHERE workspace_id = s.id AND worker IS NULL AND due <= troupe_now() AND (recoveries >= 2) = %(alone)s
            ORDER BY due
            LIMIT greatest(0, %(share)s - coalesce((%(busy)s::jsonb ->> s.id::text)::int, 0))
            FOR UPDATE SKIP LOCKED) AS one) AS c
    ORDER BY c.place LIMIT %(most)s)"""
    + _CLAIM
)


_Asked: TypeAlias = tuple[Run, str, int, float]


class PgJournal:
    """The journal as the engine's role. The writer has one connection of its own; the rest share a small pool.

    `posts`: the ends of runs are messages of the outbox too, for other systems that listen.
    """

    def __init__(self, engine: Database, app: Database, *, posts: bool = False) -> None:
        self.engine, self.app, self.posts = engine, app, posts
        self._line: Line | None = None
        self._reserving: Together[_Asked, bool] = Together(self._reserve_all)

    async def close(self) -> None:
        """Give the writer's connection back."""
        if self._line is not None:
            await self._line.close()
            self._line = None

    # ── workers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def register(self, worker: str, lease: float) -> float:
        """A new worker with epoch 1."""
        return await self._value(
            """INSERT INTO workers (id, lease_until)
               VALUES (%(worker)s, troupe_now() + make_interval(secs => %(lease)s))
               RETURNING extract(epoch FROM troupe_now())::float8""",
            {"worker": worker, "lease": lease},
        )

    async def renew(self, worker: str, epoch: int, lease: float) -> float | None:
        """A longer lease, or None where the epoch is another."""
        return await self._value(
            """UPDATE workers SET lease_until = troupe_now() + make_interval(secs => %(lease)s)
               WHERE id = %(worker)s AND epoch = %(epoch)s RETURNING extract(epoch FROM troupe_now())::float8""",
            {"worker": worker, "epoch": epoch, "lease": lease},
        )

    async def take_over(self, max_recoveries: int) -> int:
        """Fence whoever's lease ended, then set their runs free; a run that keeps crashing alone is put aside."""
        async with self.engine.connection() as line, line.transaction():
            raised = await line.execute(
                """UPDATE workers SET epoch = epoch + 1 WHERE id IN (
                       SELECT id FROM workers WHERE lease_until < troupe_now() FOR UPDATE SKIP LOCKED) RETURNING id"""
            )
            dead = [row[0] for row in await raised.fetchall()]
            if not dead:
                return 0
            freed = await line.execute(_TAKE_OVER, {"dead": dead, "most": max_recoveries})
            await line.execute(
                """DELETE FROM workers w WHERE id = ANY(%s::uuid[])
                   AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.worker = w.id)""",
                (dead,),
            )
            return freed.rowcount

    async def release(self, worker: str, runs: list[str]) -> int:
        """Free runs of this worker that it does not advance."""
        async with self.engine.connection() as line:
            freed = await line.execute(
                "UPDATE runs SET worker = NULL, due = troupe_now() WHERE id = ANY(%s::uuid[]) AND worker = %s",
                (runs, worker),
            )
            return freed.rowcount

    # ── claiming ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, worker: str, runs: list[str]) -> list[Run]:
        """Those of these runs that are due and free."""
        return await self._runs(CLAIM, {"worker": worker, "runs": runs})

    async def claim_due(
        self, worker: str, most: int, per_workspace: int, busy: dict[str, int], alone: bool
    ) -> list[Run]:
        """The longest due first within a workspace, the workspaces in turn."""
        busy_json = orjson.dumps(busy).decode()
        return await self._runs(
            CLAIM_DUE,
            {"worker": worker, "most": most, "share": per_workspace, "busy": busy_json, "alone": alone},
        )

    async def next_due(self) -> float | None:
        """Seconds until a run is due."""
        return await self._value(
            """SELECT extract(epoch FROM min(due) - troupe_now())::float8 FROM runs
               WHERE worker IS NULL AND due IS NOT NULL""",
            {},
        )

    async def alone_due(self) -> bool:
        """Whether a run that crashed twice is due."""
        return await self._value(
            """SELECT EXISTS (SELECT 1 FROM runs WHERE worker IS NULL AND due <= troupe_now() AND recoveries >= 2)""",
            {},
        )

    async def wakes(self, worker: str) -> dict[str, int]:
        """`wake` of every run this worker holds."""
        async with self.engine.connection() as line:
            rows = await (await line.execute("SELECT id, wake FROM runs WHERE worker = %s", (worker,))).fetchall()
        return dict(rows)

    async def _runs(self, query: LiteralString, params: Row) -> list[Run]:
        async with self.engine.connection() as line:
            rows = await (await line.execute(query, params)).fetchall()
        return [Run(*row) for row in rows]

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def peek(self, run: str) -> Run:
        """A run as it is now, without holding it. Its caller has checked whose it is."""
        query: LiteralString = (
            "WITH b AS (SELECT id, status, reason FROM runs WHERE id = %(run)s) SELECT "
            + _RUN
            + " FROM runs r JOIN b ON b.id = r.id"
        )
        return (await self._runs(query, {"run": run}))[0]

    async def outlook(self, run: str) -> Outlook | None:
        """A run as somebody meets it who could not hold it."""
        async with self.engine.connection() as line:
            found = await line.execute(
                """SELECT status, leg, worker IS NOT NULL, extract(epoch FROM due)::float8,
                       wakes_on ->> CASE WHEN wakes_on ->> 'kind' = 'time' AND wakes_on ? 'name'
                                         THEN 'name' ELSE 'kind' END
                   FROM runs WHERE id = %s""",
                (run,),
            )
            row = await found.fetchone()
        return Outlook(*row) if row else None

    async def followed_in(self, run: str) -> str | None:
        """The workspace in which sockets outside this process follow a run; None where none does."""
        return await self._value("SELECT workspace_id FROM subscriptions WHERE run_id = %(run)s LIMIT 1", {"run": run})

    async def load(self, run: Run, *, fresh: bool = False) -> Journaled:
        """The journal of a claimed run; `fresh`: it was made a moment ago and has none."""
        if fresh and run.origin_id is None:
            return Journaled({}, [], {})
        async with self.engine.connection() as line, line.pipeline():
            steps = await line.execute(_LOAD + "WHERE run_id = %s ORDER BY key", (run.id,))
            signals = await line.execute(
                "SELECT id, name, payload FROM signals WHERE run_id = %s ORDER BY id", (run.id,)
            )
            last = await line.execute("SELECT max(seq) FROM run_events WHERE run_id = %s", (run.id,))
            rows = [StepRow(*row) for row in await steps.fetchall()]
            came = [SignalRow(*row) for row in await signals.fetchall()]
            (seen,) = await last.fetchone() or (0,)
            before: list[StepRow] = []
            if run.origin_id:
                effects = await line.execute(_LOAD + _EFFECTS, {"origin": run.origin_id, "run": run.id})
                before = [StepRow(*row) for row in await effects.fetchall()]
        run.seq = max([run.seq, seen or 0, *(row.seq or 0 for row in rows)])
        return Journaled({row.key: row for row in rows}, came, {row.key: row for row in before})

    async def news(self, run: Run, children: list[str]) -> News:
        """What came since. Raises Fenced where the run has another holder."""
        async with self.engine.connection() as line:
            found = await (
                await line.execute(
                    "SELECT wake, stop FROM runs WHERE id = %s AND worker IS NOT NULL AND epoch = %s",
                    (run.id, run.epoch),
                )
            ).fetchone()
            if found is None:
                raise Fenced
            signals = await line.execute(
                "SELECT id, name, payload FROM signals WHERE run_id = %s ORDER BY id", (run.id,)
            )
            came = [SignalRow(*row) for row in await signals.fetchall()]
            ended: list[Ended] = []
            if children:
                over = await line.execute(
                    """SELECT id, status, output, error, output_ref FROM runs
                       WHERE id = ANY(%s::uuid[]) AND status IN ('completed', 'failed', 'terminated')""",
                    (children,),
                )
                ended = [Ended(*row) for row in await over.fetchall()]
        return News(found[0], found[1], came, ended)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def commit(self, worker: str, epoch: int, batch: Batch) -> Verdicts:
        """One statement, one commit."""
        row = await self._write(*statement_of(worker, epoch, batch, posts=self.posts))
        refused, rested = frozenset(batch.held) - _ids(row[0]), _ids(row[2])
        return Verdicts(refused, frozenset(r["run"] for r in batch.runs) - rested - refused)

    async def written(self, worker: str, batch: Batch) -> Verdicts | None:
        """Whether a commit whose answer was lost took place: it is whole or not at all."""
        async with self.engine.connection() as line:
            there = await line.execute(
                _WRITTEN,
                {
                    "held": _text(batch.held), "steps": _text([*batch.inserts, *batch.updates]),
                    "runs": _text(batch.runs), "events": _text(batch.events), "children": _text(batch.children),
                },
            )  # fmt: skip
            steps, runs, rest = cast("tuple[list[str], list[str], list[str]]", await there.fetchone())
        found = {*steps, *runs, *rest}
        if not found:
            return None
        refused = frozenset(batch.held) - found - {r["run"] for r in batch.runs}
        return Verdicts(refused, frozenset(r["run"] for r in batch.runs) - frozenset(runs))

    async def commit_unless_woken(self, worker: str, epoch: int, run: Run, update: Row) -> bool:
        """One step's next state, under the lock of its run's row."""
        batch = Batch({run.id: run.epoch}, updates=[update])
        async with self.engine.connection() as line, line.transaction():
            row = await (await line.execute("SELECT wake FROM runs WHERE id = %s FOR UPDATE", (run.id,))).fetchone()
            if row is None or row[0] != run.wake:
                return False
            rows = together(batch, {"updates": [update]})
            params = {name: _text(of_kind) for name, of_kind in rows.items()} | {"worker": worker, "epoch": epoch}
            try:
                done = await line.execute(commit_of("updates"), params)
                held, _, _ = cast("tuple[Any, ...]", await done.fetchone())
            except (psycopg.DataError, psycopg.IntegrityError) as bad:
                raise BadRow(str(bad)) from bad
            if not held:
                raise Fenced
        return True

    async def reserve(self, run: Run, key: str, attempt: int, amount: float) -> bool:
        """Count the amount against every budget that applies, or against none."""
        return await self._reserving((run, key, attempt, amount))

    async def _reserve_all(self, asked: Sequence[_Asked]) -> list[bool]:
        """Many at once, in one statement. Where they do not all fit, each by itself, in the order they came."""
        rows = [
            {"run": run.id, "epoch": run.epoch, "key": key, "attempt": attempt, "amount": amount}
            for run, key, attempt, amount in asked
        ]
        try:
            async with self.engine.connection() as line:
                await line.execute(_RESERVE, {"asked": _text(rows)})
        except psycopg.errors.DivisionByZero:
            return [await self._reserve_one(*one) for one in asked]
        return [True] * len(asked)

    async def _reserve_one(self, run: Run, key: str, attempt: int, amount: float) -> bool:
        async with self.engine.connection() as line:
            try:
                async with line.transaction():
                    await self._reserve(line, run, key, attempt, amount)
            except _OverBudget:
                return False
        return True

    async def _reserve(self, line: AsyncConnection[Any], run: Run, key: str, attempt: int, amount: float) -> None:
        applicable = await line.execute(_BUDGETS, {"run": run.id, "worker_epoch": run.epoch})
        for workspace, scope, bucket, limit in await applicable.fetchall():
            names = {"workspace": workspace, "scope": scope, "bucket": bucket, "amount": amount, "limit": limit}
            new = await line.execute(
                """INSERT INTO reservations (run_id, key, attempt, scope, bucket, workspace_id, amount, state)
                   VALUES (%(run)s, %(key)s, %(attempt)s, %(scope)s, %(bucket)s, %(workspace)s, %(amount)s, 'held')
                   ON CONFLICT DO NOTHING""",
                {**names, "run": run.id, "key": key, "attempt": attempt},
            )
            if not new.rowcount or limit is None:
                continue
            granted = await line.execute(
                """INSERT INTO budget_use (workspace_id, scope, bucket, used_usd)
                   SELECT %(workspace)s, %(scope)s, %(bucket)s, %(amount)s WHERE %(amount)s <= %(limit)s
                   ON CONFLICT (workspace_id, scope, bucket)
                   DO UPDATE SET used_usd = budget_use.used_usd + excluded.used_usd
                   WHERE budget_use.used_usd + excluded.used_usd <= %(limit)s""",
                names,
            )
            if not granted.rowcount:
                raise _OverBudget

    async def transact(
        self, worker: str, epoch: int, run: Run, insert: Callable[[Json], Row], fn: Callable[[Any], Awaitable[Json]]
    ) -> Json:
        """The app's role, the workspace set, the worker's row locked; the journal row last."""
        async with self.app.workspace(WorkspaceId(run.workspace_id)) as db:
            fence = await db.value(
                """SELECT 1 FROM workers w JOIN runs r ON r.worker = w.id
                   WHERE w.id = %(worker)s AND w.epoch = %(epoch)s AND w.lease_until > troupe_now()
                     AND r.id = %(run)s AND r.epoch = %(run_epoch)s FOR SHARE OF w""",
                worker=worker, epoch=epoch, run=run.id, run_epoch=run.epoch,
            )  # fmt: skip
            if fence is None:
                raise Fenced
            value = await fn(db)
            await db.execute(
                insert_by(" JOIN (SELECT id, workspace_id, epoch FROM runs WHERE id = %(run)s) AS h ON h.id = x.run"),
                run=run.id, inserts=_text([insert(value)]),
            )  # fmt: skip
        return value

    async def _write(self, name: bytes, query: bytes, params: Sequence[bytes | None]) -> list[bytes | None]:
        """The one row of a commit statement. Raises Unavailable where it may be sent again, BadRow where it may not."""
        try:
            if self._line is None or self._line.closed:
                options = " ".join(f"-c {o}" for o in (f"role={self.engine.role}", *ENGINE_OPTIONS))
                self._line = await Line.connect(self.engine.url, options)
            return await self._line.run(name, query, params)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as clash:
            raise Unavailable(str(clash), code="database_unavailable") from clash
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError, OSError) as down:
            await self.close()
            raise Unavailable("The database does not answer.", code="database_unavailable") from down
        except psycopg.Error as bad:
            raise BadRow(str(bad)) from bad

    async def _value(self, query: LiteralString, params: Row) -> Any:
        async with self.engine.connection() as line:
            row = await (await line.execute(query, params)).fetchone()
        return row[0] if row else None


class _OverBudget(Exception):
    pass


_LOAD: LiteralString = """
SELECT key, state, attempt, epoch, effect, effect_key, encode(input_hash, 'hex'), block,
       extract(epoch FROM due)::float8, extract(epoch FROM started_at)::float8, result, ref, origin, seq
FROM steps """

_EFFECTS: LiteralString = """
WHERE run_id = %(origin)s AND effect IN ('idempotent', 'once') AND state = 'done'
  AND NOT coalesce((SELECT repeats ? key FROM runs WHERE id = %(run)s), false) ORDER BY key"""

_TAKE_OVER: LiteralString = """
WITH free AS (
    UPDATE runs r SET
        worker = NULL, recoveries = n.count,
        wakes_on = CASE WHEN n.count > %(most)s THEN '{"kind": "person"}'::jsonb END,
        due = CASE WHEN n.count > %(most)s THEN NULL ELSE troupe_now() END,
        status = CASE WHEN n.count > %(most)s THEN 'review' ELSE r.status END,
        reason = CASE WHEN n.count > %(most)s THEN 'crash_loop' END
    FROM (SELECT id, CASE
              WHEN EXISTS (SELECT 1 FROM steps s WHERE s.run_id = o.id AND s.epoch = o.epoch
                           AND s.state IN ('done', 'failed', 'skipped')) THEN 1
              WHEN o.recoveries < 2 OR o.alone THEN o.recoveries + 1
              ELSE o.recoveries END AS count
          FROM runs o WHERE o.worker = ANY(%(dead)s::uuid[])) AS n
    WHERE r.id = n.id AND r.worker = ANY(%(dead)s::uuid[])
    RETURNING r.id, r.workspace_id, r.status, r.seq)
INSERT INTO run_events (run_id, seq, workspace_id, type, data)
SELECT f.id, 1 + greatest(f.seq, (SELECT max(seq) FROM run_events e WHERE e.run_id = f.id),
                          (SELECT max(seq) FROM steps s WHERE s.run_id = f.id)),
       f.workspace_id, CASE f.status WHEN 'review' THEN 'run.review' ELSE 'run.resumed' END,
       CASE f.status WHEN 'review' THEN '{"reason": "crash_loop"}' ELSE '{"reason": "recovered"}' END::jsonb
FROM free f"""

_WRITTEN: LiteralString = """
SELECT coalesce((SELECT array_agg(DISTINCT x.run) FROM json_to_recordset(%(steps)s::json)
                     AS x(run uuid, key text, state text, attempt int, seq int)
                 JOIN steps s ON s.run_id = x.run AND s.key = x.key AND s.state = x.state AND s.attempt = x.attempt
                     AND s.seq IS NOT DISTINCT FROM x.seq
                     AND s.epoch = (%(held)s::jsonb ->> x.run::text)::int), '{}'),
       coalesce((SELECT array_agg(r.id) FROM json_to_recordset(%(runs)s::json) AS x(run uuid, seq int)
                 JOIN runs r ON r.id = x.run AND r.seq >= x.seq
                     AND r.epoch >= (%(held)s::jsonb ->> x.run::text)::int), '{}'),
       coalesce((SELECT array_agg(there.run) FROM (
                     SELECT x.run FROM json_to_recordset(%(events)s::json) AS x(run uuid, seq int)
                     JOIN run_events e ON e.run_id = x.run AND e.seq = x.seq
                     UNION ALL SELECT x.run FROM json_to_recordset(%(children)s::json) AS x(run uuid, id uuid)
                     JOIN runs c ON c.id = x.id) AS there), '{}')"""

# What does not fit raises a division by zero, which takes back all of it in the one round trip.
_RESERVE: LiteralString = """
WITH asked AS (
  SELECT * FROM json_to_recordset(%(asked)s::json) AS x(run uuid, epoch int, key text, attempt int, amount float8)),
me AS MATERIALIZED (
  SELECT a.*, r.workspace_id, r.root_id, r.subject, r.budget_usd FROM asked a
  JOIN runs r ON r.id = a.run AND r.epoch = a.epoch),
applicable AS MATERIALIZED (
  SELECT run, key, attempt, amount, workspace_id, 'run' AS scope, 'run:' || root_id AS bucket, budget_usd AS lim FROM me
  UNION ALL
  SELECT m.run, m.key, m.attempt, m.amount, m.workspace_id, b.scope, CASE b.period
             WHEN 'run' THEN 'run:' || m.root_id
             WHEN 'day' THEN to_char(troupe_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')
             ELSE to_char(troupe_now() AT TIME ZONE 'UTC', 'YYYY-MM') END, b.limit_usd
  FROM me m JOIN budgets b ON b.workspace_id = m.workspace_id AND b.scope IN ('workspace', m.subject)),
new AS (
  INSERT INTO reservations (run_id, key, attempt, scope, bucket, workspace_id, amount, state)
  SELECT run, key, attempt, scope, bucket, workspace_id, amount, 'held' FROM applicable
  ON CONFLICT DO NOTHING RETURNING run_id, key, attempt, scope, bucket),
sums AS MATERIALIZED (
  SELECT a.workspace_id, a.scope, a.bucket, min(a.lim) AS lim, sum(a.amount) AS amount FROM applicable a
  JOIN new n ON (n.run_id, n.key, n.attempt, n.scope, n.bucket) = (a.run, a.key, a.attempt, a.scope, a.bucket)
  WHERE a.lim IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3),
granted AS (
  INSERT INTO budget_use AS u (workspace_id, scope, bucket, used_usd)
  SELECT workspace_id, scope, bucket, amount FROM sums WHERE amount <= lim ORDER BY 1, 2, 3
  ON CONFLICT (workspace_id, scope, bucket) DO UPDATE SET used_usd = u.used_usd + excluded.used_usd
  WHERE u.used_usd + excluded.used_usd <= (
      SELECT s.lim FROM sums s
      WHERE (s.workspace_id, s.scope, s.bucket) = (excluded.workspace_id, excluded.scope, excluded.bucket))
  RETURNING 1)
SELECT 1 / (CASE WHEN (SELECT count(*) FROM sums) = (SELECT count(*) FROM granted) THEN 1 ELSE 0 END)"""


_BUDGETS: LiteralString = """
WITH me AS (SELECT workspace_id, root_id, subject, budget_usd FROM runs WHERE id = %(run)s AND epoch = %(worker_epoch)s)
SELECT workspace_id, 'run' AS scope, 'run:' || root_id, budget_usd FROM me
UNION ALL
SELECT m.workspace_id, b.scope, CASE b.period
           WHEN 'run' THEN 'run:' || m.root_id
           WHEN 'day' THEN to_char(troupe_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')
           ELSE to_char(troupe_now() AT TIME ZONE 'UTC', 'YYYY-MM') END, b.limit_usd
FROM me m JOIN budgets b ON b.workspace_id = m.workspace_id AND b.scope IN ('workspace', m.subject)
ORDER BY 2, 3"""


def _ids(text: bytes | None) -> frozenset[str]:
    return frozenset(text.decode().split(",")) if text else frozenset()


def _text(rows: Any) -> str:
    return orjson.dumps(rows).decode()


# ── for a member, on a bound Db ─────────────────────────────────────────────────────────────────────────────────────


async def insert_run(db: Db, run: Row) -> datetime:
    """A new run and its first event; when. With `worker` it is born held by that worker, in its first epoch."""
    return await insert_runs(db, [run])


async def insert_runs(db: Db, runs: Sequence[Row], *, lazy: bool = False) -> datetime:
    """The same of many that begin at once. `lazy`: the commit does not wait for the disk, the next one that does sees
    to both; for runs that nobody is told of before."""
    return await db.value(
        """WITH born AS (
             INSERT INTO runs (id, workspace_id, root_id, program, major, version_id, subject, origin_id, origin_step,
                               repeats, dry_run, only_node, input, input_ref, budget_usd, status, worker, epoch, due,
                               started_at)
             SELECT x.id, %(workspace)s::uuid, x.id, x.program, x.major, x.version_id, x.subject, x.origin_id,
                    x.origin_step, x.repeats, x.dry_run, x.only_node, x.input, x.input_ref, x.budget_usd,
                    CASE WHEN x.worker IS NULL THEN 'queued' ELSE 'running' END, x.worker,
                    CASE WHEN x.worker IS NULL THEN 0 ELSE 1 END,
                    CASE WHEN x.worker IS NULL THEN troupe_now() END,
                    CASE WHEN x.worker IS NOT NULL THEN troupe_now() END
             FROM json_to_recordset(%(runs)s::json) AS x(
                 id uuid, program text, major int, version_id uuid, subject text, origin_id uuid, origin_step text,
                 repeats jsonb, dry_run bool, only_node text, input json, input_ref text, budget_usd float8,
                 worker uuid)
             RETURNING id, workspace_id)
           INSERT INTO run_events (run_id, seq, workspace_id, type) SELECT id, 1, workspace_id, 'run.queued' FROM born
           RETURNING at, CASE WHEN %(lazy)s THEN set_config('synchronous_commit', 'off', true) END""",
        lazy=lazy,
        runs=_text([r | {"input": None if r["input"] is None else orjson.Fragment(r["input"])} for r in runs]),
    )


async def insert_signal(db: Db, id: str, run: str, name: str, dedupe: str, payload: Json) -> bool:
    """Keep a signal and wake its run, whose row is locked first; False where the same (name, dedupe) came before."""
    kept = await db.value(
        """WITH run AS MATERIALIZED (
             UPDATE runs SET wake = wake + 1, due = CASE
                 WHEN worker IS NULL AND coalesce(reason, '') NOT IN ('crash_loop', 'diverged')
                 THEN least(due, troupe_now()) ELSE due END
             WHERE workspace_id = %(workspace)s AND id = %(run)s AND status NOT IN ('completed', 'failed', 'terminated')
               AND NOT EXISTS (SELECT 1 FROM signals WHERE run_id = %(run)s AND name = %(name)s AND dedupe = %(dedupe)s)
             RETURNING id)
           INSERT INTO signals (id, run_id, workspace_id, name, dedupe, payload)
           SELECT %(id)s, id, %(workspace)s, %(name)s, %(dedupe)s, %(payload)s::json FROM run
           ON CONFLICT DO NOTHING RETURNING id""",
        id=id, run=run, name=name, dedupe=dedupe, payload=_text(payload),
    )  # fmt: skip
    return kept is not None


async def update_stop(db: Db, run: str, reason: str) -> bool:
    """Ask a run to end; False where it is over."""
    return bool(
        await db.execute(
            """UPDATE runs SET stop = coalesce(stop, %(reason)s), wake = wake + 1, wakes_on = NULL,
                   due = CASE WHEN worker IS NULL THEN troupe_now() END
               WHERE workspace_id = %(workspace)s AND id = %(run)s
                 AND status NOT IN ('completed', 'failed', 'terminated')""",
            run=run, reason=reason,
        )
    )  # fmt: skip


async def update_resumed(db: Db, run: str, note: str) -> bool:
    """Free a run from quarantine; False where it is in none."""
    return bool(
        await db.execute(
            """WITH freed AS (
                 UPDATE runs r SET due = troupe_now(), wake = wake + 1, recoveries = 0, alone = false, wakes_on = NULL,
                     status = 'running', reason = NULL,
                     seq = 1 + greatest(seq, (SELECT max(seq) FROM run_events e WHERE e.run_id = r.id),
                                        (SELECT max(seq) FROM steps s WHERE s.run_id = r.id))
                 WHERE workspace_id = %(workspace)s AND id = %(run)s AND status = 'review'
                   AND reason = 'crash_loop' RETURNING id, workspace_id, seq)
               INSERT INTO run_events (run_id, seq, workspace_id, type, data)
               SELECT id, seq, workspace_id, 'run.resumed', jsonb_build_object('note', %(note)s::text) FROM freed""",
            run=run, note=note,
        )
    )  # fmt: skip


async def lock_origin(db: Db, run: str) -> bool:
    """Keep a run and the one at the top of its tree from being removed until we commit; False where they are going."""
    return (
        await db.value(
            """WITH both_there AS (
             SELECT r.id FROM runs o JOIN runs r ON r.id IN (o.id, o.root_id)
             WHERE o.workspace_id = %(workspace)s AND o.id = %(run)s FOR KEY SHARE OF r)
           SELECT 1 FROM runs o WHERE o.id = %(run)s
             AND (SELECT count(*) FROM both_there) = CASE WHEN o.root_id = o.id THEN 1 ELSE 2 END""",
            run=run,
        )
        == 1
    )


async def copy_steps(db: Db, origin: str, run: str, keys: list[str]) -> int:
    """Give a forked run the results of these steps: they carry their origin and cost nothing."""
    return await db.execute(
        """INSERT INTO steps (run_id, workspace_id, effect_key, started_at, key, effect, block, input_hash, epoch,
                              attempt, state, ended_at, simulated, ref, origin, result)
           SELECT %(run)s, workspace_id, effect_key, started_at, key, effect, block, input_hash, 0, attempt,
                  state, ended_at, simulated, ref,
                  coalesce(origin, jsonb_build_object('run_id', run_id, 'step', key)), result
           FROM steps
           WHERE workspace_id = %(workspace)s AND run_id = %(origin)s AND key = ANY(%(keys)s)
             AND state IN ('done', 'skipped')""",
        origin=origin, run=run, keys=keys,
    )  # fmt: skip


async def insert_outputs(db: Db, run: str, outputs: dict[str, Json]) -> None:
    """Results that the caller gives instead of having the steps done."""
    await db.execute(
        """INSERT INTO steps (run_id, workspace_id, started_at, key, block, epoch, attempt, state, ended_at, origin,
                              result)
           SELECT %(run)s, %(workspace)s, troupe_now(), key, NULL, 0, 1, 'done', troupe_now(), '{"given": true}', value
           FROM json_each(%(outputs)s::json)
           ON CONFLICT (run_id, key) DO UPDATE SET result = excluded.result, origin = excluded.origin, state = 'done',
               input_hash = NULL, ref = NULL""",
        run=run, outputs=_text(outputs),
    )  # fmt: skip
