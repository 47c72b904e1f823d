"""Clients of AWS: made here alone, called in a bounded number of threads, their failures in the words of our tree.

What Troupe itself needs (files, keys, queues) is asked again and ends as Unavailable. What is an effect of a step
(`repeat=False`: a mail) is sent once, and an error vouches with NotDone only where surely nothing happened.
"""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from troupe.base.errors import (
    ConnectionLost,
    RateLimited,
    Refused,
    Rejected,
    ServerFailed,
    TimedOut,
    TroupeError,
    Unavailable,
    Unreachable,
)

T = TypeVar("T")
ATTEMPTS = 4  # of a call that may be repeated, by botocore's standard mode: jittered, under a shared quota
CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 20.0  # seconds
THROTTLED = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException", "LimitExceededException", "ReservedConcurrencyExceeded",
    }
)  # fmt: skip


class Aws:
    """Makes clients; `at_once` calls go on side by side, others wait. `region`: None for that of the environment."""

    def __init__(self, region: str | None = None, *, at_once: int = 16) -> None:
        self.region, self.at_once = region, at_once
        self.threads = ThreadPoolExecutor(at_once, thread_name_prefix="aws")
        self._making = threading.Lock()
        self._session: Any = None

    def client(
        self, service: str, *, repeat: bool = True, timeout: float = READ_TIMEOUT, endpoint: str | None = None
    ) -> "Client":
        """A client of a service; boto3 is imported at its first call. `timeout`: seconds to wait for an answer."""
        return Client(self, service, repeat=repeat, timeout=timeout, endpoint=endpoint)

    def make(self, service: str, *, repeat: bool, timeout: float, endpoint: str | None) -> Any:
        """boto3's own client. A session is not for threads, so they are made one after the other."""
        from botocore.config import Config  # pyright: ignore

        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=timeout,
            max_pool_connections=self.at_once,
            tcp_keepalive=True,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS if repeat else 1},
        )
        with self._making:
            return self._open().client(service, config=config, endpoint_url=endpoint)

    def credentials(self) -> Any:
        """The credentials that calls are signed with, as botocore keeps them fresh."""
        with self._making:
            return self._open().get_credentials()

    def _open(self) -> Any:
        if self._session is None:
            import boto3  # pyright: ignore

            self._session = boto3.Session(region_name=self.region)
        return self._session

    def close(self) -> None:
        """Begin no more calls."""
        self.threads.shutdown(wait=False, cancel_futures=True)


class Client:
    """One service."""

    def __init__(self, aws: Aws, service: str, *, repeat: bool, timeout: float, endpoint: str | None) -> None:
        self.aws, self.service, self.repeat = aws, service, repeat
        self._make = partial(aws.make, service, repeat=repeat, timeout=timeout, endpoint=endpoint)
        self._made: Any = None

    async def call(
        self,
        operation: str,
        *,
        fine: Collection[str] = (),
        errors: Mapping[str, Callable[[], TroupeError]] | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        """The answer. `fine`: error codes that are answered by `{}`; `errors`: what to raise for others."""
        return await self.run(lambda client: getattr(client, operation)(**params), fine=fine, errors=errors)

    async def run(
        self,
        work: Callable[[Any], T],
        *,
        fine: Collection[str] = (),
        errors: Mapping[str, Callable[[], TroupeError]] | None = None,
    ) -> Any:
        """What `work` gives for boto3's client, in a thread."""

        def go() -> Any:
            try:
                if self._made is None:
                    self._made = self._make()
                return work(self._made)
            except TroupeError:
                raise
            except Exception as wrong:
                code = code_of(wrong)
                if code in fine:
                    return {}
                if errors and code in errors:
                    raise errors[code]() from wrong
                raise self._meaning(wrong) from wrong

        return await asyncio.get_running_loop().run_in_executor(self.aws.threads, go)

    def _meaning(self, wrong: Exception) -> TroupeError:
        """Programming errors stay what they are."""
        found = meaning(wrong, self.service)
        if found is None:
            raise wrong
        if self.repeat:
            return Unavailable(found.message, code="aws_unavailable")
        return found


def code_of(wrong: Exception) -> str:
    """The error code that the service answered, or nothing where it did not answer."""
    answer: Any = getattr(wrong, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""  # pyright: ignore


def meaning(wrong: Exception, service: str) -> TroupeError | None:
    """The error of our tree for one of botocore's single attempts; None where it is no failure of a call."""
    from botocore import exceptions as boto  # pyright: ignore

    if isinstance(wrong, boto.ClientError):
        return _answered(wrong, service)
    if isinstance(wrong, boto.ParamValidationError):
        return Rejected(f"{service} cannot be asked that: {str(wrong)[:300]}")
    if isinstance(wrong, (boto.ConnectTimeoutError, boto.EndpointConnectionError, boto.ProxyConnectionError)):
        return Unreachable(f"{service} cannot be reached.")
    if isinstance(wrong, boto.ReadTimeoutError):
        return TimedOut(f"{service} did not answer in time.")
    if isinstance(wrong, (boto.HTTPClientError, boto.IncompleteReadError)):
        return ConnectionLost(f"{service} broke the connection.")
    if isinstance(wrong, boto.BotoCoreError):  # no credentials, no region: nothing was sent
        return Refused(f"{service} cannot be asked: {str(wrong)[:300]}")
    return None


def _answered(wrong: Any, service: str) -> TroupeError:
    """What a service says no with; its text stays out, for it may hold parts of what was sent."""
    code, status = code_of(wrong), wrong.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED or status == 429:
        return RateLimited(f"{service} asks to slow down ({code}).")
    if status >= 500:
        return ServerFailed(f"{service} failed ({code}).")
    return Refused(f"{service} refused ({code}).")
