"""A slice: one holder advancing one run from its journal, as far as it can. This is the RunContext programs see.

A slice counts its branches. A branch that works or may go on holds a token; one that rests has given its token away,
and whoever wakes it gives it back. With no token left, nothing can happen without news from outside: the run parks.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import orjson

from troupe.base.errors import (
    BadInput,
    Cancelled,
    GivenUp,
    NotDone,
    OverBudget,
    RateLimited,
    StepFailed,
    TimedOut,
    TroupeError,
    Unavailable,
    tree,
)
from troupe.base.ids import RunId
from troupe.base.values import Json, canonical, dump
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.edge import Edge
from troupe.durable.facts import Facts
from troupe.durable.models import (
    OVER,
    BadRow,
    Diverged,
    Ended,
    Fenced,
    Journaled,
    Left,
    Outcome,
    Parked,
    Row,
    Run,
    SignalRow,
    StepRow,
    Stopped,
    instant,
)
from troupe.ports.run import Approval, Attempt, Child, Effect, Expired, Program, Retry, Signal, Step, Usage

if TYPE_CHECKING:
    from troupe.durable.worker import Worker

LARGE = 128 * 1024  # bytes of JSON; more goes to files
SHORT_REST = 5.0  # seconds slept in the slice rather than parked
EXPIRED = "expired"
_UNUSED = Usage()


@dataclass(slots=True, eq=False)
class _Rest:
    kind: str  # time | signal | approval | unknown | child | again
    key: str
    future: "asyncio.Future[Any]"
    due: float | None = None
    name: str = ""
    expires: bool = False  # its due time ends the wait rather than fulfils it


class _Group:
    __slots__ = ("left", "whole")

    def __init__(self, left: int) -> None:
        self.left = left
        self.whole = asyncio.current_task()


class Slice(Facts):
    """The RunContext of one claimed run."""

    def __init__(self, worker: "Worker", run: Run, journaled: Journaled, program: Program) -> None:
        self.worker, self.run, self.program, self.files = worker, run, program, worker.files
        self.steps, self.signals, self.inherited = journaled.steps, journaled.signals, journaled.inherited
        self.taken = {row.ref for row in self.steps.values() if row.ref}
        self.asked: set[str] = set()
        self.edge = Edge(self.steps)
        self.rests: dict[str, _Rest] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        self.live = 1
        self.bell = asyncio.Event()
        self.poked = False
        self.stopping = False
        self.fatal: BaseException | None = None
        self.stay_until = worker.clock.elapsed() + SHORT_REST
        self.calm: set[asyncio.Timeout] = set()  # attempts that may be cut at once when the run is ended
        self.used = _UNUSED
        self.secs = 0.0

    # ── what a program sees ─────────────────────────────────────────────────────────────────────────────────────────

    async def step(self, key: str, step: Step, args: Json) -> Json:
        """One unit of work, done once."""
        digest = _digest(step.block, args)
        row = self._ask(key, step.block, digest)
        if row is None:
            row = self._fresh(key, step, digest)
            if row.state == "done":
                return await self._value(row)
        elif row.state == "done":
            return await self._value(row)
        elif row.state == "failed":
            raise failure_of(row)
        elif row.state == "intent":
            await self._recover(row, step)
        while True:
            if row.state == "retry":
                await self._rest("time", key, due=row.due)
            if row.state == "unknown":
                await self._settlement(row)
            elif row.state == "done":
                return await self._value(row)
            elif row.state == "failed":
                raise failure_of(row)
            else:
                value, failed = await self._attempt(row, step, args)
                if row.state == "done":
                    return value
                if failed is not None and row.state == "failed":
                    raise failed

    async def wait(self, key: str, awaited: Signal | Approval) -> Json:
        """Rest until a message or a decision is there."""
        asks = isinstance(awaited, Approval)
        request: Row = _request_of(awaited) if isinstance(awaited, Approval) else {"signal": awaited.name}
        name = f"$approval/{key}" if asks else awaited.name
        row = self._ask(key, "$approval" if asks else "$signal", _digest("", request))
        if row is None:
            due = None if awaited.expires is None else self.worker.now() + awaited.expires
            row = self._open(key, "$approval" if asks else "$signal", _digest("", request), due=due)
            row.result = {"request": request} if asks else None
            self._offer(row, new=True, result=row.result)
        if row.state == "waiting":
            found = self._message(name) or await self._rest(
                "approval" if asks else "signal", key, due=row.due, name=name, expires=True
            )
            if isinstance(found, SignalRow):
                self.taken.add(found.id)
                row.ref = found.id
                row.result = {"request": request, **_as_dict(found.payload)} if asks else found.payload
                self._end(row, "done", row.result)
        if asks:
            return {k: v for k, v in _as_dict(row.result).items() if k != "request"}
        if row.ref == EXPIRED:
            raise Expired(key)
        return await self._value(row)

    async def sleep(self, key: str, *, seconds: float | None = None, until: datetime | None = None) -> None:
        """Rest for a time that is fixed the first time."""
        row = self._ask(key, "$sleep", None)
        if row is None:
            due = until.timestamp() if until else self.worker.now() + max(seconds or 0.0, 0.0)
            row = self._open(key, "$sleep", None, due=due)
            self._offer(row, new=True)
        if row.state == "waiting":
            await self._rest("time", key, due=row.due)
            self._end(row, "done", None)

    async def skip(self, key: str, reason: str) -> None:
        """Journal that a step is left out."""
        row = self._ask(key, "$skip", None, lenient=True)
        if row is None:
            row = self._open(key, "$skip", None)
            row.state, row.seq = "skipped", self._next_seq()
            self._offer(row, new=True, result={"reason": reason}, ended=True)

    async def now(self, key: str) -> datetime:
        """The time, journaled."""
        row = self._ask(key, "$now", None)
        if row is None:
            row = self._open(key, "$now", None)
            row.result = self.worker.now()
            self._end(row, "done", row.result, new=True)
        return instant(float(cast(float, row.result)))

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        """Branches side by side."""
        if len(branches) == 1:
            return [await branches[0]()]
        if not branches:
            return []
        group = _Group(len(branches))
        self.live += len(branches) - 1  # our own token goes to one of them and comes back from the last
        tasks = [self._spawn(branch, group) for branch in branches]
        if self.edge.behind:
            self.edge.split(tasks)
        await asyncio.wait(tasks)
        return _results(tasks)

    async def map(
        self,
        key: str,
        items: Sequence[Json],
        one: Callable[[int, Json], Awaitable[Json]],
        *,
        at_once: int,
        child: Callable[[int, Json], Child] | None = None,
    ) -> list[Json]:
        """`one` for every item, `at_once` at a time."""
        if child is not None and len(items) > self.worker.fan_out_above:
            return await self._fan_out(key, items, child, at_once)
        results: list[Json] = [None] * len(items)
        todo = iter(range(len(items)))
        failed: dict[int, Exception] = {}

        async def lane() -> None:
            for index in todo:
                if not await self.begun(f"{key}[{index}]") and failed:
                    continue
                try:
                    results[index] = await one(index, items[index])
                except Exception as wrong:  # the passes already going end first, in a replay too
                    failed[index] = wrong

        await self.together(*[lane] * min(max(at_once, 1), len(items)))
        if failed:
            raise failed[min(failed)]  # the same in every replay, whichever came first
        return results

    async def begun(self, key: str) -> bool:
        """Whether the journal holds anything at or below a key."""
        if self.edge.holds(key):
            return True
        if self.edge.behind:
            await self.edge.decides(key)
        return False

    async def _all_at_edge(self) -> None:
        """Nothing acts before every branch has replayed, and nothing where one of them diverged."""
        if self.edge.behind:
            await self.edge.acts()
        if self.fatal is not None:
            raise self.fatal

    async def transact(self, key: str, fn: Callable[[Any], Awaitable[Json]]) -> Json:
        """Our own tables and the journal row in one transaction."""
        row = self._ask(key, "$transact", None)
        if row is None:
            await self._all_at_edge()
            await self.worker.writer.flush(self.run)
            row = self._open(key, "$transact", None)
            row.state = "done"

            def insert(value: Json) -> Row:
                return self._row(row, new=True, result=value)

            passing(Checkpoint.BEFORE_TRANSACT)
            await self.worker.ready()
            try:
                row.result = await self.worker.journal.transact(self.worker.id, self.worker.epoch, self.run, insert, fn)
            except Unavailable as down:
                raise Left from down
            passing(Checkpoint.AFTER_TRANSACT)
        if row.seq is None:  # told by the writer, so that a run's events are seen in order
            self._end(row, "done", row.result)
        return await self._value(row)

    async def call(self, key: str, child: Child) -> Json:
        """Another run below this one."""
        row = self._ask(key, "$call", _digest(child.program, [child.version, child.input]))
        if row is None:
            await self._all_at_edge()
            row = self._start_child(key, child)
        elif row.state == "waiting":
            self.poke()  # it may have ended before this slice began: `wake` counts that no more
        if row.state == "waiting":
            ended: Ended | None = await self._rest("child", key, due=row.due, name=row.ref or "")
            if ended is None:
                return self._child_late(row, child)
            return await self._child_ended(row, ended)
        if row.state == "failed":
            raise failure_of(row)
        return await self._value(row)

    # ── branches and rests ──────────────────────────────────────────────────────────────────────────────────────────

    def _spawn(self, branch: Callable[[], Awaitable[Any]], group: _Group) -> asyncio.Task[Any]:
        async def go() -> Any:
            try:
                return await branch()
            except (Diverged, Fenced, Stopped, BadRow) as wrong:  # ends the slice, whatever its other branches do
                self.fatal = self.fatal or wrong
                self.bell.set()
                raise
            finally:
                group.left -= 1
                if self.edge.behind:
                    self.edge.joined(None if group.left else group.whole)
                if group.left:
                    self._give_token()

        task = asyncio.get_running_loop().create_task(go())
        self.tasks.add(task)
        task.add_done_callback(self._branch_over)
        return task

    def _branch_over(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who awaits the branch deals with it; after the slice's end nobody does

    def _give_token(self) -> None:
        self.live -= 1
        if not self.live:
            self.bell.set()

    async def _rest(
        self, kind: str, key: str, *, due: float | None = None, name: str = "", expires: bool = False
    ) -> Any:
        if self.stopping:
            raise Stopped
        rest = _Rest(kind, key, asyncio.get_running_loop().create_future(), due, name, expires)
        self.rests[key] = rest
        self._give_token()
        try:
            return await rest.future
        finally:
            self.rests.pop(key, None)

    def _wake(self, rest: _Rest, value: Any) -> None:
        if not rest.future.done():
            self.live += 1
            rest.future.set_result(value)

    # ── driving ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def drive(self) -> Outcome:
        """Run the program until it ends or rests. Raises Fenced."""
        main = asyncio.get_running_loop().create_task(self._program())
        main.add_done_callback(lambda _: self.bell.set())
        self.edge.start(main)
        try:
            self._announce()
            if self.run.stop:
                self.halt()
            while True:
                await self.bell.wait()
                self.bell.clear()
                if main.done():
                    return await self._finish(main.exception(), main)
                if self.fatal is not None and not self.stopping:
                    return await self._finish(self.fatal, main)
                if self.poked:
                    self.poked = False
                    await self._look()
                elif not self.live and (outcome := await self._at_rest()):
                    return outcome
        finally:
            await self._unwind(main)

    async def _program(self) -> Json:
        try:
            output = await self.program(self, self.run.input)
        except Exception:
            await self._close_open()
            raise
        await self._close_open()
        return output

    async def _close_open(self) -> None:
        """Attempts of an earlier holder in branches that a failure has cut off since: no run ends over them."""
        for row in [r for r in self.steps.values() if r.key not in self.asked and r.effect is not None]:
            if row.state == "intent" and row.effect == Effect.ONCE:
                self._unknown(
                    row, Step(Effect.ONCE, _never), "The run failed elsewhere; whether it happened is not known."
                )
            if row.state == "unknown":
                await self._settlement(row)
            if row.state in ("intent", "retry"):
                row.result = as_row(Cancelled("The run ended before this step did."), row.key)
                self._end(row, "failed", row.result)

    def poke(self) -> None:
        """There may be news for this run."""
        self.poked = True
        self.bell.set()

    def halt(self) -> None:
        """End: nothing new starts, what rests is woken to unwind, harmless attempts are cut; effects end or settle."""
        self.stopping = True
        for rest in list(self.rests.values()):
            if not rest.future.done():
                self.live += 1
                rest.future.set_exception(Stopped())
        for scope in list(self.calm):
            scope.reschedule(-1)

    async def _unwind(self, main: asyncio.Task[Json]) -> None:
        for rest in list(self.rests.values()):
            if not rest.future.done():
                rest.future.set_exception(Parked())
        pending = [t for t in (main, *self.tasks) if not t.done()]
        if pending:
            await asyncio.sleep(0)
            for task in pending:
                task.cancel()
            await asyncio.wait(pending)
        for task in (main, *self.tasks):
            if task.done() and not task.cancelled():
                task.exception()  # it has been dealt with, or counts no more

    async def _at_rest(self) -> Outcome | None:
        """Every branch rests: wait a short while, or park."""
        rests = list(self.rests.values())
        if self.stopping or not rests:
            return None
        due = min((r.due for r in rests if r.due is not None), default=None)
        left = None if due is None else due - self.worker.now()
        if left is not None and left <= 0:
            await self._time_passed()
            return None
        if left is not None and left <= SHORT_REST and not self.worker.closing:
            asyncio.get_running_loop().call_later(left, self.bell.set)
            return None
        if any(r.kind == "child" for r in rests) and self._linger():
            return None
        return await self._park(rests, due)

    def _linger(self) -> bool:
        """Children end one soon after the other: stay in memory rather than load the journal for each."""
        now = self.worker.clock.elapsed()
        if self.worker.closing or now >= self.stay_until:
            return False
        asyncio.get_running_loop().call_later(self.stay_until - now + 0.001, self.bell.set)
        return True

    async def _time_passed(self) -> None:
        now = self.worker.now()
        passed = [r for r in self.rests.values() if r.due is not None and r.due <= now]
        for rest in [r for r in passed if r.expires]:  # while nothing else goes on
            if not await self._expire(rest):
                return await self._look()
        for rest in passed:
            self._wake(rest, None)
        return None

    async def _expire(self, rest: _Rest) -> bool:
        """Journal that a wait ended by its time, unless something came before: that is seen under the row lock."""
        await self.worker.writer.flush(self.run)
        row = self.steps[rest.key]
        seq = self._next_seq()
        result = {**_as_dict(row.result), "decision": "expired"} if rest.kind == "approval" else None
        row.state, row.seq = "done", seq
        update = self._row(row, new=False, result=result, ended=True) | {"ref": EXPIRED}
        if await self.worker.journal.commit_unless_woken(self.worker.id, self.worker.epoch, self.run, update):
            row.ref, row.result = EXPIRED, result
            return True
        row.state, row.seq = "waiting", None
        return False

    async def _look(self) -> None:
        """Read what came, wake who waited for it."""
        open_children = [r.name for r in self.rests.values() if r.kind == "child"]
        news = await self.worker.journal.news(self.run, open_children)
        self.run.wake = news.wake
        self.signals = news.signals
        if news.stop and not self.stopping:
            self.run.stop = news.stop
            self.halt()
            return
        ended = {e.id: e for e in news.ended}
        for rest in list(self.rests.values()):
            if rest.kind == "child" and rest.name in ended:
                self.stay_until = self.worker.clock.elapsed() + SHORT_REST
                self._wake(rest, ended[RunId(rest.name)])
            elif rest.kind in ("signal", "approval", "unknown") and (found := self._message(rest.name)):
                self.taken.add(found.id)
                self._wake(rest, found)
        if not self.live:
            self.bell.set()

    def _message(self, name: str) -> SignalRow | None:
        return next((s for s in self.signals if s.name == name and s.id not in self.taken), None)

    async def _park(self, rests: list[_Rest], due: float | None) -> Outcome | None:
        status, reason, wakes = _why(rests, due)
        seq = self._next_seq()
        self.worker.writer.status(
            self.run,
            self._status(status, reason, seq=seq, due=due, wakes_on=wakes, wake=self.run.wake)
            | {"event": f"run.{status}", "data": {"reason": reason, "wakes_on": wakes}},
        )
        passing(Checkpoint.BEFORE_PARK)
        verdicts = await self.worker.writer.flush(self.run)
        passing(Checkpoint.AFTER_PARK)
        if self.run.id in verdicts.moved:
            await self._look()
            return None
        self._publish(seq, f"run.{status}", {"reason": reason, "wakes_on": wakes})
        return Outcome("wait", due, tuple(r.name for r in rests if r.name))

    async def _finish(self, wrong: BaseException | None, main: asyncio.Task[Json]) -> Outcome:
        if isinstance(wrong, (Fenced, Parked)):
            raise Fenced
        if isinstance(wrong, Diverged):
            return await self._end_run("review", "diverged", {"message": str(wrong), "step": wrong.key})
        if isinstance(wrong, Stopped) or self.stopping:
            return await self._end_run("terminated", self.run.stop, None)
        if wrong is None:
            return await self._end_run("completed", None, None, main.result())
        return await self._end_run("failed", None, error_of(wrong))

    async def _end_run(self, status: str, reason: str | None, error: Row | None, output: Json = None) -> Outcome:
        seq = self._next_seq()
        over = status in OVER
        raw = dump(output)
        large = len(raw) > LARGE
        ref = await self._keep(raw, "output") if large else None
        data: Row = {k: v for k, v in (("reason", reason), ("error", error)) if v is not None}
        self.worker.writer.status(
            self.run,
            self._status(status, reason, seq=seq, wakes_on=None if over else {"kind": "person"})
            | {
                "output": None if large else orjson.Fragment(raw),
                "output_ref": ref,
                "error": error,
                "over": over,
                "event": f"run.{status}",
                "data": data,
            }
            | ({"parent": self.run.parent_id} if over and self.run.parent_id else {}),
        )
        self._publish(seq, f"run.{status}", data, after=True)
        await self.worker.writer.flush(self.run)
        return Outcome("done" if status == "completed" else "failed" if over else "wait")

    async def fail(self, error: Row) -> Outcome:
        """End the run as failed from outside its program."""
        return await self._end_run("failed", None, error)

    def _announce(self) -> None:
        kind = "run.started" if self.run.status == "queued" else "run.resumed"
        if self.run.status == "running":  # taken over from a holder that died: nothing changed for the world
            return
        seq = self._next_seq()
        self.worker.writer.event(self.run, self._event(seq, kind, {}))
        self._publish(seq, kind, {}, after=True)

    # ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, key: str, block: str, digest: str | None, *, lenient: bool = False) -> StepRow | None:
        """The journal's row of a key, checked against what the program asks for."""
        if self.stopping:
            raise Stopped
        if key in self.asked:
            raise TroupeError(f"The definition asks for the step {key!r} twice.", code="key_twice")
        if len(key) > 128 and len(key.encode()) > 512:
            raise TroupeError(f"The step key {key[:60]!r}… is longer than 512 bytes.", code="key_too_long")
        self.asked.add(key)
        row = self.steps.get(key)
        if self.edge.behind:
            self.edge.met(row)
        if row is None or row.input_hash is None or digest is None:
            if row is not None and row.block != block and not lenient and row.origin is None:
                raise Diverged(key, f"The journal holds {row.block!r} at {key!r}, the program asks for {block!r}.")
            return row
        if row.input_hash == digest:
            return row
        if row.origin is None:
            raise Diverged(key, f"The input of {key!r} is not the one in the journal.")
        if self.edge.behind:
            self.edge.met(None)
        row.origin, row.ref, row.input_hash = None, None, digest  # copied by a fork whose input differs: done anew
        row.state, row.attempt, row.due, row.effect_key = "again", 1, None, effect_key(self.run.id, key)
        return row

    def _fresh(self, key: str, step: Step, digest: str) -> StepRow:
        row = self._open(key, step.block, digest)
        row.effect = step.effect.value
        row.state = "new"
        before = self.inherited.get(key)
        if step.effect.lasting:
            same = before is not None and before.input_hash == digest
            row.effect_key = before.effect_key if same and before else effect_key(self.run.id, key)
            if same and before and step.effect is Effect.ONCE and not self.dry_run:
                self._reuse(row, before)
        return row

    def _reuse(self, row: StepRow, before: StepRow) -> None:
        """A rerun does not do a `once` effect again, unless its repetition was asked for."""
        row.result, row.ref, row.origin = before.result, before.ref, {"run_id": self.run.origin_id, "step": row.key}
        self._end(row, "done", row.result)

    def _open(self, key: str, block: str, digest: str | None, *, due: float | None = None) -> StepRow:
        row = StepRow(key, "waiting", 1, self.run.epoch, None, None, digest, block, due, self.worker.now())
        self.steps[key] = row
        return row

    async def _recover(self, row: StepRow, step: Step) -> None:
        """An attempt of an earlier holder ended without a word."""
        if step.effect is Effect.ONCE:
            await self._ask_far_side(row, step)
        elif step.key_holds is not None and self.worker.now() - row.started_at > step.key_holds:
            self._unknown(row, step, "The far side no longer honours the effect key.")
        else:
            row.state, row.attempt, row.due = "again", row.attempt + 1, None

    async def _ask_far_side(self, row: StepRow, step: Step) -> None:
        if step.check is None:
            self._unknown(row, step, "The process ended during the attempt; whether it happened is not known.")
            return
        settled_by = row.started_at + self.worker.lease + step.timeout
        if settled_by > self.worker.now():  # the old holder may still be at it
            await self._rest("time", row.key, due=settled_by)
        verdict = await step.check(row.effect_key or "")
        if verdict == "happened":
            self._end(row, "done", None)
        elif verdict == "not_happened":
            row.state, row.attempt = "again", row.attempt + 1
        else:
            self._unknown(row, step, "The far side cannot say whether it happened.")

    async def _attempt(self, row: StepRow, step: Step, args: Json) -> tuple[Json, StepFailed | None]:
        """One attempt, its end offered to the writer."""
        if self.dry_run and step.effect.lasting:
            return self._simulate(row, step), None
        if self.edge.behind or self.fatal is not None:
            await self._all_at_edge()
        if step.price is not None:
            passing(Checkpoint.BEFORE_RESERVE)
            if not await self._reserve(row, step.price):
                return None, self._failed(
                    row, step, OverBudget(f"{row.key} may cost ${step.price:.4f}; the budget does not cover that.")
                )
            passing(Checkpoint.AFTER_RESERVE)
        if step.effect.lasting or step.price is not None:
            await self._intend(row)
        await self.worker.ready()
        while step.effect.lasting and self.worker.now() > row.started_at + self.worker.lease:
            await self._intend(row)  # the time by which an unclear attempt is over counts from its intent
            await self.worker.ready()
        begun = self.worker.clock.elapsed()
        attempt = Attempt(
            self.run.id,
            self.run.workspace_id,
            row.key,
            row.attempt,
            row.effect_key or "",
            step.timeout,
            tell=self._tell(row),
        )
        if self.worker.watched(self.run.id):
            self._publish(None, "step.started", {"attempt": row.attempt}, step=row.key)
        passing(Checkpoint.BEFORE_EFFECT)
        failed: StepFailed | None = None
        value: Json = None
        raw = b""
        try:
            raw = dump(await self._call(step, args, attempt))
            value = cast(Json, orjson.loads(raw))  # as a replay would give it
            if len(raw) > LARGE:
                row.ref = await self._keep(raw, f"{effect_key(self.run.id, row.key)}/{row.attempt}")
        except StepFailed as wrong:
            failed = wrong
        passing(Checkpoint.AFTER_EFFECT)
        spent = round(self.worker.clock.elapsed() - begun, 4)
        if failed is None:
            row.result = None if row.ref else value
            self._end(row, "done", None if row.ref else orjson.Fragment(raw), usage=attempt.usage, seconds=spent)
        else:
            failed = self._failed(row, step, failed, attempt.usage, spent)
        if step.price is not None:
            self._settle_price(row, step, attempt.usage, failed)
            await self.worker.writer.flush(self.run)
        return value, failed

    async def _reserve(self, row: StepRow, price: float) -> bool:
        try:
            return await self.worker.journal.reserve(self.run, row.key, row.attempt, price)
        except Unavailable as down:
            raise Left from down

    async def _call(self, step: Step, args: Json, attempt: Attempt) -> Json:
        """The step's function, its every end turned into a value or a StepFailed."""
        scope = asyncio.timeout(step.timeout)
        calm = not step.effect.lasting
        try:
            async with scope:
                if calm:
                    self.calm.add(scope)
                return await step.fn(args, attempt)
        except TimeoutError:
            if self.stopping and calm:
                raise Stopped from None
            raise TimedOut(f"No answer within {step.timeout:g} s.") from None
        except StepFailed:
            raise
        except BadInput as wrong:
            raise StepFailed(wrong.message, code=wrong.code, hint=wrong.hint) from wrong
        except Exception as wrong:
            self.worker.log.exception("A step crashed: %s", attempt.step)
            raise StepFailed(f"{type(wrong).__name__}: {str(wrong)[:500]}", code="block_crashed") from wrong
        finally:
            self.calm.discard(scope)

    async def _intend(self, row: StepRow) -> None:
        """Durable before effect: everything given so far, and the intent, in one commit."""
        new = row.state == "new"
        row.state, row.started_at = "intent", self.worker.now()
        self._offer(row, new=new, begun=not new)
        passing(Checkpoint.BEFORE_INTENT)
        await self.worker.writer.flush(self.run)
        passing(Checkpoint.AFTER_INTENT)

    def _simulate(self, row: StepRow, step: Step) -> Json:
        before = self.inherited.get(row.key)
        recorded = before is not None and before.state == "done" and before.input_hash == row.input_hash
        row.result = before.result if recorded and before else step.simulated
        self._end(row, "done", row.result, simulated=True)
        return row.result

    def _failed(
        self, row: StepRow, step: Step, wrong: StepFailed, usage: Usage = _UNUSED, seconds: float = 0.0
    ) -> StepFailed:
        """Decide what a failed attempt means: once and unclear is unknown; else another attempt or the end."""
        wrong.step = wrong.step or row.key
        if step.effect is Effect.ONCE and not isinstance(wrong, NotDone):
            self._unknown(row, step, wrong.message, usage=usage, seconds=seconds)
        elif self._again(step.retry, wrong, row.attempt):
            due = self.worker.now() + self._pause(step.retry, row.attempt, wrong)
            new = row.state == "new"
            row.state, row.attempt, row.due = "retry", row.attempt + 1, due
            self._offer(row, new=new, result=as_row(wrong, row.key), usage=usage)
            if self.worker.watched(self.run.id):
                self._publish(
                    None,
                    "step.retrying",
                    {"attempt": row.attempt, "error": as_row(wrong, row.key)},
                    step=row.key,
                    after=True,
                )
        else:
            row.result = as_row(wrong, row.key)
            self._end(row, "failed", row.result, usage=usage, seconds=seconds)
        return wrong

    def _again(self, retry: Retry, wrong: StepFailed, attempt: int) -> bool:
        return wrong.retryable and attempt < retry.attempts and (not retry.on or wrong.code in retry.on)

    def _pause(self, retry: Retry, attempt: int, wrong: StepFailed) -> float:
        """Seconds before the next attempt: full growth, half of it jitter, never less than the far side asks."""
        asked = wrong.retry_after or 0.0 if isinstance(wrong, RateLimited) else 0.0
        grown = min(retry.first * retry.factor ** (attempt - 1), retry.max)
        return max(min(asked, 3600.0), grown * (0.5 + self.worker.random() / 2))

    def _unknown(self, row: StepRow, step: Step, why: str, usage: Usage = _UNUSED, seconds: float = 0.0) -> None:
        new = row.state == "new"
        row.state = "unknown"
        row.due = row.started_at + self.worker.lease + step.timeout  # before that, "not happened" cannot be known
        row.result = {"code": "unknown", "message": why, "node": None, "step": row.key, "retryable": False, "hint": ""}
        self._offer(row, new=new, result=row.result, usage=usage, seconds=seconds)
        seq = self._next_seq()  # an event of its own: the row's is its settlement
        self.worker.writer.event(self.run, self._event(seq, "step.unknown", {"step": row.key, "error": row.result}))
        self._publish(seq, "step.unknown", {"error": row.result}, step=row.key, after=True)

    async def _settlement(self, row: StepRow) -> None:
        """A person, or the far side, says what became of an unclear attempt."""
        name = f"$settle/{row.key}/{row.attempt}"
        found = self._message(name) or await self._rest("unknown", row.key, name=name)
        self.taken.add(found.id)
        said = _as_dict(found.payload)
        if said.get("outcome") == "happened":
            row.result = said.get("output")
            self._end(row, "done", row.result)
        elif said.get("outcome") == "not_happened":
            row.state, row.attempt, row.due = "retry", row.attempt + 1, self.worker.now()
            self._offer(row, new=False)
        else:
            row.result = as_row(GivenUp(str(said.get("note") or "") or ""), row.key)
            self._end(row, "failed", row.result)

    def _settle_price(self, row: StepRow, step: Step, usage: Usage, failed: StepFailed | None) -> None:
        vouched = isinstance(failed, NotDone)  # the provider did not bill
        amount = 0.0 if vouched else usage.cost_usd if failed is None else max(usage.cost_usd, step.price or 0.0)
        attempt = row.attempt - 1 if row.state == "retry" else row.attempt
        self.worker.writer.settle(self.run, {"run": self.run.id, "key": row.key, "attempt": attempt, "amount": amount})

    # ── children ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_child(self, key: str, child: Child) -> StepRow:
        due = None if child.timeout is None else self.worker.now() + child.timeout
        row = self._open(key, "$call", _digest(child.program, [child.version, child.input]), due=due)
        row.ref = self.worker.new_id()
        self.taken.discard(row.ref)
        self.worker.writer.child(
            self.run,
            {
                "run": self.run.id, "id": row.ref, "key": key, "program": child.program, "version": child.version,
                "major": self.worker.major_of(child.program), "input": child.input, "subject": child.subject,
            },
        )  # fmt: skip
        self._offer(row, new=True)  # after it, so that neither is committed without the other
        self.worker.writer.after(self.worker.due_now)
        return row

    async def _child_ended(self, row: StepRow, ended: Ended) -> Json:
        if ended.status == "completed":
            row.result, row.ref = ended.output, ended.output_ref or row.ref
            self._end(row, "done", row.result)
            return await self._value(row)
        error = ended.error or {"code": ended.status, "message": f"The run {ended.id} was {ended.status}."}
        row.result = {**error, "step": row.key}
        self._end(row, "failed", row.result)
        raise failure_of(row)

    def _child_late(self, row: StepRow, child: Child) -> Json:
        """The child has had its time: it is asked to end, and its call has failed."""
        self.worker.writer.stop_child(self.run, {"run": self.run.id, "id": row.ref, "reason": "its time was over"})
        row.result = as_row(TimedOut(f"The run below this step did not end within {child.timeout:g} s."), row.key)
        self._end(row, "failed", row.result)
        raise failure_of(row)

    async def _fan_out(
        self, key: str, items: Sequence[Json], child: Callable[[int, Json], Child], at_once: int
    ) -> list[Json]:
        async def one(index: int, item: Json) -> Json:
            return await self.call(f"{key}[{index}]", child(index, item))

        return await self.map(key, items, one, at_once=at_once)

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _next_seq(self) -> int:
        self.run.seq += 1
        return self.run.seq

    def _end(
        self, row: StepRow, state: str, result: Any, *, usage: Usage = _UNUSED, seconds: float = 0.0,
        simulated: bool = False, new: bool = False,
    ) -> None:  # fmt: skip
        new = new or row.state == "new"
        row.state, row.seq = state, self._next_seq()
        self._offer(row, new=new, result=result, usage=usage, seconds=seconds, ended=True, simulated=simulated)
        kind = "step.completed" if state == "done" else "step.failed"
        if self.worker.watched(self.run.id):
            self._publish(
                row.seq, kind, {"output" if state == "done" else "error": row.result}, step=row.key, after=True
            )

    def _offer(self, row: StepRow, *, new: bool, **more: Any) -> None:
        line = self._row(row, new=new, **more)
        (self.worker.writer.insert if new else self.worker.writer.update)(self.run, line)

    def _row(
        self, row: StepRow, *, new: bool, result: Any = None, usage: Usage = _UNUSED, seconds: float = 0.0,
        ended: bool = False, simulated: bool = False, begun: bool = False,
    ) -> Row:  # fmt: skip
        line: Row = {"run": self.run.id, "key": row.key, "state": row.state, "attempt": row.attempt, "result": result}
        if new or begun:
            line["at"] = row.started_at
            line["effect_key"] = row.effect_key
            line["hash"] = row.input_hash
        if new:
            line["effect"] = row.effect
            line["block"] = row.block
        if row.due is not None and row.state in ("retry", "waiting", "unknown"):
            line["due"] = row.due
        if ended:
            line["seq"] = row.seq
            line["end"] = self.worker.now()
        if row.ref:
            line["ref"] = row.ref
        if new and row.origin:
            line["origin"] = row.origin
        if seconds:
            line["secs"] = seconds
            self.secs += seconds
        if usage is not _UNUSED:
            line["itok"], line["otok"], line["cost"] = usage.input_tokens, usage.output_tokens, usage.cost_usd
            self.used = self.used + usage
        if simulated:
            line["sim"] = True
        return line

    def _status(
        self, status: str, reason: str | None, *, seq: int, due: float | None = None, wakes_on: Row | None = None,
        wake: int | None = None,
    ) -> Row:  # fmt: skip
        run = self.run
        return {
            "run": run.id, "status": status, "reason": reason, "seq": seq, "due": due, "wakes_on": wakes_on,
            "wake": wake, "itok": run.input_tokens + self.used.input_tokens,
            "otok": run.output_tokens + self.used.output_tokens, "cost": run.cost_usd + self.used.cost_usd,
            "secs": run.seconds + self.secs,
        }  # fmt: skip

    def _event(self, seq: int, kind: str, data: Row) -> Row:
        return {"run": self.run.id, "seq": seq, "type": kind, "data": data or None}

    def _publish(self, seq: int | None, kind: str, data: Row, *, step: str | None = None, after: bool = False) -> None:
        if not self.worker.watched(self.run.id):
            return
        at = datetime.fromtimestamp(self.worker.now(), UTC).isoformat().replace("+00:00", "Z")
        event: Row = {"seq": seq, "type": kind, "at": at, "run_id": self.run.id, "step": step, "data": data}

        def tell() -> None:
            self.worker.publish(self.run.id, event)

        self.worker.writer.after(tell) if after else tell()

    def _tell(self, row: StepRow) -> Callable[[str, Json], None]:
        return lambda kind, data: self._publish(None, f"step.{kind}", {"data": data}, step=row.key)

    async def _keep(self, raw: bytes, name: str) -> str:
        """Put a large value where it belongs; the reference that the journal holds instead."""
        key = f"runs/{self.run.id}/{name}"
        await self.worker.files.put(self.run.workspace_id, key, raw)
        return f"file:{key}"


async def _never(_args: Json, _attempt: Attempt) -> Json:
    raise AssertionError("a step that is only settled has no function")


def _digest(block: str, args: Any) -> str:
    """What replay compares: block and input, 128 bits of BLAKE2b over the canonical form."""
    return hashlib.blake2b(canonical(args), digest_size=16, person=block.encode()[-16:]).hexdigest()


def effect_key(run: str, key: str) -> str:
    """The key that goes to the far side, the same for every attempt of a step; has the form of a UUID."""
    digest = hashlib.blake2b(f"{run}/{key}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def as_row(wrong: TroupeError, key: str) -> Row:
    """A failure as the journal carries it."""
    return {
        "code": wrong.code, "message": wrong.message, "node": getattr(wrong, "node", None), "step": key,
        "retryable": wrong.retryable, "hint": wrong.hint,
    }  # fmt: skip


def failure_of(row: StepRow) -> StepFailed:
    """The journaled failure, raised again on replay with its class and code."""
    said = _as_dict(row.result)
    kind = tree().get(str(said.get("code")), StepFailed)
    wrong = (kind if issubclass(kind, StepFailed) else StepFailed)(str(said.get("message") or ""))
    wrong.code, wrong.hint = str(said.get("code") or wrong.code), str(said.get("hint") or "")
    wrong.node, wrong.step = said.get("node"), row.key
    return wrong


def error_of(wrong: BaseException) -> Row:
    """What the run's `error` says."""
    if isinstance(wrong, TroupeError):
        return as_row(wrong, getattr(wrong, "step", None) or "")
    if isinstance(wrong, BadRow):
        return as_row(TroupeError(f"The database cannot store a value of this run: {wrong}", code="bad_value"), "")
    return as_row(TroupeError(f"{type(wrong).__name__}: {str(wrong)[:500]}", code="program_crashed"), "")


def _request_of(asked: Approval) -> Row:
    return {
        "title": asked.title, "arguments": asked.arguments, "block": asked.block, "effect": asked.effect.value,
        "by": list(asked.by), "arguments_hash": hashlib.sha256(canonical(asked.arguments)).hexdigest(),
    }  # fmt: skip


def _as_dict(value: Any) -> Row:
    return cast(Row, value) if isinstance(value, dict) else {}


def _results(tasks: list[asyncio.Task[Any]]) -> list[Any]:
    failures = [t.exception() for t in tasks if t.cancelled() is False and t.exception() is not None]
    for wrong in sorted((f for f in failures if f), key=lambda w: isinstance(w, Exception)):
        raise wrong
    return [t.result() for t in tasks]


def _why(rests: list[_Rest], due: float | None) -> tuple[str, str | None, Row]:
    """Status, reason and `wakes_on` of a run whose branches all rest; a person comes before everything else."""
    at = {"at": instant(due).isoformat().replace("+00:00", "Z")} if due is not None else {}
    kinds = {r.kind for r in rests}
    if "unknown" in kinds:
        return "review", "unknown_effect", {"kind": "person", **at}
    if "approval" in kinds:
        return "review", "approval", {"kind": "person", **at}
    if "signal" in kinds:
        name = next(r.name for r in rests if r.kind == "signal")
        return "waiting", "signal", {"kind": "signal", "name": name, **at}
    if "child" in kinds:
        return "waiting", "children", {"kind": "children", **at}
    return "waiting", "time", {"kind": "time", **at}
