"""The client: whole answers, streams and sockets, all through the guard."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from troupe.base.errors import NotDone, Refused, StepFailed, TimedOut, Unreachable
from troupe.base.http.addresses import read_admitted
from troupe.base.http.guard import Guard, Resolver, system_resolver

if TYPE_CHECKING:
    import httpcore2
    import httpx2

    from troupe.base.http.hops import Hop
    from troupe.base.http.pipe import Pipe
    from troupe.base.http.transport import GuardedTransport

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer. Header names are lower case; `url` is the final one."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


class HttpStream:
    """An answer that is read as it comes. Content is decoded and counted against the limit."""

    def __init__(self, response: "httpx2.Response", url: str) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self.url = url

    def chunks(self) -> AsyncIterator[bytes]:
        """The content in pieces as they arrive."""
        return self._response.aiter_bytes()

    def lines(self) -> AsyncIterator[str]:
        """The content as text, line by line without the ends."""
        return self._response.aiter_lines()

    async def read(self) -> bytes:
        """What is left, whole."""
        return await self._response.aread()


class Http:
    """Speaks HTTP to what is allowed: the public Internet, and `allow`. Raises the step errors of base/errors.

    Connections are kept for reuse by this client alone, so what one client may reach another cannot use.
    """

    def __init__(
        self,
        allow: Sequence[str] = (),
        *,
        resolver: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
        network: "httpcore2.AsyncNetworkBackend | None" = None,
    ) -> None:
        self._guard = Guard(read_admitted(allow), resolver)
        self._tls = tls
        self._network = network
        self._made: GuardedTransport | None = None
        self._pipes: list[Pipe] = []
        self._others: WeakSet[Http] = WeakSet()

    @property
    def transport(self) -> "GuardedTransport":
        """The transport for an official SDK: `httpx2.AsyncClient(transport=…, trust_env=False)`."""
        if self._made is None:
            from troupe.base.http.transport import GuardedTransport

            self._made = GuardedTransport(self._guard, self._tls, self._network)
        return self._made

    def pipe(self, url: str, headers: Mapping[str, str]) -> "Pipe":
        """For many POSTs to one URL whose answers are read as they come. Raises Rejected for what is no URL."""
        from troupe.base.http.pipe import Pipe

        made = Pipe(self._guard, self._tls, url, headers)
        self._pipes.append(made)
        return made

    def admitting(self, *entries: str) -> "Http":
        """A client of its own that may also reach these `host:port` entries. Raises BadInput."""
        other = Http(resolver=self._guard.resolver, tls=self._tls, network=self._network)
        other._guard = Guard(self._guard.admitted | read_admitted(entries), self._guard.resolver)
        self._others.add(other)
        return other

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse in this event loop, and those of clients made from this one."""
        for pipe in self._pipes:
            pipe.close()
        if self._made is not None:
            await self._made.aclose()
        for other in list(self._others):
            await other.aclose()

    async def __aenter__(self) -> "Http":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        timeout: float = 30.0,
        max_bytes: int = 10_000_000,
        redirects: int = 5,
    ) -> HttpResponse:
        """The answer, whatever its status; redirects followed with a check at each hop (0: the 3xx is the answer).

        `timeout` is seconds for all of it, `max_bytes` the limit on the decoded content.
        """
        async with self.stream(
            method, url, headers=headers, params=params, content=content, json=json, timeout=timeout,
            max_bytes=max_bytes, redirects=redirects,
        ) as answer:  # fmt: skip
            return HttpResponse(answer.status, answer.headers, await answer.read(), answer.url)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        timeout: float = 300.0,
        max_bytes: int = 1_000_000_000,
        redirects: int = 5,
    ) -> AsyncGenerator[HttpStream]:
        """The same as `request`, with the content still to be read: for downloads and server-sent events."""
        from troupe.base.http.hops import first_hop

        hop = first_hop(method, url, headers, params, content, json)
        limit = asyncio.timeout(timeout)
        try:
            async with limit:
                response = await self._follow(hop, redirects, min(timeout, CONNECT_SECONDS), max_bytes)
                try:
                    yield HttpStream(response, str(hop.url))
                finally:
                    await response.aclose()
        except TimeoutError:
            if not limit.expired():
                raise
            where = hop.url.netloc.decode("ascii")
            if hop.number == 0 and not hop.progress.sent:
                raise Unreachable(f"{where} did not take a connection in time.") from None
            raise TimedOut(f"{where} did not answer within {timeout:g} seconds.") from None

    async def connect(
        self, host: str, port: int, *, tls: bool = False, timeout: float = 30.0
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A socket to a checked address, for what is not HTTP. Raises EgressRefused, Unreachable, Refused."""
        if tls and self._tls is None:
            self._tls = ssl.create_default_context()
        context = self._tls if tls else None
        failed: OSError = OSError()
        try:
            async with asyncio.timeout(timeout):
                for address in await self._guard.addresses(host, port):
                    try:
                        return await asyncio.open_connection(
                            str(address), port, ssl=context, server_hostname=host if tls else None
                        )
                    except OSError as refused:
                        failed = refused
        except TimeoutError:
            raise Unreachable(f"{host}:{port} did not take a connection in time.") from None
        if isinstance(failed, ssl.SSLError):
            raise Refused(f"The TLS handshake with {host}:{port} failed: {failed.reason}", code="tls_failed")
        raise Unreachable(f"{host}:{port} does not take connections.")

    async def address(self, host: str, port: int) -> str:
        """A checked address, for clients that connect by themselves to an address given apart (libpq's `hostaddr`)."""
        return str((await self._guard.addresses(host, port))[0])

    async def _follow(self, hop: "Hop", redirects: int, connect: float, max_bytes: int) -> "httpx2.Response":
        from troupe.base.http.hops import REDIRECTS, redirect

        while True:
            try:
                response = await self._send(hop, connect, max_bytes)
            except NotDone as failed:
                if hop.number and hop.unsafe:  # the first server may have done it before it sent us on
                    raise StepFailed(failed.message, code="redirect_failed", hint=failed.hint) from failed
                raise
            if response.status_code not in REDIRECTS or "location" not in response.headers or not redirects:
                return response
            await response.aclose()
            if hop.number >= redirects:
                raise StepFailed(f"{hop.url.host} redirected more than {redirects} times.", code="too_many_redirects")
            redirect(hop, response.status_code, response.headers["location"])

    async def _send(self, hop: "Hop", connect: float, max_bytes: int) -> "httpx2.Response":
        import httpx2

        from troupe.base.http.transport import Progress

        hop.progress = Progress()
        times = {"connect": connect, "pool": connect, "read": None, "write": None}
        request = httpx2.Request(
            hop.method,
            hop.url,
            headers=hop.headers,
            content=hop.body or None,
            extensions={"trace": hop.progress, "timeout": times, "max_bytes": max_bytes},
        )
        return await self.transport.handle_async_request(request)
