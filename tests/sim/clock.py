"""Virtual time: an event loop that never waits. Where nothing is ready, its clock jumps to the next timer."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")
EPOCH = 1_700_000_000.0  # Unix seconds at virtual time 0


class Deadlock(Exception):
    """Nothing is ready and no timer is set: nothing can ever happen again."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs as fast as its callbacks do; `time()` is virtual.

    A turn asks no selector and compares timers as tuples: most of a world's time went there.
    """

    _ready: Any  # what asyncio's own call_soon appends to

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._made = 0

    def time(self) -> float:
        return self._virtual

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._virtual + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._made += 1
        heappush(self._timers, (when, self._made, timer))
        return timer

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def _run_once(self) -> None:
        ready, timers = self._ready, self._timers
        while timers and timers[0][2].cancelled():
            heappop(timers)
        if not ready:
            if not timers:
                raise Deadlock
            self._virtual = max(self._virtual, timers[0][0])
        while timers and timers[0][0] <= self._virtual:
            ready.append(heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()


class VirtualClock:
    """The loop's time as a Clock; each machine's starts elsewhere."""

    def __init__(self, loop: VirtualLoop, start: float = 0.0) -> None:
        self.loop, self.start = loop, start

    def now(self) -> datetime:
        return datetime.fromtimestamp(EPOCH + self.loop.time(), UTC)

    def elapsed(self) -> float:
        return self.start + self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(main: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """`asyncio.run` on virtual time."""
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
