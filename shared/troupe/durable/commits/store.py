"""The commit of a batch as SQL: fence, insert, update, and tell what was refused."""

from functools import cache
from typing import Any, LiteralString, TypeAlias

import orjson

from troupe.durable.models import BadRow, Batch, Row
from troupe.durable.outbox.store import EVENT

Columns: TypeAlias = list[tuple[str, bool]]  # names, and whether they are JSON
Sent: TypeAlias = tuple[bytes, bytes, list[bytes | None]]  # name, text with numbered parameters, the parameters

# The rows of each kind, as columns of `x`.
_COLUMNS: dict[LiteralString, LiteralString] = {
    "held": "updates int",
    "inserts": """key text, effect_key uuid, at float8, effect text, block text, hash text, attempt int, state text,
        seq int, secs float4, "end" float8, due float8, itok int, otok int, cost float8, sim bool, ref text,
        origin jsonb, result json""",
    "updates": """key text, effect_key uuid, at float8, hash text, attempt int, state text, seq int, secs float4,
        "end" float8, due float8, itok int, otok int, cost float8, sim bool, ref text, result json""",
    "events": "seq int, type text, data jsonb",
    "children": """id uuid, key text, program text, major int, version uuid, subject text, input json""",
    "runs": """status text, reason text, output json, output_ref text, error jsonb, due float8, wakes_on jsonb, seq int,
        wake int, itok bigint, otok bigint, cost float8, secs float8, "over" bool, parent uuid, event text,
        data jsonb""",
    "settled": "key text, attempt int, amount float8",
    "stops": "id uuid, reason text",
}
_KINDS: tuple[LiteralString, ...] = ("inserts", "updates", "events", "runs", "children", "settled", "stops")
_RARE = {"children", "settled", "stops"}
_ALONE = {"inserts", "updates", "events", "runs", "settled"}

# The lease is locked first.
_FENCE: LiteralString = """
WITH me AS MATERIALIZED (
    SELECT 1 FROM workers
    WHERE id = %(worker)s::uuid AND epoch = %(epoch)s AND lease_until > troupe_now() FOR SHARE),
held AS MATERIALIZED ("""

# A row looks its run up by itself: joined with `held`, a batch of n runs would cost n².
_RUN_OF_X: LiteralString = """
    JOIN LATERAL (SELECT id, workspace_id, root_id, dry_run, budget_usd, worker, epoch FROM runs
                  WHERE id = x.run OFFSET 0) AS h ON h.worker = %(worker)s::uuid AND h.epoch = x.epoch"""

_INSERT: LiteralString = """
    INSERT INTO steps (run_id, workspace_id, effect_key, started_at, key, effect, block, input_hash, epoch, attempt,
                       state, seq, seconds, ended_at, due, input_tokens, output_tokens, cost_usd, simulated, ref,
                       origin, result)
    SELECT x.run, h.workspace_id, x.effect_key, to_timestamp(x.at), x.key, x.effect, x.block, decode(x.hash, 'hex'),
           h.epoch, x.attempt, x.state, x.seq, x.secs, to_timestamp(x."end"), to_timestamp(x.due), x.itok, x.otok,
           x.cost, x.sim, x.ref, x.origin, x.result
    FROM """

# What each kind of rows of a batch does; its name in brackets stands for where they come from.
_PARTS: dict[str, LiteralString] = {
    "inserts": """,
ins AS ("""
    + _INSERT
    + """[inserts])""",
    "updates": """,
upd AS (
    UPDATE steps s SET
        epoch = h.epoch, attempt = x.attempt, state = x.state, seq = x.seq, due = to_timestamp(x.due),
        result = x.result,
        seconds = nullif(coalesce(x.secs, 0) + coalesce(s.seconds, 0), 0),
        ended_at = to_timestamp(x."end"), ref = coalesce(x.ref, s.ref),
        input_tokens = nullif(coalesce(s.input_tokens, 0) + coalesce(x.itok, 0), 0),
        output_tokens = nullif(coalesce(s.output_tokens, 0) + coalesce(x.otok, 0), 0),
        cost_usd = nullif(coalesce(s.cost_usd, 0) + coalesce(x.cost, 0), 0), simulated = x.sim, origin = NULL,
        started_at = coalesce(to_timestamp(x.at), s.started_at), effect_key = coalesce(x.effect_key, s.effect_key),
        input_hash = coalesce(decode(x.hash, 'hex'), s.input_hash)
    FROM [updates]
    WHERE s.run_id = x.run AND s.key = x.key AND s.epoch <= h.epoch
      AND (s.state IN ('intent', 'retry', 'waiting', 'unknown') OR s.origin IS NOT NULL OR s.seq IS NULL)
      -- a statement sent again may be carried out a second time, after what followed it: an attempt never goes back
      AND (s.origin IS NOT NULL OR s.attempt < x.attempt OR (s.attempt = x.attempt
           AND (x.state <> 'retry' OR s.state = 'retry') AND (x.state <> 'intent' OR s.state <> 'unknown')))
    RETURNING 1)""",
    "events": """,
told AS (
    INSERT INTO run_events (run_id, seq, workspace_id, type, data)
    SELECT x.run, x.seq, h.workspace_id, x.type, x.data FROM [events])""",
    "children": """,
born AS (
    INSERT INTO runs (id, workspace_id, parent_id, parent_key, root_id, program, major, version_id, subject, input,
                      status, due, dry_run, budget_usd)
    SELECT x.id, h.workspace_id, h.id, x.key, h.root_id, x.program, x.major, x.version, x.subject, x.input,
           'queued', troupe_now(), h.dry_run, h.budget_usd
    FROM [children]
    RETURNING id, parent_id, workspace_id),
born_told AS (
    INSERT INTO run_events (run_id, seq, workspace_id, type) SELECT id, 1, workspace_id, 'run.queued' FROM born)""",
    "runs": """,
rests AS (
    UPDATE runs r SET
        status = x.status, reason = x.reason, output = x.output, output_ref = x.output_ref, error = x.error,
        worker = NULL, due = to_timestamp(x.due), wakes_on = x.wakes_on, seq = x.seq, recoveries = 0, alone = false,
        input_tokens = x.itok, output_tokens = x.otok, cost_usd = x.cost, seconds = x.secs,
        ended_at = CASE WHEN x.over THEN troupe_now() END
    FROM [runs]
    WHERE r.id = x.run AND (x.wake IS NULL OR r.wake = x.wake)
    RETURNING r.id, r.workspace_id, x.parent, x."over", x.seq, x.event, x.data),
rests_told AS (
    INSERT INTO run_events (run_id, seq, workspace_id, type, data)
    SELECT id, seq, workspace_id, event, data FROM rests)""",
    "settled": """,
paid AS (
    UPDATE reservations v SET settled = x.amount, state = CASE WHEN x.amount = 0 THEN 'refunded' ELSE 'settled' END
    FROM [settled]
    WHERE v.run_id = x.run AND v.key = x.key AND v.attempt = x.attempt AND v.state = 'held'
    RETURNING v.workspace_id, v.scope, v.bucket, v.amount - x.amount AS back),
given_back AS (
    UPDATE budget_use u SET used_usd = u.used_usd - b.back
    FROM (SELECT workspace_id, scope, bucket, sum(back) AS back FROM paid GROUP BY 1, 2, 3) AS b
    WHERE u.workspace_id = b.workspace_id AND u.scope = b.scope AND u.bucket = b.bucket)""",
    "stops": "",
}

# What the same rows do to the runs above and below: parents whose children began or ended, children that are to end.
_OTHERS: dict[str, LiteralString] = {
    "children": "SELECT parent_id AS id, 1 AS n, 0 AS wakes, NULL AS stop FROM born",
    "runs": """SELECT parent AS id, -1 AS n, 1 AS wakes, NULL AS stop FROM rests WHERE parent IS NOT NULL
        UNION ALL SELECT c.id, 0, 1, 'the run above it has ended' FROM rests JOIN runs c ON c.parent_id = rests.id
            WHERE rests."over" AND c.status NOT IN ('completed', 'failed', 'terminated')""",
    "stops": """SELECT c.id, 0 AS n, 1 AS wakes, x.reason AS stop
        FROM [stops]
        JOIN runs c ON c.id = x.id AND c.parent_id = h.id
        WHERE c.status NOT IN ('completed', 'failed', 'terminated')""",
}


# Where other systems listen: a run's end, and that a person is needed, wherever in the tree.
_POSTED: LiteralString = (
    """,
posted AS (
    INSERT INTO outbox (id, workspace_id, kind, body)
    SELECT gen_random_uuid(), workspace_id, '"""
    + EVENT
    + """', jsonb_strip_nulls(jsonb_build_object(
        'run', id, 'type', event, 'reason', data ->> 'reason', 'code', data #>> '{error,code}'))
    FROM rests WHERE parent IS NULL AND ("over" OR event = 'run.review'))"""
)


@cache
def commit_of(*kinds: str, alone: bool = False, posts: bool = False) -> LiteralString:
    """The one statement that commits a batch with these kinds of rows; `alone`: one row of each, all of one run;
    `posts`: ends go to other systems too.

    Gives the runs that are held, and those that came to rest. Fails as a whole, by a cast, where an update met no row:
    what is committed is what the holders sent.
    """
    others: list[LiteralString] = [_OTHERS[kind] for kind in kinds if kind in _OTHERS]
    updates = "updates" in kinds
    query = (
        _FENCE
        + ("SELECT h.*, x.updates FROM me, [held])" if alone else "SELECT h.id, x.updates FROM [held])")
        + "".join([_PARTS[kind] for kind in kinds])
        + (_POSTED if posts and "runs" in kinds else "")
        + (_update_others("\n        UNION ALL ".join(others)) if others else "")
        + "\nSELECT all_held.ids, "
        + (_NONE_LOST if updates else "NULL")
        + (", (SELECT string_agg(id::text, ',') FROM rests)" if "runs" in kinds else ", NULL")
        + "\nFROM (SELECT string_agg(id::text, ',') AS ids, coalesce(sum(updates), 0) AS updates FROM held) AS all_held"
        + (", (SELECT count(*) AS done FROM upd) AS u" if updates else "")
    )
    for kind, columns in _COLUMNS.items():
        query = query.replace(f"[{kind}]", _by_itself(kind, columns) if alone else _of_many(kind, columns))
    return query


def _of_many(kind: LiteralString, columns: LiteralString) -> LiteralString:
    return f"me, json_to_recordset(%({kind})s::json) AS x(run uuid, epoch int, {columns})" + _RUN_OF_X


def _by_itself(kind: LiteralString, columns: LiteralString) -> LiteralString:
    """The planner takes one row of values for what it is: no rows to gather, no types to look up (measured: half of the
    server's CPU)."""
    values = "".join([f", %({kind}.{name})s::{of}" for name, of in _fields_of(columns)])
    names = "".join([f', "{name}"' for name, _ in _fields_of(columns)])
    row = f"(VALUES (%(run)s::uuid, %(run_epoch)s::int{values})) AS x(run, epoch{names})"
    return row + (_RUN_OF_X if kind == "held" else " JOIN held AS h ON h.id = x.run")


def _fields_of(columns: LiteralString) -> list[tuple[LiteralString, LiteralString]]:
    """Names and types."""
    return [(name.strip('"'), of) for name, of in [column.split() for column in columns.split(",")]]


_NONE_LOST: LiteralString = """CASE WHEN u.done < all_held.updates
    THEN ('rows of a journal were not as their holder knew them; updated: ' || u.done)::int END"""


def _update_others(changes: LiteralString) -> LiteralString:
    """Each row once."""
    return (
        """,
others AS (
    UPDATE runs r SET
        pending = r.pending + d.n, wake = r.wake + d.wakes,
        stop = CASE WHEN r.status IN ('completed', 'failed', 'terminated') THEN r.stop
                    ELSE coalesce(r.stop, d.stop) END,
        due = CASE WHEN d.wakes > 0 AND r.worker IS NULL AND r.status NOT IN ('completed', 'failed', 'terminated')
                AND (d.stop IS NOT NULL OR coalesce(r.reason, '') NOT IN ('crash_loop', 'diverged'))
              THEN least(r.due, troupe_now()) ELSE r.due END
    FROM (SELECT id, sum(n)::int AS n, sum(wakes)::int AS wakes, max(stop) AS stop FROM (
        """
        + changes
        + """) AS one GROUP BY id) AS d
    WHERE r.id = d.id)"""
    )


def insert_by(run: LiteralString) -> LiteralString:
    """Insert the rows of `inserts` for a run that is told by `run`, a join with `x`."""
    source: LiteralString = f"json_to_recordset(%(inserts)s::json) AS x(run uuid, epoch int, {_COLUMNS['inserts']})"
    return _INSERT + source + run


# ── what is sent ────────────────────────────────────────────────────────────────────────────────────────────────────


def statement_of(worker: str, epoch: int, batch: Batch, *, posts: bool = False) -> Sent:
    """A batch as a prepared statement. Raises BadRow for a text that Postgres cannot keep."""
    parts: dict[LiteralString, list[Row]]
    parts = {kind: rows for kind in _KINDS if (rows := getattr(batch, kind))}
    if len(batch.held) == 1 and _ALONE.issuperset(parts) and all(len(rows) == 1 for rows in parts.values()):
        return _alone(worker, epoch, batch, parts, posts=posts)
    many = together(batch, parts)
    name, query, names, _ = _prepared(*many, posts=posts)
    given: dict[str, bytes | None] = {"worker": worker.encode(), "epoch": b"%d" % epoch}
    given |= {kind: orjson.dumps(rows) for kind, rows in many.items()}
    return name, query, [given[n] for n in names]


def together(batch: Batch, parts: dict[LiteralString, list[Row]]) -> dict[LiteralString, list[Row]]:
    """The kinds of rows a batch has, each row with its run's epoch, and what is held. The rare kinds come together, so
    that there are few statements."""
    held: dict[str, Row] = {run: {"run": run, "epoch": epoch, "updates": 0} for run, epoch in batch.held.items()}
    for row in batch.updates:
        held[row["run"]]["updates"] += 1
    for rows in parts.values():
        for row in rows:
            row["epoch"] = batch.held[row["run"]]
    if not _RARE.isdisjoint(parts):
        parts = {kind: parts.get(kind, []) for kind in _KINDS}
    return {"held": list(held.values()), **parts}


def _alone(worker: str, epoch: int, batch: Batch, parts: dict[LiteralString, list[Row]], *, posts: bool) -> Sent:
    name, query, _, fields = _prepared("held", *parts, alone=True, posts=posts)
    ((run, run_epoch),) = batch.held.items()
    params: list[bytes | None]
    params = [worker.encode(), b"%d" % epoch, run.encode(), b"%d" % run_epoch, b"%d" % len(batch.updates)]
    for (row,), columns in zip(parts.values(), fields, strict=True):
        given, dumps = row.get, orjson.dumps
        params += [
            None if (value := given(name)) is None else _json(value) if json
            else value.encode() if isinstance(value, str) else dumps(value)
            for name, json in columns
        ]  # fmt: skip
    if b"\0" in b"".join(filter(None, params)):  # libpq would end the text there
        raise BadRow("A text cannot hold NUL.")
    return name, query, params


def _json(value: Any) -> bytes | None:
    raw = orjson.dumps(value)
    return None if raw == b"null" else raw


@cache
def _prepared(
    *kinds: LiteralString, alone: bool = False, posts: bool = False
) -> tuple[bytes, bytes, list[str], list[Columns]]:
    """Name, text with numbered parameters as libpq takes it, their names; the columns of each kind but `held`."""
    fields = {kind: [(name, of.startswith("json")) for name, of in _fields_of(_COLUMNS[kind])] for kind in kinds}
    names = ["worker", "epoch"]
    if alone:
        names += ["run", "run_epoch", *[f"{kind}.{name}" for kind in kinds for name, _ in fields[kind]]]
    else:
        names += kinds
    query: str = commit_of(*kinds[1:], alone=alone, posts=posts)
    for number, name in enumerate(names, 1):
        query = query.replace(f"%({name})s", f"${number}")
    name = (b"1:" if alone else b"") + (b"p:" if posts else b"") + "+".join(kinds).encode()
    return name, query.encode(), names, [fields[k] for k in kinds[1:]]
