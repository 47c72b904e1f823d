"""Orchestrator of the one process: a loop over `runs`."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from troupe.base.errors import Unavailable
from troupe.base.ids import RunId
from troupe.base.tasks import end
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.models import Journal
from troupe.durable.worker import Worker

log = logging.getLogger("troupe.orchestrator")

SWEEP_EVERY, SWEEP_AGAIN = 3600.0, 60.0  # seconds until the next sweep; after one that failed


class Loop:
    """Claims what is due while there is room, and takes over from workers whose lease has ended.

    `capacity`: runs in memory at once; `per_workspace`: of those, of one workspace. Another process's wake-ups are seen
    within `poll` seconds, our own at once. `sweep` is what is to be done at the start and every hour.
    """

    def __init__(
        self, worker: Worker, journal: Journal, *, capacity: int = 1000, per_workspace: int = 500,
        max_recoveries: int = 5, poll: float = 1.0, sweep: Callable[[], Awaitable[object]] | None = None,
    ) -> None:  # fmt: skip
        self.worker, self.journal = worker, journal
        self.capacity, self.per_workspace, self.max_recoveries, self.poll = (
            capacity,
            per_workspace,
            max_recoveries,
            poll,
        )
        self.sweep = sweep
        self.bell = asyncio.Event()
        self._full = self._alone = False
        self._idle: set[str] = set()  # held runs without a slice, as of the last look
        self._tasks: list[asyncio.Task[None]] = []
        worker.on_due = self.bell.set
        worker.on_free = self._freed

    async def __aenter__(self) -> "Loop":
        self._tasks.append(asyncio.create_task(self._run()))
        if self.sweep is not None:
            self._tasks.append(asyncio.create_task(self._keep_house(self.sweep)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(*self._tasks)

    def start(self, run: RunId, leg: int) -> None:
        """A run in the table is a start."""
        self.bell.set()

    def wake(self, run: RunId) -> None:
        """Its slice looks, or the loop does."""
        self.worker.poke(run)

    def stop(self, run: RunId) -> None:
        """Its slice looks, or the loop does."""
        self.worker.poke(run)

    def has_room(self, workspace: str) -> bool:
        """Whether a run of this workspace may be started held by this process."""
        worker = self.worker
        return not self._alone and len(worker.tasks) < self.capacity and worker.busy[workspace] < self.per_workspace

    def _freed(self) -> None:
        if self._full or (self._alone and not self.worker.tasks):
            self.bell.set()

    async def _run(self) -> None:
        looked = -self.worker.lease
        while not self.worker.closing:
            try:
                if (now := self.worker.clock.elapsed()) - looked >= min(self.worker.lease / 2, 5.0):
                    looked = now
                    await self._look_after()
                self.bell.clear()
                pause = await self._claim()
            except Unavailable as down:
                log.warning("The loop waits for the database: %s", down.message)
                pause = self.poll
            except Exception:
                log.exception("A turn of the loop failed; it goes on.")
                pause = self.poll
            if pause > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # wait_for of Python 3.11 may lose a cancel when the bell rings
                        await self.bell.wait()

    async def _look_after(self) -> None:
        """Take over from workers that are gone, and see that what we hold goes on."""
        if freed := await self.journal.take_over(self.max_recoveries):
            log.warning("Took over %d runs of workers that are gone.", freed)
        idle = await self.worker.look()
        if left := idle & self._idle:  # seen twice: no run that is just being adopted
            log.warning("%d runs were held and not advanced; they are due again.", len(left))
            await self.journal.release(self.worker.id, list(left))
        self._idle = idle - left
        self._alone = self._alone or await self.journal.alone_due()

    async def _keep_house(self, sweep: Callable[[], Awaitable[object]]) -> None:
        while not self.worker.closing:
            pause = SWEEP_EVERY
            try:
                await sweep()
            except Unavailable as down:
                log.warning("The sweep is put off: %s", down.message)
                pause = SWEEP_AGAIN
            except Exception:
                log.exception("A sweep failed; the next one comes.")
                pause = SWEEP_AGAIN
            await asyncio.sleep(pause)

    async def _claim(self) -> float:
        """Claim what is due; seconds to rest."""
        worker = self.worker
        if self._alone:
            return await self._claim_alone()
        room = self.capacity - len(worker.tasks)
        self._full = room <= 0
        if self._full:
            return self.poll
        busy = {workspace: count for workspace, count in worker.busy.items() if count}
        passing(Checkpoint.BEFORE_CLAIM)
        claimed = await self.journal.claim_due(worker.id, min(room, 200), self.per_workspace, busy, alone=False)
        if claimed:
            passing(Checkpoint.AFTER_CLAIM)
        for run in claimed:
            worker.adopt(run)
        if claimed:
            return 0.0
        due = await self.journal.next_due()
        return self.poll if due is None else min(self.poll, max(due, 0.02))

    async def _claim_alone(self) -> float:
        """A run that crashed twice is advanced with nothing beside it, so that only its own crash counts."""
        if self.worker.tasks:
            return self.poll
        claimed = await self.journal.claim_due(self.worker.id, 1, 1, {}, alone=True)
        for run in claimed:
            self.worker.adopt(run)
        self._alone = bool(claimed)
        return 0.0 if not claimed else self.poll
