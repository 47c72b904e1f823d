"""The contract of the cache port: in this process, over TCP as against any Redis, and behind ElastiCache's door."""

import asyncio
import hashlib
import hmac
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from functools import reduce
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import pytest_asyncio
from fakeredis import TcpFakeServer

from tests.servers.tls import make_certificate
from tests.servers.valkey import Door, valkey_door
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws.cache import FRESH_FOR, IamToken, open_valkey
from troupe.adapters.embedded.cache import TAKE, RedisCache, open_cache
from troupe.base.clock import SystemClock
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


@pytest_asyncio.fixture
async def door(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Door]:
    tls = make_certificate("localhost", tmp_path / "door.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "door.pem"))
    async with valkey_door(urlsplit(redis_url).port or 0, tls) as opened:
        yield opened


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Generator[Aws]:
    """Credentials to sign with; nobody is asked."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-test")
    made = Aws("eu-central-1")
    yield made
    made.close()


def behind(door: Door, aws: Aws) -> RedisCache:
    return open_valkey(aws, "localhost", "troupe-cache", "troupe-app", door.port)


@pytest_asyncio.fixture(params=["in_process", "by_url", "valkey"])
async def cache(request: pytest.FixtureRequest, redis_url: str, door: Door, aws: Aws) -> AsyncGenerator[RedisCache]:
    opened = {
        "in_process": open_cache,
        "by_url": lambda: open_cache(redis_url),
        "valkey": lambda: behind(door, aws),
    }[request.param]()
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


async def test_whoever_elasticache_does_not_know_gets_nothing(door: Door, aws: Aws):
    door.admits = False
    shut = behind(door, aws)
    with pytest.raises(Unavailable):
        await shut.get("k")
    await shut.close()


async def test_a_host_with_another_name_than_its_certificate_gets_no_token(door: Door, aws: Aws):
    shut = open_valkey(aws, "127.0.0.1", "troupe-cache", "troupe-app", door.port)
    with pytest.raises(Unavailable):
        await shut.get("k")
    assert door.tokens == []
    await shut.close()


class Clock(SystemClock):
    """One that stands still."""

    time = 0.0

    def elapsed(self) -> float:
        return self.time


async def test_a_token_is_a_signed_request_to_connect_and_made_anew_before_it_ends(aws: Aws):
    clock = Clock()
    provider = IamToken(aws, "troupe-cache", "troupe-app", clock)
    user, token = await provider.get_credentials_async()
    host, _, query = token.partition("/?")
    said = dict(parse_qsl(query))
    signature = said.pop("X-Amz-Signature")
    assert (user, host, said["Action"], said["User"]) == ("troupe-app", "troupe-cache", "connect", "troupe-app")
    assert (said["ResourceType"], said["X-Amz-Expires"]) == ("ServerlessCache", "900")
    assert signature == signed(said, host, aws)
    clock.time = FRESH_FOR - 1
    assert (await provider.get_credentials_async())[1] == token
    clock.time = FRESH_FOR
    provider.user = "another"  # what tells a token that was made anew within the same second
    assert "User=another" in (await provider.get_credentials_async())[1]


def signed(said: dict[str, str], host: str, aws: Aws) -> str:
    """Signature Version 4 by the letter of its specification."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(said.items()))
    request = f"GET\n/\n{query}\nhost:{host}\n\nhost\n{hashlib.sha256(b'').hexdigest()}"
    scope = said["X-Amz-Credential"].partition("/")[2]
    text = f"AWS4-HMAC-SHA256\n{said['X-Amz-Date']}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    secret = f"AWS4{aws.credentials().secret_key}".encode()
    key = reduce(lambda key, word: hmac.digest(key, word.encode(), "sha256"), scope.split("/"), secret)
    assert scope.split("/")[1:] == [aws.region, "elasticache", "aws4_request"]
    return hmac.new(key, text.encode(), "sha256").hexdigest()
