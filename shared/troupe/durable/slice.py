"""A slice: one holder advancing one run from its journal, as far as it can.

It is made in layers, each a class on the one before: what it writes (`rows`), its branches (`branches`), its steps
(`attempts`), the runs below it (`children`), what its program sees (`view`), and here what drives it.
"""

import asyncio
from typing import TYPE_CHECKING

import orjson

from troupe.base.errors import Cancelled
from troupe.base.ids import RunId
from troupe.base.values import Json, dump
from troupe.durable.branches import Rest
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.facts import EXPIRED
from troupe.durable.failures import as_row, error_of
from troupe.durable.models import (
    LONG,
    OVER,
    Diverged,
    Fenced,
    Journaled,
    Outcome,
    Parked,
    Row,
    Run,
    Stopped,
    as_dict,
    instant,
)
from troupe.durable.rows import LARGE
from troupe.durable.view import View
from troupe.ports.run import Attempt, Effect, Program, Step

if TYPE_CHECKING:
    from troupe.durable.worker import Worker

SHORT_REST = 5.0  # seconds slept in the slice rather than parked
HANDED_OVER = 3600.0  # seconds after which a run that rests for a worker is looked at again


class Slice(View):
    """The RunContext of one claimed run. With no token left, it waits a short while or parks."""

    def __init__(self, worker: "Worker", run: Run, journaled: Journaled, program: Program) -> None:
        super().__init__(worker, run, journaled)
        self.program = program
        self.stay_until = worker.clock.elapsed() + worker.linger

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

    # ── at rest ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _at_rest(self) -> Outcome | None:
        """Every branch rests: wait a short while, or park."""
        rests = list(self.rests.values())
        if self.stopping or not rests:
            return None
        if _needs_worker(rests):
            return await self._park(rests, self.worker.now() + HANDED_OVER)
        if any(r.kind == "again" for r in rests):
            return await self._park(rests, self.worker.now())
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

    async def _expire(self, rest: Rest) -> bool:
        """Journal that a wait ended by its time, unless something came before: that is seen under the row lock."""
        await self.worker.writer.flush(self.run)
        row = self.steps[rest.key]
        seq = self._next_seq()
        result = {**as_dict(row.result), "decision": "expired"} if rest.kind == "approval" else None
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
                self.stay_until = self.worker.clock.elapsed() + self.worker.linger
                self._wake(rest, ended[RunId(rest.name)])
            elif rest.kind in ("signal", "approval", "unknown") and (found := self._message(rest.name)):
                self.taken.add(found.id)
                self._wake(rest, found)
        if not self.live:
            self.bell.set()

    async def _park(self, rests: list[Rest], due: float | None) -> Outcome | None:
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
        return Outcome("long" if _needs_worker(rests) else "wait", due, tuple(r.name for r in rests if r.name))

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────

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


async def _never(_args: Json, _attempt: Attempt) -> Json:
    raise AssertionError("a step that is only settled has no function")


def _needs_worker(rests: list[Rest]) -> bool:
    return any(rest.kind == "long" for rest in rests)


def _why(rests: list[Rest], due: float | None) -> tuple[str, str | None, Row]:
    """Status, reason and `wakes_on` of a run whose branches all rest; a worker that comes in a moment is before a
    person, who is before everything else."""
    at = {"at": instant(due).isoformat().replace("+00:00", "Z")} if due is not None else {}
    kinds = {r.kind for r in rests}
    if "long" in kinds:
        return "waiting", "time", {"kind": "time", "name": LONG, **at}
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
