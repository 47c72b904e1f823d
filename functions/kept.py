"""What a function keeps between its calls: one event loop, and on it one Troupe, opened at the first call.

The database is that of TROUPE_DATABASE_URL. No lease is held between calls: a function may be frozen for hours.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import cache
from typing import TypeVar

from troupe.app.wiring import Logins, Troupe, between_calls
from troupe.base.errors import Unavailable
from troupe.base.settings import read_settings

T = TypeVar("T")


@cache
def one_loop() -> asyncio.AbstractEventLoop:
    """The event loop of every call."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def close_loop() -> None:
    """Begin anew with the next call."""
    one_loop().close()
    one_loop.cache_clear()


class Kept:
    """One a process. Not for threads: a function has one call at a time."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._troupe: Troupe | None = None

    def troupe(self) -> Troupe:
        """The Troupe of every call. Raises Unavailable; the next call tries again."""
        if self._troupe is None:
            self._troupe = one_loop().run_until_complete(self._open())
        return self._troupe

    def run(self, work: Callable[[Troupe], Awaitable[T]]) -> T:
        """What the work gives."""
        troupe = self.troupe()

        async def act() -> T:
            return await work(troupe)

        return one_loop().run_until_complete(act())

    def close(self) -> None:
        """Give back what is kept."""
        one_loop().run_until_complete(self._stack.aclose())
        close_loop()
        self._troupe = None

    async def _open(self) -> Troupe:
        settings = read_settings()
        if settings.database_url is None:
            raise Unavailable("A function needs TROUPE_DATABASE_URL.", code="database_missing")
        logins = Logins.of(settings.database_url.get_secret_value())
        return await self._stack.enter_async_context(between_calls(settings, logins))


kept = Kept()
