"""The contract of the realtime port, the same for every adapter."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest
import pytest_asyncio

from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.adapters.aws.realtime import Gateway
from troupe.adapters.embedded.realtime import Hub

A, B = "a", "b"


class Nobody:
    """No socket follows anything."""

    async def followed_in(self, run: str) -> str | None:
        return None


@pytest_asyncio.fixture(params=["hub", "gateway"])
async def realtime(request: pytest.FixtureRequest) -> AsyncGenerator[Hub]:
    if request.param == "hub":
        yield Hub(size=4)
        return
    aws, errands = Aws("eu-central-1"), Errands()
    gateway = Gateway(aws, "https://gateway.test/ws", cast(Any, Nobody()), errands, size=4)
    for run in (A, B):
        await gateway.tell(run)
    yield gateway
    await errands.done()
    aws.close()


async def test_a_listener_hears_what_is_published_after_it_began(realtime):
    realtime.publish(A, {"seq": 1})
    listener = realtime.listen(A)
    realtime.publish(A, {"seq": 2})
    assert await anext(listener) == {"seq": 2}


async def test_every_listener_of_the_run_hears_it_and_no_other(realtime):
    first, second, other = realtime.listen(A), realtime.listen(A), realtime.listen(B)
    realtime.publish(A, {"seq": 1})
    realtime.publish(B, {"seq": 2})
    assert [await anext(first), await anext(second), await anext(other)] == [{"seq": 1}, {"seq": 1}, {"seq": 2}]


async def test_who_is_too_slow_is_told_where_events_are_missing(realtime):
    listener = realtime.listen(A)
    for seq in range(10):
        realtime.publish(A, {"seq": seq})
    heard = [await anext(listener) for _ in range(5)]
    realtime.publish(A, {"seq": 10})
    heard.append(await anext(listener))
    assert heard == [{"seq": 0}, {"seq": 1}, {"seq": 2}, {"seq": 3}, {"type": "lagged"}, {"seq": 10}]


async def test_nothing_is_slipped_in_between_a_gap_and_its_mark(realtime):
    listener = realtime.listen(A)
    for seq in range(5):
        realtime.publish(A, {"seq": seq})
    await anext(listener)
    realtime.publish(A, {"seq": 5})
    assert [await anext(listener) for _ in range(4)] == [{"seq": 1}, {"seq": 2}, {"seq": 3}, {"type": "lagged"}]


async def test_closing_lets_go_of_who_waits_and_forgets_the_listener(realtime):
    listener = realtime.listen(A)
    waiting = asyncio.ensure_future(anext(listener, "closed"))
    await asyncio.sleep(0)
    await listener.aclose()
    assert await waiting == "closed"
    assert await anext(listener, "closed") == "closed"
    assert not realtime._listeners


async def test_a_run_is_watched_while_somebody_listens(realtime):
    assert not realtime.watched(A)
    listener = realtime.listen(A)
    assert (realtime.watched(A), realtime.watched(B)) == (True, False)
    await listener.aclose()
    assert not realtime.watched(A)


async def test_a_listener_that_is_dropped_is_forgotten(realtime):
    listener = realtime.listen(A)
    del listener
    gc.collect()
    realtime.publish(A, {"seq": 1})
    assert not realtime._listeners
