"""Cache on ElastiCache (Valkey) behind TLS, signed in by IAM: the password is a request to connect, presigned (SigV4).

A token is good for 15 minutes and is needed only to connect, so it is made anew after 10. ElastiCache ends a connection
after 12 hours; the pool then makes another. A serverless cache answers for all its shards at one address, and every
call of the port has one key, so that a client without cluster mode serves.
"""

import asyncio
import math
from typing import Any
from urllib.parse import urlencode

from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection
from redis.credentials import CredentialProvider

from troupe.adapters.aws._client import Aws
from troupe.adapters.embedded.cache import RedisCache
from troupe.base.clock import Clock, SystemClock

GOOD_FOR, FRESH_FOR = 900, 600.0  # seconds


class IamToken(CredentialProvider):
    """User and token for a new connection. `cache`: the name of the serverless cache, in lower case."""

    def __init__(self, aws: Aws, cache: str, user: str, clock: Clock | None = None) -> None:
        self.aws, self.cache, self.user, self.clock = aws, cache, user, clock or SystemClock()
        self._token, self._until = "", -math.inf

    async def get_credentials_async(self) -> tuple[str, str]:
        """In a thread: it is signed here, but the credentials of the role may have to be fetched."""
        if self.clock.elapsed() >= self._until:
            until = self.clock.elapsed() + FRESH_FOR
            self._token, self._until = await asyncio.to_thread(self._sign), until
        return self.user, self._token

    def _sign(self) -> str:
        from botocore.auth import SigV4QueryAuth  # pyright: ignore
        from botocore.awsrequest import AWSRequest  # pyright: ignore

        said = urlencode({"Action": "connect", "User": self.user, "ResourceType": "ServerlessCache"})
        request: Any = AWSRequest("GET", f"http://{self.cache}/?{said}")
        signer: Any = SigV4QueryAuth(self.aws.credentials(), "elasticache", self.aws.region, expires=GOOD_FOR)
        signer.add_auth(request)
        return str(request.url).removeprefix("http://")


def open_valkey(aws: Aws, host: str, cache: str, user: str, port: int = 6379) -> RedisCache:
    """The cache at `host`. It connects at its first use."""
    pool = BlockingConnectionPool(
        connection_class=SSLConnection, host=host, port=port, credential_provider=IamToken(aws, cache, user),
        ssl_check_hostname=True, max_connections=8, timeout=5.0, socket_timeout=2.0, socket_connect_timeout=5.0,
    )  # fmt: skip
    return RedisCache(Redis.from_pool(pool))  # pyright: ignore  it closes the pool too
