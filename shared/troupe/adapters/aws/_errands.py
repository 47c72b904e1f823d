"""Errands: what a call sets going and does not wait for. A door waits for all of them before its function is frozen."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("troupe.aws")


class Errands:
    """One a process. One that fails is told to the log; what it was about is in the database for the sweep.

    `longest`: seconds that whoever asks waits for them; what takes longer goes on beside the next call.
    """

    def __init__(self, *, longest: float = 20.0) -> None:
        self._longest = longest
        self._under_way: set[asyncio.Task[Any]] = set()

    def begin(self, errand: Coroutine[Any, Any, Any]) -> None:
        """Set it going."""
        task = asyncio.get_running_loop().create_task(errand)
        self._under_way.add(task)
        task.add_done_callback(self._over)

    async def done(self) -> None:
        """Wait until none is under way, those included that come meanwhile."""
        clock = asyncio.get_running_loop().time
        until = clock() + self._longest
        while self._under_way and (left := until - clock()) > 0:
            await asyncio.wait(list(self._under_way), timeout=left)
        for task in self._under_way:
            log.warning("An errand goes on beside the next call: %s", task.get_stack())

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (wrong := task.exception()):
            log.error("An errand failed; the sweep will find what is left.", exc_info=wrong)
