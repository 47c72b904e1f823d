"""Errands: what a call sets going and does not wait for. A door waits for all of them before its function is frozen."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("troupe.aws")


class Errands:
    """One a process. One that fails is told to the log; what it was about is in the database for the sweep."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def begin(self, errand: Coroutine[Any, Any, Any]) -> None:
        """Set it going."""
        task = asyncio.get_running_loop().create_task(errand)
        self._under_way.add(task)
        task.add_done_callback(self._over)

    async def done(self) -> None:
        """Wait until none is under way, those included that come meanwhile."""
        while self._under_way:
            await asyncio.wait(list(self._under_way))

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (wrong := task.exception()):
            log.error("An errand failed; the sweep will find what is left.", exc_info=wrong)
