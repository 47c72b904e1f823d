"""Below: new runs below one that a call advances begin in the same call, so that short ones cost no call of their own.

Where there are more than have room here, the others go to the queue at once: nobody waits for the slice above to end.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from troupe.adapters.aws.orchestrator import StepFunctions
from troupe.base.errors import Unavailable
from troupe.base.ids import RunId
from troupe.base.tasks import end
from troupe.durable.waits.store import Resting
from troupe.durable.worker import Worker

log = logging.getLogger("troupe.orchestrator")

ROOM = 8  # runs below that a call advances at once; more have calls beside it
FirstSlice = Callable[[RunId, int], Awaitable[None]]


class Below:
    """`async with Below(...)` while a worker works for a call. At its end all that began here has rested or ended."""

    def __init__(self, worker: Worker, orchestrator: StepFunctions, first_slice: FirstSlice) -> None:
        self.worker, self.orchestrator, self.first_slice = worker, orchestrator, first_slice
        self._bell = asyncio.Event()
        self._begun: dict[str, asyncio.Task[None]] = {}
        self._sent: set[str] = set()
        worker.on_due = self._bell.set

    async def __aenter__(self) -> "Below":
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        while going := [task for task in self._begun.values() if not task.done()]:
            await asyncio.wait(going)  # each may begin others
        await end(self._watching)

    async def _watch(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            try:
                for run in list(self.worker.slices):
                    await self._begin(await self._new(run))
            except Unavailable as down:
                log.warning("Runs below are left for later: %s", down.message)
            except Exception:
                log.exception("Runs below are left to the sweep.")

    async def _new(self, run: str) -> list[Resting]:
        near = [r async for some in self.orchestrator.near(run) for r in some if r.status == "queued"]
        return [r for r in near if r.id not in self._begun and r.id not in self._sent]

    async def _begin(self, new: list[Resting]) -> None:
        room = ROOM - sum(not task.done() for task in self._begun.values())
        for resting in new[: max(room, 0)]:
            task = asyncio.create_task(self._advance(resting))
            self._begun[resting.id] = task
        if rest := new[max(room, 0) :]:
            self._sent.update(resting.id for resting in rest)
            await self.orchestrator.go(rest)

    async def _advance(self, resting: Resting) -> None:
        try:
            await self.first_slice(resting.id, resting.leg)
        except Unavailable as down:
            log.warning("The run %s is left for later: %s", resting.id, down.message)
        except Exception:
            log.exception("The run %s is left to the sweep.", resting.id)
