"""Virtual time: an event loop that never waits. Where nothing is ready, its clock jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

T = TypeVar("T")
EPOCH = 1_700_000_000.0  # Unix seconds at virtual time 0


class Deadlock(Exception):
    """Nothing is ready and no timer is set: nothing can ever happen again."""


class _NoWaiting(selectors.SelectSelector):
    """Says that no file is ready, and lets time jump instead of waiting."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        self.loop.jump(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs as fast as its callbacks do; `time()` is virtual."""

    def __init__(self) -> None:
        self._virtual = 0.0
        selector = _NoWaiting()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._virtual

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._virtual += max(seconds, 0.0)


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
