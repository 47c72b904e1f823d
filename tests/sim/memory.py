"""The in-memory twin of the journal: the same meaning as durable/store.py, without a database.

`Tables` is what is true; any number of `MemoryJournal`s may look at it, as processes share one Postgres.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import orjson

from tests.sim.oracle import Birth
from troupe.base.values import Json
from troupe.durable.models import (
    OVER,
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

STATES = ("intent", "retry", "waiting", "done", "failed", "skipped", "unknown")
OPEN = ("intent", "retry", "waiting", "unknown")
ASIDE = ("crash_loop", "diverged")
_RUN = [f.name for f in fields(Run)]


@dataclass
class Tables:
    """Rows by primary key. `now`: the database's clock in Unix seconds."""

    now: Callable[[], float]
    workers: dict[str, Row] = field(default_factory=dict)
    runs: dict[str, Row] = field(default_factory=dict)
    steps: dict[tuple[str, str], Row] = field(default_factory=dict)
    events: dict[tuple[str, int], Row] = field(default_factory=dict)
    signals: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    reservations: dict[tuple[str, str, int, str, str], Row] = field(default_factory=dict)
    budget_use: dict[tuple[str, str, str], float] = field(default_factory=dict)
    budgets: list[Row] = field(default_factory=list)
    commits: int = 0
    born: dict[tuple[str, str], Birth] = field(default_factory=dict)  # of steps
    failed: dict[tuple[str, str], int] = field(default_factory=dict)  # the commit that made a step failed
    told: dict[tuple[str, int], int] = field(default_factory=dict)  # the last seq committed, by run and epoch
    disorder: list[str] = field(default_factory=list)  # commits that broke the order in which a run's rows were made
    notes: list[Row] = field(default_factory=list)  # what transact() writes in this world

    # ── for a member ────────────────────────────────────────────────────────────────────────────────────────────────

    def insert_run(self, run: Row) -> None:
        """As store.insert_run."""
        held = run["worker"]
        self._born(
            {
                **{k: run[k] for k in ("id", "program", "major", "version_id", "subject", "origin_id", "dry_run",
                                       "only_node", "input_ref", "budget_usd", "worker", "repeats")},
                "workspace_id": run["workspace"], "root_id": run["id"], "input": orjson.loads(run["input"] or "null"),
                "status": "running" if held else "queued", "epoch": 1 if held else 0,
                "due": None if held else self.now(),
            }
        )  # fmt: skip

    def _born(self, row: Row) -> None:
        blank: Row = {
            "parent_id": None, "parent_key": None, "major": 1, "version_id": None, "subject": None, "origin_id": None,
            "repeats": None, "dry_run": False, "only_node": None, "input": None, "input_ref": None, "output": None,
            "output_ref": None, "error": None, "reason": None, "worker": None, "epoch": 0, "wake": 0, "stop": None,
            "due": None, "wakes_on": None, "pending": 0, "leg": 1, "recoveries": 0, "alone": False, "seq": 1,
            "budget_usd": None, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0, "seconds": 0.0,
        }  # fmt: skip
        self.runs[row["id"]] = blank | row
        self.events[row["id"], 1] = {"type": "run.queued", "data": None}

    def insert_signal(self, id: str, run: str, name: str, dedupe: str, payload: Json) -> bool:
        """As store.insert_signal."""
        row = self.runs[run]
        if row["status"] in OVER or (run, name, dedupe) in self.signals:
            return False
        self.signals[run, name, dedupe] = {"id": id, "name": name, "payload": payload}
        self._woken(row)
        return True

    def _woken(self, row: Row, by: int = 1) -> None:
        row["wake"] += by
        if row["worker"] is None and row["reason"] not in ASIDE:
            row["due"] = self.now() if row["due"] is None else min(row["due"], self.now())

    def update_stop(self, run: str, reason: str) -> bool:
        """As store.update_stop."""
        row = self.runs[run]
        if row["status"] in OVER:
            return False
        row["stop"] = row["stop"] or reason
        row["wake"] += 1
        row["wakes_on"] = None
        row["due"] = self.now() if row["worker"] is None else None
        return True

    def update_resumed(self, run: str, note: str) -> bool:
        """As store.update_resumed."""
        row = self.runs[run]
        if (row["status"], row["reason"]) != ("review", "crash_loop"):
            return False
        seq = 1 + self.last_seq(run)
        row.update(due=self.now(), wake=row["wake"] + 1, recoveries=0, alone=False, wakes_on=None, status="running",
                   reason=None, seq=seq)  # fmt: skip
        self.events[run, seq] = {"type": "run.resumed", "data": {"note": note}}
        return True

    def copy_steps(self, origin: str, run: str, keys: list[str]) -> int:
        """As store.copy_steps."""
        found = [(k, self.steps[origin, k]) for k in keys if (origin, k) in self.steps]
        kept = [(k, row) for k, row in found if row["state"] in ("done", "skipped")]
        for key, row in kept:
            self.steps[run, key] = row | {
                "origin": row["origin"] or {"run_id": origin, "step": key}, "epoch": 0, "seq": None, "seconds": None,
                "due": None, "input_tokens": None, "output_tokens": None, "cost_usd": None,
            }  # fmt: skip
        return len(kept)

    def insert_outputs(self, run: str, outputs: dict[str, Json]) -> None:
        """As store.insert_outputs."""
        blank = dict.fromkeys(
            ("effect", "effect_key", "block", "seq", "seconds", "due", "input_tokens", "output_tokens", "cost_usd",
             "simulated")
        )  # fmt: skip
        for key, value in outputs.items():
            new = {"started_at": self.now(), "ended_at": self.now(), "epoch": 0, "attempt": 1}
            self.steps[run, key] = blank | new | self.steps.get((run, key), {}) | {
                "result": value, "origin": {"given": True}, "state": "done", "input_hash": None, "ref": None,
            }  # fmt: skip

    def last_seq(self, run: str) -> int:
        """The highest number of this run's events."""
        told = [s for r, s in self.events if r == run]
        steps = [row["seq"] or 0 for (r, _), row in self.steps.items() if r == run]
        return max([self.runs[run]["seq"], *told, *steps])


class MemoryJournal:
    """models.Journal over Tables. Every method is one transaction: it awaits nothing while it reads and writes."""

    def __init__(self, tables: Tables) -> None:
        self.t = tables

    # ── workers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def register(self, worker: str, lease: float) -> float:
        self.t.workers[worker] = {"epoch": 1, "lease_until": self.t.now() + lease}
        return self.t.now()

    async def renew(self, worker: str, epoch: int, lease: float) -> float | None:
        row = self.t.workers.get(worker)
        if row is None or row["epoch"] != epoch:
            return None
        row["lease_until"] = self.t.now() + lease
        return self.t.now()

    def _alive(self, worker: str) -> bool:
        row = self.t.workers.get(worker)
        return row is not None and row["lease_until"] > self.t.now()

    async def take_over(self, max_recoveries: int) -> int:
        dead = {id for id, row in self.t.workers.items() if row["lease_until"] < self.t.now()}
        free = [row for row in self.t.runs.values() if row["worker"] in dead]
        for row in free:
            self._free(row, max_recoveries)
        for id in dead:
            del self.t.workers[id]
        return len(free)

    def _free(self, row: Row, most: int) -> None:
        id, count = row["id"], self._count(row)
        aside = count > most
        row.update(worker=None, recoveries=count, wakes_on={"kind": "person"} if aside else None,
                   due=None if aside else self.t.now(), status="review" if aside else row["status"],
                   reason="crash_loop" if aside else None)  # fmt: skip
        kind, reason = ("run.review", "crash_loop") if aside else ("run.resumed", "recovered")
        self.t.events[id, 1 + self.t.last_seq(id)] = {"type": kind, "data": {"reason": reason}}

    def _count(self, row: Row) -> int:
        ended = any(
            r == row["id"] and s["epoch"] == row["epoch"] and s["state"] in ("done", "failed", "skipped")
            for (r, _), s in self.t.steps.items()
        )
        counts = row["recoveries"] < 2 or row["alone"]
        return 1 if ended else row["recoveries"] + counts

    async def release(self, worker: str, runs: list[str]) -> int:
        mine = [row for id in runs if (row := self.t.runs.get(id)) and row["worker"] == worker]
        for row in mine:
            row.update(worker=None, due=self.t.now())
        return len(mine)

    # ── claiming ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _due(self, row: Row) -> bool:
        return row["worker"] is None and row["due"] is not None and row["due"] <= self.t.now()

    async def claim(self, worker: str, runs: list[str]) -> list[Run]:
        return self._claim(worker, [row for id in runs if (row := self.t.runs.get(id)) and self._due(row)])

    async def claim_due(
        self, worker: str, most: int, per_workspace: int, busy: dict[str, int], alone: bool
    ) -> list[Run]:
        spaces: dict[str, list[Row]] = {}
        for row in sorted(self.t.runs.values(), key=lambda r: r["due"] or 0.0):
            if self._due(row) and (row["recoveries"] >= 2) == alone:
                spaces.setdefault(row["workspace_id"], []).append(row)
        found = [
            (place, row)
            for space, rows in spaces.items()
            for place, row in enumerate(rows[: max(0, per_workspace - busy.get(space, 0))])
        ]
        return self._claim(worker, [row for _, row in sorted(found, key=lambda f: f[0])[:most]])

    def _claim(self, worker: str, rows: list[Row]) -> list[Run]:
        if not self._alive(worker):
            return []
        claimed: list[Run] = []
        for row in rows:
            before = {"status": row["status"], "reason": row["reason"]}
            row.update(worker=worker, epoch=row["epoch"] + 1, due=None, wakes_on=None, status="running", reason=None,
                       alone=row["recoveries"] >= 2)  # fmt: skip
            claimed.append(Run(**{name: (row | before)[name] for name in _RUN}))
        return claimed

    async def next_due(self) -> float | None:
        dues = [r["due"] for r in self.t.runs.values() if r["worker"] is None and r["due"] is not None]
        return min(dues) - self.t.now() if dues else None

    async def alone_due(self) -> bool:
        return any(self._due(row) and row["recoveries"] >= 2 for row in self.t.runs.values())

    async def wakes(self, worker: str) -> dict[str, int]:
        return {id: row["wake"] for id, row in self.t.runs.items() if row["worker"] == worker}

    async def outlook(self, run: str) -> Outlook | None:
        row = self.t.runs.get(run)
        if row is None:
            return None
        awaits = (row["wakes_on"] or {}).get("kind")
        return Outlook(row["status"], row["leg"], row["worker"] is not None, row["due"], awaits)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def load(self, run: Run, *, fresh: bool = False) -> Journaled:
        if fresh and run.origin_id is None:
            return Journaled({}, [], {})
        steps = {key: _step(key, row) for (id, key), row in sorted(self.t.steps.items()) if id == run.id}
        again = self.t.runs[run.id]["repeats"] or []
        before = {
            key: _step(key, row)
            for (id, key), row in self.t.steps.items()
            if id == run.origin_id and row["effect"] in ("idempotent", "once") and row["state"] == "done"
            and key not in again
        }  # fmt: skip
        told = [seq for id, seq in self.t.events if id == run.id]
        run.seq = max([run.seq, *told, *(s.seq or 0 for s in steps.values())])
        return Journaled(steps, self._signals(run.id), before)

    def _signals(self, run: str) -> list[SignalRow]:
        rows = [row for (id, _, _), row in self.t.signals.items() if id == run]
        return [SignalRow(r["id"], r["name"], r["payload"]) for r in sorted(rows, key=lambda r: r["id"])]

    async def news(self, run: Run, children: list[str]) -> News:
        row = self.t.runs[run.id]
        if row["worker"] is None or row["epoch"] != run.epoch:
            raise Fenced
        over = [c for id in children if (c := self.t.runs.get(id)) and c["status"] in OVER]
        ended = [Ended(c["id"], c["status"], c["output"], c["error"], c["output_ref"]) for c in over]
        return News(row["wake"], row["stop"], self._signals(run.id), ended)

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def commit(self, worker: str, epoch: int, batch: Batch) -> Verdicts:
        held = self._held(worker, epoch, batch)
        sent: dict[str, list[Row]] = {
            name: [r for r in orjson.loads(orjson.dumps(getattr(batch, name))) if r["run"] in held]
            for name in ("inserts", "updates", "events", "runs", "children", "settled", "stops")
        }
        self._check(sent, held)
        self._note(sent, held)
        for row in sent["inserts"]:
            self._insert(row, held[row["run"]])
        for row in sent["updates"]:
            self._update(row, held[row["run"]])
        for row in sent["events"]:
            self.t.events[row["run"], row["seq"]] = {"type": row["type"], "data": row["data"]}
        for row in sent["settled"]:
            self._settle(row)
        rested = self._rest(sent["runs"])
        self._family(sent["children"], rested, sent["stops"])
        moved = {r["run"] for r in sent["runs"]} - {r["run"] for r in rested}
        return Verdicts(frozenset(batch.held) - frozenset(held), frozenset(moved))

    def _held(self, worker: str, epoch: int, batch: Batch) -> dict[str, int]:
        row = self.t.workers.get(worker)
        if row is None or row["epoch"] != epoch or not self._alive(worker):
            return {}
        return {
            id: held
            for id, held in batch.held.items()
            if self.t.runs[id]["worker"] == worker and self.t.runs[id]["epoch"] == held
        }

    def _check(self, sent: dict[str, list[Row]], held: dict[str, int]) -> None:
        """All or nothing: whatever the database would refuse is refused before anything is done."""
        new: set[Any] = set()
        for row in sent["inserts"]:
            key = (row["run"], row["key"])
            if key in self.t.steps or key in new or row["state"] not in STATES:
                raise BadRow(f"duplicate or bad row {key}")
            new.add(key)
        for row in sent["updates"]:
            there = self.t.steps.get((row["run"], row["key"]))
            if there is None or row["state"] not in STATES or not _follows(row, there, held[row["run"]]):
                raise BadRow("rows of a journal were not as their holder knew them")
        numbers = [(r["run"], r["seq"]) for r in (*sent["events"], *sent["runs"])]
        if len(set(numbers)) < len(numbers) or any(n in self.t.events for n in numbers):
            raise BadRow("duplicate event")
        if any(row["id"] in self.t.runs for row in sent["children"]):
            raise BadRow("duplicate child")
        own = [r["run"] for r in sent["runs"]]
        above = {r.get("parent") for r in sent["runs"]} | {r["run"] for r in sent["children"]}
        above |= {r["id"] for r in sent["stops"]}
        ends = {r["run"] for r in sent["runs"] if r.get("over")}
        above |= {id for id in own if self.t.runs[id]["parent_id"] in ends}
        assert len(set(own)) == len(own), "one statement updates a run's row twice"
        assert not above & set(own), "one statement updates a run's row as its own and for another's sake"

    def _note(self, sent: dict[str, list[Row]], held: dict[str, int]) -> None:
        """What the judge asks for and a database does not keep."""
        self.t.commits += 1
        for row in (*sent["inserts"], *sent["updates"]):
            if row["state"] == "failed":
                self.t.failed[row["run"], row["key"]] = self.t.commits
        seqs: dict[str, list[int]] = {}
        for row in (*sent["inserts"], *sent["updates"], *sent["events"], *self._unmoved(sent["runs"])):
            if row.get("seq") is not None:
                seqs.setdefault(row["run"], []).append(row["seq"])
        for run, told in seqs.items():
            at = (run, held[run])
            if min(told) <= self.t.told.get(at, 0):
                self.t.disorder.append(f"{run} committed {sorted(told)} after {self.t.told[at]}")
            self.t.told[at] = max(told)

    def _insert(self, row: Row, epoch: int) -> None:
        reserved = any(at[:3] == (row["run"], row["key"], row["attempt"]) for at in self.t.reservations)  # it took time
        prompt = row["state"] in ("intent", "waiting") and not reserved
        self.t.born[row["run"], row["key"]] = Birth(epoch, self.t.commits, prompt)
        self.t.steps[row["run"], row["key"]] = {
            "epoch": epoch, "attempt": row["attempt"], "state": row["state"], "effect": row.get("effect"),
            "effect_key": row.get("effect_key"), "input_hash": row.get("hash"), "block": row.get("block"),
            "started_at": row["at"], "seq": row.get("seq"), "seconds": row.get("secs"), "ended_at": row.get("end"),
            "due": row.get("due"), "input_tokens": row.get("itok"), "output_tokens": row.get("otok"),
            "cost_usd": row.get("cost"), "simulated": row.get("sim"), "ref": row.get("ref"),
            "origin": row.get("origin"), "result": row.get("result"),
        }  # fmt: skip

    def _update(self, row: Row, epoch: int) -> None:
        there = self.t.steps[row["run"], row["key"]]
        there.update(epoch=epoch, attempt=row["attempt"], state=row["state"], seq=row.get("seq"), due=row.get("due"),
                     result=row.get("result"), ended_at=row.get("end"), simulated=row.get("sim"), origin=None,
                     seconds=None if there["seconds"] is None else there["seconds"] + row.get("secs", 0.0))  # fmt: skip
        for name, short in (("ref", "ref"), ("started_at", "at"), ("effect_key", "effect_key"), ("input_hash", "hash")):
            if row.get(short) is not None:
                there[name] = row[short]
        for name, short in (("input_tokens", "itok"), ("output_tokens", "otok"), ("cost_usd", "cost")):
            there[name] = ((there[name] or 0) + (row.get(short) or 0)) or None

    def _settle(self, row: Row) -> None:
        for (run, key, attempt, scope, named), held in self.t.reservations.items():
            if (run, key, attempt, held["state"]) == (row["run"], row["key"], row["attempt"], "held"):
                held.update(settled=row["amount"], state="settled" if row["amount"] else "refunded")
                bucket = (held["workspace_id"], scope, named)
                if bucket in self.t.budget_use:
                    self.t.budget_use[bucket] -= held["amount"] - row["amount"]

    def _unmoved(self, rows: list[Row]) -> list[Row]:
        return [r for r in rows if r.get("wake") is None or self.t.runs[r["run"]]["wake"] == r["wake"]]

    def _rest(self, rows: list[Row]) -> list[Row]:
        rested = self._unmoved(rows)
        for row in rested:
            self.t.runs[row["run"]].update(
                status=row["status"], reason=row["reason"], output=row.get("output"), output_ref=row.get("output_ref"),
                error=row.get("error"), worker=None, due=row.get("due"), wakes_on=row.get("wakes_on"), seq=row["seq"],
                recoveries=0, alone=False, input_tokens=row["itok"], output_tokens=row["otok"], cost_usd=row["cost"],
                seconds=row["secs"],
            )  # fmt: skip
            self.t.events[row["run"], row["seq"]] = {"type": row["event"], "data": row["data"]}
        return rested

    def _family(self, children: list[Row], rested: list[Row], stops: list[Row]) -> None:
        for child in children:
            above = self.t.runs[child["run"]]
            above["pending"] += 1
            self.t._born({
                "id": child["id"], "workspace_id": above["workspace_id"], "parent_id": above["id"],
                "parent_key": child["key"], "root_id": above["root_id"], "program": child["program"],
                "major": child["major"], "version_id": child["version"], "subject": child["subject"],
                "input": child["input"], "status": "queued", "due": self.t.now(), "dry_run": above["dry_run"],
                "budget_usd": above["budget_usd"],
            })  # fmt: skip
        for row in rested:
            if row.get("parent"):
                parent = self.t.runs[row["parent"]]
                parent["pending"] -= 1
                if parent["status"] in OVER:
                    parent["wake"] += 1
                else:
                    self.t._woken(parent)
            for child in self.t.runs.values() if row.get("over") else ():
                if child["parent_id"] == row["run"]:
                    self._stop(child, "the run above it has ended")
        for stop in stops:
            child = self.t.runs[stop["id"]]
            if child["parent_id"] == stop["run"]:
                self._stop(child, stop["reason"])

    def _stop(self, row: Row, reason: str) -> None:
        if row["status"] not in OVER:
            row["stop"] = row["stop"] or reason
            row["wake"] += 1
            row["due"] = self.t.now() if row["worker"] is None else None

    async def written(self, worker: str, batch: Batch) -> Verdicts | None:
        found: set[str] = set()
        rested: set[str] = set()
        for row in (*batch.inserts, *batch.updates):
            there = self.t.steps.get((row["run"], row["key"]))
            if there is not None and all(there[n] == row.get(n) for n in ("state", "attempt", "seq")) and (
                there["epoch"] == batch.held[row["run"]]
            ):  # fmt: skip
                found.add(row["run"])
        for row in batch.runs:
            run = self.t.runs[row["run"]]
            if run["seq"] >= row["seq"] and run["epoch"] >= batch.held[row["run"]]:
                rested.add(row["run"])
        found |= {row["run"] for row in batch.events if (row["run"], row["seq"]) in self.t.events}
        found |= {row["run"] for row in batch.children if row["id"] in self.t.runs}
        if not found | rested:
            return None
        own = frozenset(row["run"] for row in batch.runs)
        return Verdicts(frozenset(batch.held) - found - own, own - rested)

    async def commit_unless_woken(self, worker: str, epoch: int, run: Run, update: Row) -> bool:
        if self.t.runs[run.id]["wake"] != run.wake:
            return False
        if (await self.commit(worker, epoch, Batch({run.id: run.epoch}, updates=[update]))).refused:
            raise Fenced
        return True

    async def reserve(self, run: Run, key: str, attempt: int, amount: float) -> bool:
        row = self.t.runs[run.id]
        if row["epoch"] != run.epoch:
            return True
        wanted = [(scope, bucket, limit) for scope, bucket, limit in self._budgets(row)
                  if (run.id, key, attempt, scope, bucket) not in self.t.reservations]  # fmt: skip
        for scope, bucket, limit in wanted:
            used = self.t.budget_use.get((row["workspace_id"], scope, bucket), 0.0)
            if limit is not None and used + amount > limit:
                return False
        for scope, bucket, limit in wanted:
            self.t.reservations[run.id, key, attempt, scope, bucket] = {
                "bucket": bucket, "workspace_id": row["workspace_id"], "amount": amount, "settled": None,
                "state": "held",
            }  # fmt: skip
            if limit is not None:
                name = (row["workspace_id"], scope, bucket)
                self.t.budget_use[name] = self.t.budget_use.get(name, 0.0) + amount
        return True

    def _budgets(self, row: Row) -> list[tuple[str, str, float | None]]:
        applicable: list[tuple[str, str, float | None]] = [("run", f"run:{row['root_id']}", row["budget_usd"])]
        applicable += [
            (b["scope"], self._bucket(row, b["period"]), b["limit_usd"])
            for b in self.t.budgets
            if b["workspace_id"] == row["workspace_id"] and b["scope"] in ("workspace", row["subject"])
        ]
        return sorted(applicable, key=lambda a: a[:2])

    def _bucket(self, row: Row, period: str) -> str:
        today = datetime.fromtimestamp(self.t.now(), UTC).date().isoformat()
        return {"run": f"run:{row['root_id']}", "day": today, "month": today[:7]}[period]

    async def transact(
        self, worker: str, epoch: int, run: Run, insert: Callable[[Json], Row], fn: Callable[[Any], Awaitable[Json]]
    ) -> Json:
        batch = Batch({run.id: run.epoch})
        if not self._held(worker, epoch, batch):
            raise Fenced
        notes: list[Row] = []
        value = await fn(notes)
        if not self._held(worker, epoch, batch):  # Postgres holds a lock on the worker's row instead
            raise Fenced
        verdicts = await self.commit(worker, epoch, Batch({run.id: run.epoch}, inserts=[insert(value)]))
        assert not verdicts.refused
        self.t.notes.extend(notes)
        return value


def _step(key: str, row: Row) -> StepRow:
    names = [f.name for f in fields(StepRow) if f.name != "key"]
    return StepRow(key, **{n: row[n] for n in names})


def _follows(row: Row, there: Row, epoch: int) -> bool:
    """Whether a row may become this one: it is open, of no later epoch, and its attempt does not go back."""
    copied, before, now = there["origin"] is not None, there["state"], row["state"]
    back = (now == "retry" and before != "retry") or (now == "intent" and before == "unknown")
    onward = copied or there["attempt"] < row["attempt"] or (there["attempt"] == row["attempt"] and not back)
    return there["epoch"] <= epoch and onward and (before in OPEN or copied or there["seq"] is None)
