"""Loop: the one event loop of all calls of a container."""

import asyncio
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def one_loop() -> asyncio.AbstractEventLoop:
    """The event loop of every call."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def complete(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives."""
    return one_loop().run_until_complete(work)


def close_loop() -> None:
    """Begin anew with the next call."""
    complete(asyncio.sleep(0))  # what was closed last hears of it in the loop's next turn
    one_loop().close()
    one_loop.cache_clear()
