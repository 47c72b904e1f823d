"""The transport: httpx2's own interface over connections that go to checked addresses only.

Everything that speaks HTTP goes through here, the official SDKs too. It decodes content itself, so that the limit on
size counts what is unpacked, and it turns every fault into the step tree, knowing whether anything had been sent.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import httpcore2
import httpx2

from troupe.base.errors import ConnectionLost, Refused, Rejected, StepFailed, TimedOut, TroupeError, Unreachable
from troupe.base.http.guard import Guard

POOL_SIZE = 64
MAX_POOLS = 64
MAX_BYTES = 100_000_000  # of an answer to an SDK; everything else names its own limit
_DECODED = {"gzip", "x-gzip", "deflate", "identity", ""}

logging.getLogger("httpcore2").setLevel(logging.INFO)  # at debug it writes headers, and with them secrets


class Backend(httpcore2.AsyncNetworkBackend):
    """Opens sockets to addresses that the guard has just checked; the name stays for TLS and Host."""

    def __init__(self, guard: Guard, network: httpcore2.AsyncNetworkBackend | None) -> None:
        self._guard = guard
        self._network = network or cast(httpcore2.AsyncNetworkBackend, httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            addresses = await self._guard.addresses(host, port)
            share = timeout / len(addresses) if timeout else timeout  # one dead address must not use up all the time
            for last, address in enumerate(addresses, 1 - len(addresses)):
                try:
                    opened = await self._network.connect_tcp(str(address), port, share, local_address, socket_options)
                    return _Socket(opened)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                    if not last:
                        raise
        raise Unreachable

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore2.AsyncNetworkStream:
        raise Rejected("Troupe does not connect to sockets of this machine.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Socket(httpcore2.AsyncNetworkStream):
    """A stream whose socket is closed when a TLS handshake is cancelled; the library's own is left to the collector."""

    def __init__(self, opened: httpcore2.AsyncNetworkStream) -> None:
        self._opened = opened
        self.read, self.write, self.aclose = opened.read, opened.write, opened.aclose
        self.get_extra_info = opened.get_extra_info

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return await self._opened.start_tls(ssl_context, server_hostname, timeout)
        except asyncio.CancelledError:
            await self._opened.aclose()
            raise


class Progress:
    """Whether a request has begun to leave us. It is the `trace` of httpcore2, and so sees each phase."""

    sent = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.sent = self.sent or event.endswith("send_request_headers.started")


@contextmanager
def step_errors(where: str, progress: Progress) -> Generator[None]:
    """Every fault of the network as an error of the step tree."""
    try:
        yield
    except TroupeError:
        raise
    except (TimeoutError, httpcore2.TimeoutException):
        if not progress.sent:
            raise Unreachable(f"{where} did not take a connection in time.") from None
        raise TimedOut(f"{where} did not answer in time.") from None
    except (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol) as bad:
        raise Rejected(f"This request cannot be sent to {where}: {bad}", code="bad_request") from None
    except httpx2.DecodingError as bad:
        raise StepFailed(f"{where} sent content that cannot be unpacked: {bad}", code="bad_answer") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as broken:
        if progress.sent:
            raise ConnectionLost(f"{where} cut the connection before the answer was complete.") from broken
        if (tls := _tls_fault(broken)) is not None:
            raise Refused(f"The TLS handshake with {where} failed: {tls}", code="tls_failed") from None
        raise Unreachable(f"{where} does not take connections.") from broken


def _tls_fault(error: BaseException) -> str | None:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return getattr(cause, "verify_message", "") or cause.reason or str(cause)
        cause = cause.__cause__ or cause.__context__
    return None


class GuardedTransport(httpx2.AsyncBaseTransport):
    """What a `httpx2.AsyncClient` is given as its transport. Each event loop has connections of its own."""

    def __init__(
        self,
        guard: Guard,
        tls: ssl.SSLContext | None = None,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._guard = guard
        self._tls = tls
        self._network = network
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Pool]] = WeakKeyDictionary()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, its content decoded as it is read. Raises step errors, as its stream does."""
        where = request.url.netloc.decode("ascii")
        progress: Progress = request.extensions.setdefault("trace", Progress())
        pool = self._free_pool()
        pool.busy += 1
        try:
            with step_errors(where, progress):
                answer = await pool.connections.handle_async_request(_to_core(request))
        except BaseException:
            pool.busy -= 1
            raise
        return _from_core(_Wire(answer, where, progress, pool), request)

    async def aclose(self) -> None:
        for pool in self._pools.pop(asyncio.get_running_loop(), []):
            await pool.connections.aclose()

    def _free_pool(self) -> "_Pool":
        """The first with room. They are many because each looks at all its connections when a request comes or goes."""
        pools = self._pools.setdefault(asyncio.get_running_loop(), [])
        for pool in pools:
            if pool.busy < POOL_SIZE:
                return pool
        if len(pools) >= MAX_POOLS:
            return min(pools, key=lambda pool: pool.busy)
        connections = httpcore2.AsyncConnectionPool(
            ssl_context=self._tls,
            max_connections=POOL_SIZE,
            max_keepalive_connections=8 if pools else POOL_SIZE,
            keepalive_expiry=5.0,
            network_backend=Backend(self._guard, self._network),
        )
        pools.append(_Pool(connections))
        return pools[-1]


@dataclass
class _Pool:
    connections: httpcore2.AsyncConnectionPool
    busy: int = 0


def _to_core(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _from_core(wire: "_Wire", request: httpx2.Request) -> httpx2.Response:
    coded = httpx2.Response(wire.answer.status, headers=wire.answer.headers, stream=wire)
    headers = coded.headers.copy()
    coding = headers.get("content-encoding")
    if coding is not None and {c.strip().lower() for c in coding.split(",")} <= _DECODED:
        del headers["content-encoding"]
        headers.pop("content-length", None)
    limit = int(request.extensions.get("max_bytes", MAX_BYTES))
    body = _Counted(coded, wire, limit, no_body=request.method == "HEAD")
    return httpx2.Response(wire.answer.status, headers=headers, stream=body, request=request)


class _Wire(httpx2.AsyncByteStream):
    """The bytes of the answer as they come."""

    def __init__(self, answer: httpcore2.Response, where: str, progress: Progress, pool: _Pool) -> None:
        self.answer, self.where, self.progress = answer, where, progress
        self._pool: _Pool | None = pool

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self.answer.stream
        assert isinstance(stream, AsyncIterable)
        with step_errors(self.where, self.progress):
            async for part in stream:
                yield part

    async def aclose(self) -> None:
        if self._pool is not None:
            self._pool.busy -= 1
            self._pool = None
        await self.answer.aclose()


class _Counted(httpx2.AsyncByteStream):
    """The decoded content, up to the limit."""

    def __init__(self, coded: httpx2.Response, wire: _Wire, limit: int, *, no_body: bool) -> None:
        self._coded, self._wire, self._limit = coded, wire, limit
        declared = coded.headers.get("content-length", "")
        self._too_long = not no_body and declared.isdigit() and int(declared[:20]) > limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        if self._too_long:
            raise too_large(self._wire.where, self._limit)
        with step_errors(self._wire.where, self._wire.progress):
            async with aclosing(self._coded.aiter_bytes()) as parts:
                async for part in parts:
                    size += len(part)
                    if size > self._limit:
                        raise too_large(self._wire.where, self._limit)
                    yield part

    async def aclose(self) -> None:
        await self._coded.aclose()


def too_large(where: str, limit: int) -> StepFailed:
    """It happened, but what came back is beyond the limit: not to be tried again, and no NotDone."""
    return StepFailed(
        f"The answer of {where} is larger than {limit:,} bytes.", code="answer_too_large", hint="Raise the limit."
    )
