"""Time as an argument: whoever needs it is given a Clock, so a simulation can own it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Protocol


class Clock(Protocol):
    """`now`: UTC. `elapsed`: seconds from an arbitrary start that count a suspended machine. `sleep`: seconds."""

    def now(self) -> datetime: ...
    def elapsed(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


_elapsed: Callable[[], float] = time.time
if hasattr(time, "CLOCK_BOOTTIME"):  # counts suspension, so a lease is never thought longer than it is
    _elapsed = partial(time.clock_gettime, time.CLOCK_BOOTTIME)


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    elapsed = staticmethod(_elapsed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
