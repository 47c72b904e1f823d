"""The judge of a simulated or real world: by what arrived at the far side and what stands in the journal.

Takes plain rows, so that it judges Tables and Postgres alike.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from troupe.base.errors import StepFailed
from troupe.base.values import canonical
from troupe.durable.failures import failure_of
from troupe.durable.models import OVER, StepRow
from troupe.ports.run import Approval, Attempt, Child, Expired, Signal, Step

Row = dict[str, Any]


@dataclass
class Arrival:
    """One effect as the far side saw it."""

    run: str
    step: str
    attempt: int
    effect_key: str
    effect: str
    seen: int
    value: Any
    cost: float = 0.0


@dataclass(frozen=True, order=True)
class Birth:
    """When a step's row was first committed: by which epoch of its run, in which commit of the world, and whether as
    soon as the step began (an intent, a wait) or perhaps later. A frame begins before its first row."""

    epoch: int
    commit: int
    prompt: bool


@dataclass
class World:
    """All there is to judge by, at rest."""

    runs: dict[str, Row]
    steps: dict[tuple[str, str], Row]
    events: dict[tuple[str, int], str]
    arrivals: list[Arrival]
    notes: list[Row]  # {"run", "key", "seen"} that transact() wrote
    reservations: list[Row] = field(default_factory=list)
    used: dict[str, float] = field(default_factory=dict)  # budget bucket -> used_usd
    signals: list[tuple[str, str]] = field(default_factory=list)  # run, name
    programs: dict[str, Any] = field(default_factory=dict)  # what can be replayed: name -> program
    born: dict[tuple[str, str], Birth] = field(default_factory=dict)
    failed: dict[tuple[str, str], int] = field(default_factory=dict)  # the commit that made a step failed


async def judge(world: World) -> list[str]:
    """Every broken promise, as a sentence."""
    wrong: list[str] = []
    for rule in (_rest, _sequence, _effects, _transactions, _budgets, _starts):
        wrong += rule(world)
    return wrong + await _replays(world)


def _rest(world: World) -> list[str]:
    wrong: list[str] = []
    for id, run in world.runs.items():
        if run["status"] not in OVER:
            wrong.append(f"run {id} rests as {run['status']} ({run['reason']}), due {run['due']}, {run['wakes_on']}")
        elif run["pending"]:
            wrong.append(f"run {id} is over and its pending children are {run['pending']}")
        elif run["worker"] or run["due"]:
            wrong.append(f"run {id} is over and held by {run['worker']}, due {run['due']}")
    return wrong


def _sequence(world: World) -> list[str]:
    wrong: list[str] = []
    told: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (run, seq), kind in world.events.items():
        told[run].append((seq, kind))
    for (run, key), row in world.steps.items():
        if row["seq"] is not None:
            told[run].append((row["seq"], f"step {key}"))
    for run, rows in told.items():
        rows.sort()
        seqs = [seq for seq, _ in rows]
        if len(set(seqs)) < len(seqs):
            wrong.append(f"run {run} has a seq twice: {rows}")
        ends = [kind for _, kind in rows if kind in ("run.completed", "run.failed", "run.terminated")]
        status = world.runs[run]["status"]
        if status in OVER and (ends != [f"run.{status}"] or rows[-1][1] != ends[0] or rows[0][1] != "run.queued"):
            wrong.append(f"the events of run {run}, {status}, are out of order: {rows}")
    return wrong


def _effects(world: World) -> list[str]:
    wrong: list[str] = []
    calls: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for arrival in world.arrivals:
        if arrival.effect in ("idempotent", "once"):
            calls[arrival.run, arrival.step].append(arrival)
    for at, came in calls.items():
        row = world.steps.get(at)
        keys, seens = {a.effect_key for a in came}, {a.seen for a in came}
        if row is None or keys != {row["effect_key"]}:
            wrong.append(f"the effect keys of {at} are {keys}, the journal holds {row and row['effect_key']}")
        elif len(seens) > 1:
            wrong.append(f"{at} was decided on other results than before: {came}")
        elif row["effect"] == "once":
            wrong += _once(world, at, row, came)
        elif row["state"] == "done" and _value(row["result"]) != came[0].value and not row["origin"]:
            wrong.append(f"{at} gave {came[0].value}, the journal holds {row['result']}")
    often = Counter(a.effect_key for a in world.arrivals if a.effect == "once")
    wrong += [f"the effect key {key} of a once step arrived {n} times" for key, n in often.items() if n > 1]
    for at, row in world.steps.items():
        lasting = row["effect"] in ("idempotent", "once") and not row["simulated"] and not row["origin"]
        if lasting and row["state"] == "done" and at not in calls:
            wrong.append(f"{at} is done and never arrived")
        cut = row["state"] == "failed" and row["result"]["code"] == "cancelled"
        if cut and world.runs[at[0]]["status"] in ("completed", "failed"):
            wrong.append(f"{at} had begun and was cut off")
        if row["state"] in ("intent", "unknown") and world.runs[at[0]]["status"] in ("completed", "failed"):
            wrong.append(f"{at} is {row['state']} in a run that is {world.runs[at[0]]['status']}")
    return wrong


def _once(world: World, at: tuple[str, str], row: Row, came: list[Arrival]) -> list[str]:
    if len(came) > 1:
        return [f"{at} may happen once and arrived {len(came)} times: {came}"]
    unclear = (at[0], f"$settle/{at[1]}/{row['attempt']}") in world.signals
    seen = any(run == at[0] and kind == "step.unknown" for (run, _), kind in world.events.items())
    stopped = world.runs[at[0]]["status"] == "terminated"
    if row["state"] == "done" and _value(row["result"]) not in (came[0].value, None):
        return [f"{at} gave {came[0].value}, the journal holds {row['result']}"]
    if row["state"] not in ("done", "unknown") and not unclear and not stopped:
        return [f"{at} arrived and the journal says {row['state']}"]
    if unclear and not seen:
        return [f"{at} was settled and never shown as unknown"]
    return []


def _value(result: Any) -> Any:
    return result["value"] if isinstance(result, dict) else result


def seen_in(args: Any) -> int:
    """What an effect was decided from."""
    return args["seen"] if isinstance(args, dict) and "seen" in args else crc32(canonical(args))


def _transactions(world: World) -> list[str]:
    wrong: list[str] = []
    notes = Counter((n["run"], n["key"]) for n in world.notes)
    rows = {at for at, row in world.steps.items() if row["block"] == "$transact" and not row["origin"]}
    if set(notes) != rows or any(n > 1 for n in notes.values()):
        wrong.append(f"transactions and their rows differ: {notes} against {rows}")
    return wrong


def _budgets(world: World) -> list[str]:
    wrong: list[str] = []
    counted: dict[str, float] = defaultdict(float)
    spent: dict[str, float] = defaultdict(float)
    for r in world.reservations:
        counted[r["bucket"]] += r["amount"] if r["state"] == "held" else r["settled"]
    for a in world.arrivals:
        spent[f"run:{world.runs[a.run]['root_id']}"] += a.cost
    for id, run in world.runs.items():
        bucket, limit = f"run:{id}", run["budget_usd"]
        if run["parent_id"] or limit is None:
            continue
        if max(counted[bucket], spent[bucket], world.used.get(bucket, 0.0)) > limit + 1e-9:
            wrong.append(f"the budget of {id}, {limit}, was passed: {counted[bucket]}, {spent[bucket]}")
        if abs(counted[bucket] - world.used.get(bucket, 0.0)) > 1e-9:
            wrong.append(f"the budget of {id} counts {world.used.get(bucket)} and its reservations {counted[bucket]}")
        if spent[bucket] > counted[bucket] + 1e-9:
            wrong.append(f"run {id} spent {spent[bucket]}, counted are {counted[bucket]}")
    return wrong


def _starts(world: World) -> list[str]:
    """No node of a graph began after a failure of it that was in the journal."""
    failed: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    begun: dict[tuple[str, str, str], Birth] = {}
    for (run, key), birth in world.born.items():
        if world.runs[run]["program"] in ("graph", "pass"):
            for frame, node in _nodes_of(key):
                own = birth if node[0] != "f" else replace(birth, prompt=False)
                begun[run, frame, node] = min(begun.get((run, frame, node), own), own)
    for at in world.failed:
        frame, node = _nodes_of(at[1])[-1]
        if node[0] == "n":
            failed[at[0], frame].append(at)
    return [
        f"{run} {frame}{node} began as {birth}, after {at[1]} had failed"
        for (run, frame, node), birth in begun.items()
        for at in failed[run, frame]
        if _after(world, birth, at)
    ]


def _after(world: World, birth: Birth, at: tuple[str, str]) -> bool:
    """Whether something began when this failure was in the journal, and known: a paid one is told after its commit."""
    paid = any((r["run_id"], r["key"]) == at for r in world.reservations)
    there = birth.prompt and birth.commit > world.failed[at] and not paid
    return birth.epoch > world.steps[at]["epoch"] or there


def _nodes_of(key: str) -> list[tuple[str, str]]:
    """`fa1[0]/nb2/heard` is of `fa1` in the frame ``, of `nb2` in the frame `fa1[0]/`, and so on."""
    parts = key.split("/")
    return [("".join(f"{p}/" for p in parts[:i]), part.partition("[")[0]) for i, part in enumerate(parts)]


async def _replays(world: World) -> list[str]:
    """What a run ended with is what its program gives on its journal, every step and every input of an effect."""
    wrong: list[str] = []
    for id, run in world.runs.items():
        program = world.programs.get(run["program"])
        if program is None or run["status"] not in ("completed", "failed"):
            continue
        replay = Replay(world, id)
        ended: Row = {"output": None, "error": None}
        try:
            ended["output"] = await program(replay, run["input"])
        except StepFailed as failed:
            ended["error"] = {"code": failed.code, "step": failed.step}
        except Exception as failed:
            wrong.append(f"the journal of {id} cannot be replayed: {failed!r}")
        error = run["error"] and {name: run["error"][name] for name in ("code", "step")}
        if (ended["output"], ended["error"]) != (run["output"], error):
            wrong.append(f"run {id} ended with {run['output']}, {error}, its journal with {ended}")
        wrong += replay.wrong
        left = {key for at, key in world.steps if at == id} - replay.asked
        if left and not run["origin_id"]:
            wrong.append(f"the journal of {id} holds what its program never asked for: {left}")
    return wrong


class Replay:
    """A RunContext over a finished journal. Raises KeyError where a row is missing."""

    def __init__(self, world: World, id: str) -> None:
        self.world, self.id = world, id
        self.dry_run, self.only, self.workspace_id = False, None, world.runs[id]["workspace_id"]
        self.version = world.runs[id].get("version_id")
        self.asked: set[str] = set()
        self.wrong: list[str] = []
        self._keys = {key for at, key in world.steps if at == id}
        self.seen = {(a.run, a.step): a.seen for a in world.arrivals if a.effect in ("idempotent", "once")}

    def _row(self, key: str) -> Row:
        self.asked.add(key)
        if key not in self._keys:
            self.wrong.append(f"the journal of {self.id} lacks {key}")
        return self.world.steps[self.id, key]

    def _result(self, key: str) -> Any:
        row = self._row(key)
        if row["state"] == "failed":
            raise failure_of(StepRow(key, "failed", result=row["result"]))
        if row["state"] not in ("done", "skipped"):
            raise AssertionError(f"{key} is {row['state']} in a completed run")
        return row["result"]

    async def step(self, key: str, step: Step, args: Any) -> Any:
        if self.seen.get((self.id, key), seen_in(args)) != seen_in(args):
            self.wrong.append(f"{self.id} {key} was done on {self.seen[self.id, key]}, its journal gives {args}")
        return self._result(key)

    async def wait(self, key: str, awaited: Signal | Approval) -> Any:
        result = self._result(key)
        if isinstance(awaited, Signal) and self._row(key)["ref"] == "expired":
            raise Expired(key)
        return result

    async def sleep(self, key: str, **_: Any) -> None:
        self._result(key)

    async def skip(self, key: str, reason: str) -> None:
        self._result(key)

    async def now(self, key: str) -> Any:
        from troupe.durable.models import instant

        return instant(self._result(key))

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        results = await asyncio.gather(*[branch() for branch in branches], return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def _holds(self, key: str) -> bool:
        return any(k == key or k.startswith((f"{key}/", f"{key}[")) for k in self._keys)

    async def begun(self, key: str) -> bool:
        """False once nobody has asked for anything in many turns, the more the further out."""
        quiet, asked, enough = 0, -1, 40 * max(1, 8 - key.count("/") - key.count("["))
        while not self._holds(key) and quiet < enough:
            quiet = quiet + 1 if asked == len(self.asked) else 0
            asked = len(self.asked)
            await asyncio.sleep(0)
        return self._holds(key)

    async def map(self, key: str, items: Sequence[Any], one: Any, *, at_once: int, child: Any) -> list[Any]:
        keys = [f"{key}[{i}]" for i in range(len(items))]
        if any(k in self._keys for k in keys):
            one = self._called(key, child)
        begun = [i for i, k in enumerate(keys) if self._holds(k)]
        ended = await asyncio.gather(*[one(i, items[i]) for i in begun], return_exceptions=True)
        results = dict(zip(begun, ended, strict=True))
        for result in ended:
            if isinstance(result, StepFailed):
                self._no_pass_after(result, [keys[i] for i in begun])
        for result in ended:
            if isinstance(result, BaseException):
                raise result
        return [results[i] if i in results else await one(i, item) for i, item in enumerate(items)]

    def _no_pass_after(self, failed: StepFailed, passes: list[str]) -> None:
        """A pass has failed when all that it had begun is over, be the failing step the last of it or not."""
        at = (self.id, failed.step or "")
        own = next((p for p in passes if at[1] == p or at[1].startswith(f"{p}/")), None)
        if own is None or at not in self.world.failed:
            return
        ended = [self.world.steps[self.id, k] for k in self._keys if k == own or k.startswith(f"{own}/")]
        last = max(row["epoch"] for row in ended)
        closes = all((row["seq"] or 0) <= self.world.steps[at]["seq"] for row in ended)
        for key in passes:
            rows = [k for k in self._keys if k == key or k.startswith(f"{key}/")]
            birth, first = min((self.world.born[self.id, k], k) for k in rows)
            if "/" in first[len(key) + 1 :]:  # of what began in the pass, and perhaps not at once
                birth = replace(birth, prompt=False)
            if birth.epoch > last or (closes and _after(self.world, birth, at)):
                self.wrong.append(f"{self.id} {key} began as {birth}, after {failed.step} had failed")

    def _called(self, key: str, child: Any) -> Any:
        async def one(index: int, item: Any) -> Any:
            return await self.call(f"{key}[{index}]", child(index, item))

        return one

    async def call(self, key: str, child: Child) -> Any:
        result = self._result(key)
        ran = self.world.runs.get(self._row(key)["ref"])
        if ran is None or ran["output"] != result or ran["input"] != child.input:
            self.wrong.append(f"{self.id} {key} holds {result}, its child {ran}")
        return result

    async def transact(self, key: str, fn: Any) -> Any:
        return self._result(key)


__all__ = ["Arrival", "Attempt", "World", "judge"]
