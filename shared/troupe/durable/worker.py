"""A worker: one process that holds a lease and advances runs."""

import asyncio
import logging
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from troupe.base.clock import Clock, SystemClock
from troupe.base.errors import TroupeError, Unavailable
from troupe.base.ids import new_id
from troupe.base.tasks import end
from troupe.base.values import Json
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.failures import error_of
from troupe.durable.models import LONG, OVER, BadRow, Fenced, Journal, Outcome, Registered, Row, Run
from troupe.durable.replay import Replay
from troupe.durable.slice import Slice
from troupe.durable.writer import Writer
from troupe.ports.files import Files
from troupe.ports.realtime import Realtime

log = logging.getLogger("troupe.durable")

LINGER = 5.0
LOCKED = 1.0  # seconds after which a run is asked for again whose row was somebody's for a moment


class Worker:
    """Claims runs and drives their slices. `lease` and all times in seconds.

    `programs` maps name and major version, "graph@1", to what runs it. One worker a process; it may be stopped, and
    fences itself where another process has taken its runs over.
    """

    def __init__(
        self,
        journal: Journal,
        programs: Mapping[str, Registered],
        files: Files,
        realtime: Realtime | None = None,
        *,
        lease: float = 30.0,
        clock: Clock | None = None,
        ids: Callable[[], str] = new_id,
        chance: random.Random | None = None,
        fan_out_above: int = 200,
    ) -> None:
        self.journal, self.programs, self.files, self.realtime = journal, programs, files, realtime
        self.lease, self.clock, self.new_id = lease, clock or SystemClock(), ids
        self.random = (chance or random.Random()).random  # noqa: S311  jitter, no secret
        self.fan_out_above = fan_out_above
        self.margin = min(5.0, lease / 4)
        self.id, self.epoch = "", 1
        self.slices: dict[str, Slice] = {}
        self.tasks: dict[str, asyncio.Task[Outcome | None]] = {}
        self.busy: Counter[str] = Counter()  # runs in memory, by workspace
        self.closing = False
        self.longest = self.farthest = self._until = math.inf  # of `end_in`, in seconds
        self.log = log
        self.linger = LINGER  # seconds that a slice stays in memory for a run below it that may end soon
        self.on_due: Callable[[], None] = lambda: None
        self.on_free: Callable[[], None] = lambda: None
        self._background: list[asyncio.Task[None]] = []
        self._offset = 0.0
        self._lease_end = 0.0
        self._renewed = asyncio.Event()

    # ── life ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> "Worker":
        """Take a lease and keep it."""
        await self._register()
        self._background = [asyncio.create_task(self._keep_lease())]
        return self

    async def stop(self, grace: float = 10.0) -> None:
        """Start nothing new, let slices end or park for `grace` seconds, then leave them to whoever comes."""
        self.closing = True
        for slice_ in self.slices.values():
            slice_.bell.set()
        if self.tasks:
            await asyncio.wait(list(self.tasks.values()), timeout=grace)
        await end(*self.tasks.values(), *self._background)
        await self.writer.drain()

    async def _register(self) -> None:
        id, before = self.new_id(), self.clock.elapsed()
        now = await self.journal.register(id, self.lease)
        self.id, self.epoch = id, 1
        self._offset, self._lease_end = now - self.clock.elapsed(), before + self.lease
        self.writer = Writer(self.journal, self.id, self.epoch)
        self._renewed.set()

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(self.lease / 3)
            try:
                before = self.clock.elapsed()
                now = await self.journal.renew(self.id, self.epoch, self.lease)
                if now is None:
                    await self._fenced()
                    continue
            except (Unavailable, OSError):
                continue
            self._offset, self._lease_end = now - self.clock.elapsed(), before + self.lease
            self._renewed.set()

    async def _fenced(self) -> None:
        """Somebody took our runs over: drop what is in memory and begin as a new worker."""
        log.warning("This worker was fenced; its %d runs have other holders.", len(self.slices))
        for task in list(self.tasks.values()):
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self._register()

    # ── time and lease ──────────────────────────────────────────────────────────────────────────────────────────────

    def now(self) -> float:
        """The database's time, in seconds, as last heard plus what has passed since."""
        return self._offset + self.clock.elapsed()

    async def ready(self) -> None:
        """Return only while the lease lasts long enough for an effect to start. Raises Fenced."""
        while self._lease_end - self.clock.elapsed() <= self.margin:
            self._renewed.clear()
            await self._renewed.wait()

    def end_in(self, seconds: float, *, longest: float | None = None, farthest: float | None = None) -> "Worker":
        """Start nothing that may last longer than so many seconds from now.

        A step of up to `longest` seconds is done by a later slice like this one, of up to `farthest` by a worker with
        more time; a longer one is refused. Both are `seconds` where they are not said.
        """
        self.longest = seconds if longest is None else longest
        self.farthest = self.longest if farthest is None else farthest
        self._until = self.clock.elapsed() + seconds
        return self

    def has_time(self, seconds: float) -> bool:
        """Whether something that may take so long can still be started."""
        return self.clock.elapsed() + seconds <= self._until

    # ── advancing ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def advance(self, run: str, leg: int | None = None) -> Outcome:
        """Claim one run and advance it as far as it goes, unless a later leg than this has begun."""
        passing(Checkpoint.BEFORE_CLAIM)
        claimed = await self.journal.claim(self.id, [run])
        passing(Checkpoint.AFTER_CLAIM)
        if not claimed:
            return await self._refused(run, leg)
        return await self._advance(claimed[0]) or Outcome("again")

    async def _refused(self, run: str, leg: int | None) -> Outcome:
        """Nobody is told that a run is over who only could not hold it: it is to be asked for again, and when."""
        seen = await self.journal.outlook(run)
        if seen is None or (leg is not None and seen.leg > leg):
            return Outcome("done")
        if seen.status in OVER:
            return Outcome("done" if seen.status == "completed" else "failed")
        if seen.held:
            return Outcome("wait", self.now() + self.lease)
        if seen.awaits == LONG:
            return Outcome("long", seen.due)
        if seen.due is not None and seen.due <= self.now():
            return Outcome("wait", self.now() + LOCKED)
        return Outcome("wait", seen.due, (seen.awaits,) if seen.awaits and seen.awaits != "time" else ())

    def adopt(self, run: Run, *, fresh: bool = False) -> None:
        """Advance a run that this worker holds. `fresh`: it was inserted held, so its journal is empty."""
        task = asyncio.get_running_loop().create_task(self._advance(run, fresh=fresh))
        self.tasks[run.id] = task
        self.busy[run.workspace_id] += 1
        task.add_done_callback(lambda _: self._forget(run, task))

    def _forget(self, run: Run, task: "asyncio.Task[Outcome | None]") -> None:
        self.busy[run.workspace_id] -= 1
        if self.tasks.get(run.id) is task:
            del self.tasks[run.id]
        if not task.cancelled() and (wrong := task.exception()):
            log.error("A slice failed.", exc_info=wrong)
        self.on_free()

    async def _advance(self, run: Run, *, fresh: bool = False) -> Outcome | None:
        registered = self.programs.get(f"{run.program}@{run.major}")
        try:
            journaled = await self.journal.load(run, fresh=fresh)
            await self._fill_input(run)
        except Unavailable as down:
            log.warning("The run %s was left: %s", run.id, down.message)
            return None
        slice_ = Slice(self, run, journaled, registered.fn if registered else _unknown_program)
        self.slices[run.id] = slice_
        try:
            outcome = await slice_.drive()
        except Fenced:
            return None
        except BadRow as bad:
            outcome = await slice_.fail(error_of(bad))
        except Unavailable as down:
            log.warning("A slice of %s was left: %s", run.id, down.message)
            return None
        finally:
            if self.slices.get(run.id) is slice_:
                del self.slices[run.id]
        passing(Checkpoint.BEFORE_ACK)
        if run.parent_id:
            self.poke(run.parent_id)
        passing(Checkpoint.AFTER_ACK)
        return outcome

    async def inputs(self, run: str) -> dict[str, Json]:
        """What each step of a run was given, by key."""
        peeked = await self.journal.peek(run)
        registered = self.programs.get(f"{peeked.program}@{peeked.major}")
        if registered is None:
            return {}
        journaled = await self.journal.load(peeked)
        await self._fill_input(peeked)
        return await Replay(peeked, journaled, self.files).play(registered.fn)

    async def _fill_input(self, run: Run) -> None:
        if run.input_ref:
            run.input = orjson.loads(await self.files.get(run.workspace_id, run.input_ref[5:]))

    def poke(self, run: str) -> None:
        """There may be news for a run: its slice looks, or the orchestrator does."""
        slice_ = self.slices.get(run)
        if slice_ is not None:
            slice_.poke()
        else:
            self.on_due()

    async def look(self) -> set[str]:
        """Have every slice look whose run was woken since; the runs that are held and not advanced."""
        idle: set[str] = set()
        for run, wake in (await self.journal.wakes(self.id)).items():
            slice_ = self.slices.get(run)
            if slice_ is not None and slice_.run.wake != wake:
                slice_.poke()
            if not self.advances(run):
                idle.add(run)
        return idle

    def advances(self, run: str) -> bool:
        """Whether a slice of this run is under way here."""
        return run in self.slices or run in self.tasks

    def due_now(self) -> None:
        """A run has become due."""
        self.on_due()

    def major_of(self, program: str) -> int:
        """The newest major version of a program."""
        return max((r.major for r in self.programs.values() if r.name == program), default=1)

    # ── news ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def watched(self, run: str) -> bool:
        """Whether somebody listens to this run."""
        return self.realtime is not None and self.realtime.watched(run)

    def publish(self, run: str, event: Row) -> None:
        """Tell whoever listens."""
        if self.realtime is not None:
            self.realtime.publish(run, event)


async def _unknown_program(run: Any, _input: Any) -> Any:
    raise TroupeError(
        f"This Troupe has no program {run.run.program!r} of major version {run.run.major}.", code="unknown_program"
    )
