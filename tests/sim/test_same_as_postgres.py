"""The twin and the SQL journal are driven through the same operations to equal states."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import astuple, replace
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.sim.memory import MemoryJournal, Tables
from troupe.base.db import ENGINE, Database
from troupe.base.errors import StepFailed
from troupe.base.ids import WorkspaceId, new_id
from troupe.durable import store
from troupe.durable.models import OVER, BadRow, Batch, Fenced, Run, StepRow
from troupe.durable.store import PgJournal

START = 1_700_000_000.0
SPACES = [WorkspaceId(f"00000000-0000-7000-8000-00000000000{n}") for n in "ab"]
CLOCK = """CREATE OR REPLACE FUNCTION troupe_now() RETURNS timestamptz LANGUAGE sql STABLE AS
           $$ SELECT to_timestamp((SELECT seconds FROM test_clock)) $$"""
KEYS = st.sampled_from(["a", "b", "c"])
PICK = st.integers(0, 5)
TABLES = ("runs", "steps", "run_events", "signals", "reservations", "budget_use", "budgets", "workers", "notes")
SUBJECT = "workflow:w"


class Both:
    """The two journals on one clock, and what their tables hold."""

    tables: Tables

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.url, self.loop, self.now = url, loop, START
        self.owner = psycopg.connect(url, autocommit=True)
        self.owner.execute("CREATE TABLE test_clock (seconds float8); GRANT SELECT ON test_clock TO PUBLIC")
        self.owner.execute("INSERT INTO test_clock VALUES (%s)", (START,))
        self.owner.execute("CREATE TABLE notes (run uuid, key text); GRANT ALL ON notes TO PUBLIC")
        self.owner.execute(CLOCK)  # type: ignore[arg-type]

    async def open(self) -> "Both":
        self.app = await Database(self.url, size=2).open()
        self.engine = await Database(self.url, ENGINE, size=2).open()
        self.sql = PgJournal(self.engine, self.app)
        return self

    async def close(self) -> None:
        await self.sql.close()
        await self.app.close()
        await self.engine.close()
        self.owner.close()

    async def clear(self) -> None:
        for table in TABLES:
            self.owner.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
        self.tables = Tables(lambda: self.now)
        self.memory = MemoryJournal(self.tables)
        await self.wait(START - self.now)

    async def wait(self, seconds: float) -> None:
        self.now += seconds
        self.owner.execute("UPDATE test_clock SET seconds = %s", (self.now,))

    async def same(self, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        """The same question to both: equal answers, or equal refusals."""
        one, two = await outcome(ask(self.memory)), await outcome(ask(self.sql))
        assert one == two
        return one

    async def rows(self, query: Any) -> list[dict[str, Any]]:
        async with self.engine.connection() as line:
            cursor = await line.execute(query)
            names = [c.name for c in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def outcome(answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except (BadRow, Fenced, StepFailed) as refused:
        return type(refused)


RUN = (
    "workspace_id", "parent_id", "parent_key", "root_id", "program", "input", "output", "error", "status", "reason",
    "worker", "epoch", "wake", "stop", "wakes_on", "pending", "recoveries", "alone", "seq", "cost_usd",
)  # fmt: skip
STEP = (
    "epoch",
    "attempt",
    "state",
    "effect",
    "effect_key",
    "block",
    "seq",
    "input_tokens",
    "cost_usd",
    "ref",
    "origin",
    "result",
)


class Journals(RuleBasedStateMachine):
    """What workers, people and sweeps may do, in any order."""

    both: Both

    def __init__(self) -> None:
        super().__init__()
        self.workers: list[str] = []
        self.held: list[tuple[str, Run]] = []
        self.runs: list[str] = []
        self.seq = 100
        self.do(self.both.clear())

    def do(self, work: Awaitable[Any]) -> Any:
        return self.both.loop.run_until_complete(work)

    def same(self, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        return self.do(self.both.same(ask))

    # ── time and workers ────────────────────────────────────────────────────────────────────────────────────────────

    @rule(seconds=st.sampled_from([0.5, 0.5, 3.0, 3.0, 11.0, 7200.0]))
    def pass_time(self, seconds: float) -> None:
        self.do(self.both.wait(seconds))

    @rule()
    def register(self) -> None:
        self.workers.append(new_id())
        self.same(lambda j: j.register(self.workers[-1], 10.0))

    @rule(pick=PICK)
    def renew(self, pick: int) -> None:
        if self.workers:
            self.same(lambda j: j.renew(self.workers[pick % len(self.workers)], 1, 10.0))

    @rule(most=st.sampled_from([1, 5]))
    def take_over(self, most: int) -> None:
        self.same(lambda j: j.take_over(most))

    @rule()
    def ask_around(self) -> None:
        self.same(lambda j: j.alone_due())
        due = self.do(self.both.memory.next_due()), self.do(self.both.sql.next_due())
        assert due[0] == pytest.approx(due[1], abs=1e-5)
        for run in [*self.runs, new_id()]:
            seen, stored = self.do(self.both.memory.outlook(run)), self.do(self.both.sql.outlook(run))
            assert (seen and astuple(replace(seen, due=None))) == (stored and astuple(replace(stored, due=None)))
            assert (seen and seen.due) == pytest.approx(stored and stored.due, abs=1e-5)

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(space=st.sampled_from(SPACES), budget=st.sampled_from([None, 0.05]), subject=st.sampled_from([None, SUBJECT]))
    def start(self, space: WorkspaceId, budget: float | None, subject: str | None) -> None:
        row = self.new_run(budget, subject)

        async def insert() -> None:
            async with self.both.app.workspace(space) as db:
                await store.insert_run(db, row)
            self.both.tables.insert_run(row | {"workspace": space})

        self.do(insert())

    @rule(pick=PICK, keys=st.lists(KEYS, unique=True), again=st.lists(KEYS, unique=True, max_size=1), given=KEYS)
    def fork(self, pick: int, keys: list[str], again: list[str], given: str) -> None:
        if not self.runs:
            return
        origin = self.runs[pick % len(self.runs)]
        space = self.both.tables.runs[origin]["workspace_id"]
        row = self.new_run(None, None) | {"origin_id": origin}

        async def insert() -> None:
            async with self.both.app.workspace(space) as db:
                await store.insert_run(db, row | {"repeats": orjson.dumps(again).decode()})
                copied = await store.copy_steps(db, origin, row["id"], keys)
                await store.insert_outputs(db, row["id"], {given: [1]} if pick % 2 else {})
            self.both.tables.insert_run(row | {"workspace": space, "repeats": again})
            assert copied == self.both.tables.copy_steps(origin, row["id"], keys)
            self.both.tables.insert_outputs(row["id"], {given: [1]} if pick % 2 else {})

        self.do(insert())

    @rule(space=st.sampled_from(SPACES), scope=st.sampled_from(["workspace", SUBJECT]),
          period=st.sampled_from(["run", "day", "month"]), limit=st.sampled_from([0.03, 0.05, 0.1]))  # fmt: skip
    def budget(self, space: WorkspaceId, scope: str, period: str, limit: float) -> None:
        row = {"workspace_id": space, "scope": scope, "period": period, "limit_usd": limit}
        if not any(b["scope"] == scope and b["period"] == period and b["workspace_id"] == space
                   for b in self.both.tables.budgets):  # fmt: skip
            self.both.owner.execute("INSERT INTO budgets VALUES (%s, %s, %s, %s)", list(row.values()))
            self.both.tables.budgets.append(row)

    def new_run(self, budget: float | None, subject: str | None) -> dict[str, Any]:
        row = {
            "id": new_id(), "program": "p", "major": 1, "version_id": None, "subject": subject, "origin_id": None,
            "origin_step": None, "repeats": None, "dry_run": False, "only_node": None, "input": '{"n": 1}',
            "input_ref": None, "budget_usd": budget, "worker": None,
        }  # fmt: skip
        self.runs.append(row["id"])
        return row

    def member(self, run: str, sql: Callable[[Any], Awaitable[Any]], memory: Callable[[Tables], Any]) -> None:
        async def both() -> None:
            async with self.both.app.workspace(self.both.tables.runs[run]["workspace_id"]) as db:
                there = await sql(db)
            assert there == memory(self.both.tables)

        self.do(both())

    @rule(pick=PICK, name=st.sampled_from(["x", "y"]), dedupe=st.sampled_from(["1", "2"]))
    def signal(self, pick: int, name: str, dedupe: str) -> None:
        if self.runs:
            run, id = self.runs[pick % len(self.runs)], new_id()
            self.member(run, lambda db: store.insert_signal(db, id, run, name, dedupe, 7),
                        lambda t: t.insert_signal(id, run, name, dedupe, 7))  # fmt: skip

    @rule(pick=PICK)
    def stop(self, pick: int) -> None:
        if self.runs:
            run = self.runs[pick % len(self.runs)]
            self.member(run, lambda db: store.update_stop(db, run, "enough"), lambda t: t.update_stop(run, "enough"))

    @rule(pick=PICK)
    def resume(self, pick: int) -> None:
        if self.runs:
            run = self.runs[pick % len(self.runs)]
            self.member(run, lambda db: store.update_resumed(db, run, "go"), lambda t: t.update_resumed(run, "go"))

    @rule(pick=PICK)
    def claim(self, pick: int) -> None:
        if self.workers and self.runs:
            worker, run = self.workers[pick % len(self.workers)], self.runs[pick % len(self.runs)]
            self.hold(worker, self.same(lambda j: j.claim(worker, [run])))

    @rule(pick=PICK, alone=st.booleans(), most=st.sampled_from([50, 50]))
    def claim_due(self, pick: int, alone: bool, most: int) -> None:
        if self.workers:
            worker = self.workers[pick % len(self.workers)]

            async def ask(journal: Any) -> Any:
                return sorted(await journal.claim_due(worker, most, 40, {}, alone=alone), key=lambda r: r.id)

            self.hold(worker, self.same(ask))

    def hold(self, worker: str, claimed: list[Run]) -> None:
        self.held += [(worker, run) for run in claimed]

    @rule(pick=PICK)
    def release(self, pick: int) -> None:
        if self.held:
            worker, run = self.held[pick % len(self.held)]
            self.same(lambda j: j.release(worker, [run.id]))

    # ── what a holder does ──────────────────────────────────────────────────────────────────────────────────────────

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def commit(self, worker: str, batch: Batch) -> None:
        self.same(lambda j: j.commit(worker, 1, batch))
        self.same(lambda j: j.written(worker, batch))

    @rule(picks=st.lists(PICK, min_size=1, max_size=3), key=KEYS, insert=st.booleans(),
          state=st.sampled_from(["intent", "retry", "done", "failed", "unknown", "no such state"]),
          attempt=st.integers(1, 2))  # fmt: skip
    def write(self, picks: list[int], key: str, insert: bool, state: str, attempt: int) -> None:
        if not self.held:
            return
        worker = self.held[picks[0] % len(self.held)][0]
        batch, seen = Batch(), set[str]()
        for pick in picks:
            run = self.held[pick % len(self.held)][1]
            if run.id in seen:
                continue
            seen.add(run.id)
            batch.held[run.id] = run.epoch
            row: dict[str, Any] = {"run": run.id, "key": key, "state": state, "attempt": attempt,
                                   "result": {"of": key}}  # fmt: skip
            if state in ("done", "failed"):
                row |= {"seq": self.next(), "end": self.both.now, "cost": 0.01, "itok": 3}
            if insert:
                row |= {"at": self.both.now, "effect": "once", "effect_key": run.id, "hash": "00ff", "block": "b"}
            (batch.inserts if insert else batch.updates).append(row)
            batch.events.append({"run": run.id, "seq": self.next(), "type": "step.unknown", "data": {}})
        self.commit(worker, batch)

    def status(self, run: Run, status: str, **more: Any) -> dict[str, Any]:
        return {
            "run": run.id, "status": status, "reason": None, "seq": self.next(), "due": None, "wakes_on": None,
            "wake": None, "itok": 1, "otok": 2, "cost": 0.5, "secs": 1.0, "event": f"run.{status}", "data": {},
        } | more  # fmt: skip

    @rule(pick=PICK, moved=st.booleans(), aside=st.booleans())
    def park(self, pick: int, moved: bool, aside: bool) -> None:
        if self.held:
            worker, run = self.held[pick % len(self.held)]
            kind = {"reason": "diverged"} if aside else {"due": self.both.now + 5}
            row = self.status(
                run, "review" if aside else "waiting", wakes_on={"kind": "time"}, wake=run.wake + moved, **kind
            )
            self.commit(worker, Batch({run.id: run.epoch}, runs=[row]))

    @rule(pick=PICK)
    def end(self, pick: int) -> None:
        if self.held:
            worker, run = self.held[pick % len(self.held)]
            more = {"over": True, "output": {"b": 1, "a": 2}, "parent": run.parent_id}
            self.commit(worker, Batch({run.id: run.epoch}, runs=[self.status(run, "completed", **more)]))

    @rule(pick=PICK, count=st.integers(1, 3))
    def bear(self, pick: int, count: int) -> None:
        if not self.held:
            return
        worker, run = self.held[pick % len(self.held)]
        ids = [new_id() for _ in range(count)]
        children = [
            {"run": run.id, "id": id, "key": f"c{id}", "program": "p", "version": None, "major": 1, "input": 5,
             "subject": None} for id in ids
        ]  # fmt: skip
        self.commit(worker, Batch({run.id: run.epoch}, children=children))
        self.runs += [id for id in ids if id in self.both.tables.runs]

    @rule(pick=PICK)
    def stop_children(self, pick: int) -> None:
        if self.held:
            worker, run = self.held[pick % len(self.held)]
            below = [id for id, row in self.both.tables.runs.items() if row["parent_id"] == run.id]
            stops = [{"run": run.id, "id": id, "reason": "late"} for id in below]
            self.same(lambda j: j.commit(worker, 1, Batch({run.id: run.epoch}, stops=stops)))

    @rule(pick=PICK, key=KEYS, attempt=st.integers(1, 2), amount=st.sampled_from([0.02, 0.04]))
    def reserve(self, pick: int, key: str, attempt: int, amount: float) -> None:
        if self.held:
            run = self.held[pick % len(self.held)][1]
            self.same(lambda j: j.reserve(run, key, attempt, amount))

    @rule(pick=PICK, amount=st.sampled_from([0.0, 0.01]))
    def settle(self, pick: int, amount: float) -> None:
        kept = [at for at in self.both.tables.reservations if any(at[0] == run.id for _, run in self.held)]
        if kept:
            id, key, attempt, *_ = kept[pick % len(kept)]
            worker, run = next(h for h in reversed(self.held) if h[1].id == id)
            settled = [{"run": id, "key": key, "attempt": attempt, "amount": amount}]
            self.same(lambda j: j.commit(worker, 1, Batch({id: run.epoch}, settled=settled)))

    @rule(pick=PICK, key=KEYS, breaks=st.booleans())
    def transact(self, pick: int, key: str, breaks: bool) -> None:
        held = [(w, run) for w, run in self.held if (run.id, key) not in self.both.tables.steps]
        if not held:
            return
        worker, run = held[pick % len(held)]

        async def act(db: Any) -> Any:
            if isinstance(db, list):  # the twin's
                db.append({"run": run.id, "key": key})
            else:
                await db.execute("INSERT INTO notes VALUES (%(run)s, %(key)s)", run=run.id, key=key)
            if breaks:
                raise StepFailed("after it")
            return {"said": key}

        def row(value: Any) -> dict[str, Any]:
            return {"run": run.id, "key": key, "state": "done", "attempt": 1, "result": value, "at": self.both.now,
                    "effect_key": None, "hash": None, "effect": None, "block": "$transact"}  # fmt: skip

        self.same(lambda j: j.transact(worker, 1, run, row, act))

    @rule(pick=PICK)
    def load(self, pick: int) -> None:
        if self.held:
            _, run = self.held[pick % len(self.held)]

            async def load(journal: Any) -> Any:
                mine = replace(run)
                there = await journal.load(mine)
                steps = [{k: _whole(row) for k, row in rows.items()} for rows in (there.steps, there.inherited)]
                return steps, there.signals, mine.seq

            self.same(load)

    @rule(pick=PICK, key=KEYS)
    def expire(self, pick: int, key: str) -> None:
        if self.held:
            worker, run = self.held[pick % len(self.held)]
            row = {"run": run.id, "key": key, "state": "done", "attempt": 1, "result": None, "seq": self.next(),
                   "end": self.both.now, "ref": "expired"}  # fmt: skip
            self.same(lambda j: j.commit_unless_woken(worker, 1, run, row))

    @rule(pick=PICK)
    def look(self, pick: int) -> None:
        if self.held:
            _, run = self.held[pick % len(self.held)]
            below = [id for id, row in self.both.tables.runs.items() if row["parent_id"] == run.id]

            async def news(journal: Any) -> Any:
                told = await journal.news(run, below)
                told.ended.sort(key=lambda e: e.id)
                return told

            self.same(news)

    # ── what they hold ──────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def tables_are_equal(self) -> None:
        self.do(self._equal())

    async def _equal(self) -> None:
        both, t = self.both, self.both.tables
        runs = {r["id"]: r for r in await both.rows("SELECT *, extract(epoch FROM due)::float8 AS due FROM runs")}
        assert {i: _of(r, RUN) for i, r in runs.items()} == {i: _of(r, RUN) for i, r in t.runs.items()}
        assert {i: _time(r["due"]) for i, r in runs.items()} == {i: _time(r["due"]) for i, r in t.runs.items()}
        steps = {(r["run_id"], r["key"]): _of(r, STEP) for r in await both.rows("SELECT * FROM steps")}
        assert steps == {at: _of(r, STEP) for at, r in t.steps.items()}
        events = {(r["run_id"], r["seq"]): r["type"] for r in await both.rows("SELECT * FROM run_events")}
        assert events == {at: r["type"] for at, r in t.events.items()}
        kept = {
            (r["run_id"], r["key"], r["attempt"], r["scope"], r["bucket"]): (r["state"], r["amount"], r["settled"])
            for r in await both.rows("SELECT * FROM reservations")
        }
        assert kept == {at: (r["state"], r["amount"], r["settled"]) for at, r in t.reservations.items()}
        notes = sorted((r["run"], r["key"]) for r in await both.rows("SELECT * FROM notes"))
        assert notes == sorted((r["run"], r["key"]) for r in t.notes)
        used = {
            (r["workspace_id"], r["scope"], r["bucket"]): round(r["used_usd"], 6)
            for r in await both.rows("SELECT * FROM budget_use")
        }
        assert used == {at: round(amount, 6) for at, amount in t.budget_use.items()}
        workers = {r["id"]: r["epoch"] for r in await both.rows("SELECT * FROM workers")}
        assert workers == {id: r["epoch"] for id, r in t.workers.items()}
        for run in runs.values():
            assert run["status"] in OVER or run["worker"] or run["due"] or run["wakes_on"], "nothing will wake it"


def _of(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {n: round(row[n], 6) if isinstance(row[n], float) else row[n] for n in names}


def _whole(row: StepRow) -> StepRow:
    return replace(row, started_at=round(row.started_at, 3), due=_time(row.due))


def _time(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


@pytest.mark.timeout(120)
def test_the_twin_and_postgres_reach_equal_states_by_the_same_operations(database_url: str) -> None:
    loop = asyncio.new_event_loop()
    both = Both(database_url, loop)
    loop.run_until_complete(both.open())

    class Machine(Journals):
        pass

    Machine.both = both
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(max_examples=40, stateful_step_count=40, deadline=None, database=None,
                              suppress_health_check=list(HealthCheck)),
        )  # fmt: skip
    finally:
        loop.run_until_complete(both.close())
        loop.close()
