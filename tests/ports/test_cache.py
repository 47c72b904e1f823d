"""The contract of the cache port: in this process, and over TCP as against any Redis."""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Generator

import pytest
import pytest_asyncio
from fakeredis import TcpFakeServer

from troupe.adapters.embedded.cache import TAKE, RedisCache, open_cache
from troupe.base.errors import Unavailable


@pytest.fixture(scope="module")
def redis_url() -> Generator[str]:
    server = TcpFakeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest_asyncio.fixture(params=["in_process", "by_url"])
async def cache(request: pytest.FixtureRequest) -> AsyncGenerator[RedisCache]:
    opened = open_cache(request.getfixturevalue("redis_url") if request.param == "by_url" else None)
    await opened.client.flushall()
    await opened.client.script_load(TAKE)  # the TCP server of fakeredis cannot say NOSCRIPT
    yield opened
    await opened.close()


async def test_what_was_put_is_got_until_removed(cache):
    assert await cache.get("k") is None
    await cache.put("k", b"\x00\xff", seconds=60)
    assert await cache.get("k") == b"\x00\xff"
    await cache.remove("k")
    assert await cache.get("k") is None


async def test_a_value_ends(cache):
    await cache.put("k", b"v", seconds=60)
    assert 59_000 < await cache.client.pttl("value:k") <= 60_000


async def test_a_limit_grants_as_many_as_it_says_then_tells_how_long_to_wait(cache):
    assert [await cache.take("k", limit=3, seconds=60) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 59.0 < await cache.take("k", limit=3, seconds=60) <= 60.0
    assert await cache.take("other", limit=3, seconds=60) == 0.0


async def test_many_at_once_are_granted_exactly_the_limit(cache):
    waits = await asyncio.gather(*(cache.take("k", limit=10, seconds=60) for _ in range(50)))
    assert waits.count(0.0) == 10


async def test_a_window_that_ended_grants_anew(cache):
    await cache.take("k", limit=1, seconds=60)
    assert await cache.take("k", limit=1, seconds=60) > 0
    await cache.client.pexpire("take:k", 0)
    assert await cache.take("k", limit=1, seconds=60) == 0.0


async def test_counting_and_values_do_not_share_names(cache):
    await cache.put("k", b"v", seconds=60)
    assert await cache.take("k", limit=1, seconds=60) == 0.0


async def test_a_cache_that_is_not_there_is_unavailable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        lost = open_cache(f"redis://127.0.0.1:{free.getsockname()[1]}/0")
        for call in (lost.get("k"), lost.put("k", b"v", seconds=1), lost.take("k", limit=1, seconds=1)):
            with pytest.raises(Unavailable):
                await call
        await lost.close()
