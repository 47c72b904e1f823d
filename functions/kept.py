"""What a function keeps between its calls: one event loop, and on it one Troupe, opened at the first call.

The database is that of TROUPE_DATABASE_URL or of a secret, which is read anew at each opening; one that sleeps is
waited for while the call has time. No lease is held between calls, for a function may be frozen for hours; with
TROUPE_KEEP_CONNECTIONS=off, nothing is, so that the database may sleep.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from functions.loop import close_loop, complete
from troupe.app import calls
from troupe.app.wiring import Logins, Troupe, between_calls
from troupe.base.errors import BadInput, Unavailable
from troupe.base.settings import Settings, needed, read_settings

T = TypeVar("T")
TIME = 25.0  # seconds that a call has where nothing says how many
LEFT = 3.0  # seconds that opening leaves to the call
AGAIN = 0.5  # seconds between two tries to open


class Kept:
    """One a process. Not for threads: a function has one call at a time."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._troupe: Troupe | None = None

    def troupe(self, seconds: float = TIME) -> Troupe:
        """The Troupe of every call. Raises Unavailable after so many seconds; the next call tries again."""
        if self._troupe is None:
            self._troupe = complete(self._open(seconds))
        return self._troupe

    def run(self, work: Callable[[Troupe], Awaitable[T]], context: Any = None) -> T:
        """What the work gives. Whatever it set going has ended then."""
        troupe = self.troupe(seconds_left(context))
        try:
            return complete(calls.settled(troupe, work))
        finally:
            self.rest()

    def settle(self) -> None:
        """Wait for all that a call set going which was not made by `run`."""
        if self._troupe is not None:
            complete(calls.settled(self._troupe, _nothing))
            self.rest()

    def rest(self) -> None:
        """Between two calls."""
        if self._troupe is not None and self._troupe.settings.keep_connections == "off":
            self._let_go()

    def close(self) -> None:
        """Give back all that is kept."""
        self._let_go()
        close_loop()

    def _let_go(self) -> None:
        stack, self._stack, self._troupe = self._stack, AsyncExitStack(), None
        complete(stack.aclose())

    async def _open(self, seconds: float) -> Troupe:
        settings = settings_of_a_function()
        logins = await logins_of(settings)
        try:
            async with asyncio.timeout(max(seconds - LEFT, 1.0)):
                while True:
                    with contextlib.suppress(Unavailable):
                        return await self._stack.enter_async_context(between_calls(settings, logins))
                    await asyncio.sleep(AGAIN)
        except TimeoutError:
            raise Unavailable("The database does not answer; it may be waking.", code="database_unavailable") from None


async def _nothing(_: Troupe) -> None:
    """No more than what is under way."""


def settings_of_a_function() -> Settings:
    """Raises BadInput where this is not meant to run on AWS."""
    settings = read_settings()
    if settings.runs_on != "aws":
        raise BadInput("A function needs TROUPE_RUNS_ON=aws.", code="bad_setting")
    return settings


async def logins_of(settings: Settings) -> Logins:
    """By the URL that is set, or by the secret that holds it. Raises Unavailable where no database is named."""
    if settings.database_url is not None:
        return Logins.of(settings.database_url.get_secret_value())
    if settings.database_secret is None:
        raise Unavailable("A function needs TROUPE_DATABASE_URL or TROUPE_DATABASE_SECRET.", code="database_missing")
    from troupe.adapters.aws._client import Aws
    from troupe.adapters.aws.secrets import url_of

    aws = Aws(settings.aws_region)
    try:
        return Logins.of(await url_of(aws, settings.database_secret, needed(settings, "database_host")))
    finally:
        aws.close()


def seconds_left(context: Any) -> float:
    """What Lambda still gives to a call."""
    return context.get_remaining_time_in_millis() / 1000 if context is not None else TIME


kept = Kept()
