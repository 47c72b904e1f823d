"""Cache by the Redis protocol: a server in this process (fakeredis) or any by its URL, through the same code."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from troupe.base.errors import Unavailable

# Fixed window: count until `limit`, refuse until the key expires. A refused use is not counted.
TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then return redis.call('PTTL', KEYS[1]) end
redis.call('INCR', KEYS[1])
if used == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""


class RedisCache:
    """The cache port. Raises Unavailable where the server does not answer; a caller may go on without."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._take = client.register_script(TAKE)

    async def get(self, key: str) -> bytes | None:
        """The value, or None."""
        with _answers():
            return await self.client.get(f"value:{key}")

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep it for so many seconds."""
        with _answers():
            await self.client.set(f"value:{key}", value, ex=seconds)

    async def remove(self, key: str) -> None:
        """Forget it."""
        with _answers():
            await self.client.delete(f"value:{key}")

    async def take(self, key: str, *, limit: int, seconds: int) -> float:
        """Count one use against `limit` per window of `seconds`; 0.0 when granted, else the seconds to wait."""
        with _answers():
            return await self._take(keys=[f"take:{key}"], args=[limit, seconds * 1000]) / 1000

    async def close(self) -> None:
        """Give the connections back."""
        await self.client.aclose()


def open_cache(url: str | None = None) -> RedisCache:
    """The cache at `url` (redis://, rediss://, unix://), or one in this process."""
    if url:
        pool = BlockingConnectionPool.from_url(  # pyright: ignore  a burst waits its turn, it opens no connection each
            url, max_connections=8, timeout=5.0, socket_timeout=2.0, socket_connect_timeout=5.0
        )
        return RedisCache(Redis.from_pool(pool))  # pyright: ignore  it closes the pool too
    from fakeredis import FakeAsyncRedis

    return RedisCache(FakeAsyncRedis())


@contextmanager
def _answers() -> Generator[None]:
    try:
        yield
    except (RedisError, OSError) as down:
        raise Unavailable("The cache does not answer.", code="cache_unavailable") from down
