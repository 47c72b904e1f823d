"""The pipe: many POSTs to one address, each answer read as it comes, for what is asked most: models.

It does what the transport does (only checked addresses, faults as step errors, knowing whether anything was sent) on a
parser in C and a callback a read, which is a tenth of the transport's CPU. No redirects, no coding of the content.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import httptools

from troupe.base.errors import ConnectionLost, Refused, Rejected, StepFailed, TimedOut, TroupeError, Unreachable
from troupe.base.http.guard import Guard

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 4.0
MAX_BYTES = 100_000_000
MAX_HEADERS = 64_000
AHEAD = 1_000_000  # bytes that are read before somebody wants them


class Answer:
    """What came back: status, headers (lower case), and the content as it arrives."""

    def __init__(self, line: "_Line", where: str) -> None:
        self._line, self._where = line, where
        self.status = line.status
        self.headers: Mapping[str, str] = line.headers

    async def read(self) -> bytes:
        """All that has come since the last call, after waiting for some; empty at the end."""
        return await self._line.read(self._where)

    async def whole(self, most: int = MAX_BYTES) -> bytes:
        """What is left, `most` bytes of it."""
        parts, size = list[bytes](), 0
        while size < most and (part := await self.read()):
            parts.append(part)
            size += len(part)
        return b"".join(parts)[:most]


class Pipe:
    """POSTs to one URL with the same headers. Connections are kept for reuse, in each event loop its own."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Rejected("A URL here starts with http:// or https:// and names a host.", code="bad_url")
        self._guard, self._tls, self._secure = guard, tls, parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port or (443 if self._secure else 80)
        self._where = parts.netloc.rpartition("@")[2]
        self._head = _head(parts.path or "/", parts.query, self._where, headers)
        self._idle: WeakKeyDictionary[asyncio.AbstractEventLoop, deque[_Line]] = WeakKeyDictionary()

    @asynccontextmanager
    async def post(self, content: bytes, *, timeout: float) -> AsyncGenerator[Answer]:
        """Send, and read the answer within. `timeout`: seconds for all of it. Raises the step errors."""
        line = self._kept() or await self._connect(min(timeout, CONNECT_SECONDS))
        try:
            line.send(b"%b%d\r\n\r\n%b" % (self._head, len(content), content), timeout)
            await line.begun(self._where)
            yield Answer(line, self._where)
        finally:
            self._give_back(line)

    def close(self) -> None:
        """Close the connections that are kept in this event loop."""
        for line in self._idle.pop(asyncio.get_running_loop(), ()):
            line.close()

    def _kept(self) -> "_Line | None":
        kept = self._idle.get(asyncio.get_running_loop())
        while kept:
            line = kept.pop()
            if line.usable():
                return line
            line.close()
        return None

    def _give_back(self, line: "_Line") -> None:
        if not line.rest():
            line.close()
            return
        kept = self._idle.setdefault(line.loop, deque())
        kept.append(line)
        while not kept[0].usable():
            kept.popleft().close()

    async def _connect(self, seconds: float) -> "_Line":
        loop = asyncio.get_running_loop()
        if self._secure and self._tls is None:
            self._tls = ssl.create_default_context()
        failed: OSError = OSError()
        try:
            async with asyncio.timeout(seconds):
                for address in await self._guard.addresses(self._host, self._port):
                    try:
                        _, line = await loop.create_connection(
                            lambda: _Line(loop), str(address), self._port, ssl=self._tls if self._secure else None,
                            server_hostname=self._host if self._secure else None,
                        )  # fmt: skip
                        return line
                    except OSError as refused:
                        failed = refused
        except TimeoutError:
            raise Unreachable(f"{self._where} did not take a connection in time.") from None
        if isinstance(failed, ssl.SSLError):
            why = getattr(failed, "verify_message", "") or failed.reason
            raise Refused(f"The TLS handshake with {self._where} failed: {why}", code="tls_failed")
        raise Unreachable(f"{self._where} does not take connections.")


def _head(path: str, query: str, where: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"POST {path}{f'?{query}' if query else ''} HTTP/1.1", f"Host: {where}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise Rejected("A header or a URL holds characters that none may have.", code="bad_header")
    return "\r\n".join([*lines, "Content-Length: "]).encode()


class _Line(asyncio.Protocol):
    """One connection, with one exchange on it at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._lost: BaseException | None = None
        self._closed = False
        self._clear()
        self._over = True
        self._since = 0.0

    def _clear(self) -> None:
        self.status, self.headers = 0, dict[str, str]()
        self._parser: Any = cast(Any, httptools).HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._size = self._seen = self._ahead = 0
        self._begun = self._over = self._late = self._paused = self._keep = False
        self._wrong: TroupeError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # ── an exchange ─────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, request: bytes, timeout: float) -> None:
        """Begin the next one."""
        self._clear()
        self._timer = self.loop.call_later(timeout, self._expire)
        self._transport.write(request)

    async def begun(self, where: str) -> None:
        """Until the headers are there."""
        while not self._begun:
            await self._wait(where)
        if self.headers.get("content-encoding", "identity") != "identity":
            raise StepFailed(f"{where} sent content in a coding that was not asked for.", code="bad_answer")

    async def read(self, where: str) -> bytes:
        """What has come of the content."""
        while not self._parts:
            if self._over:
                return b""
            await self._wait(where)
        parts, self._parts, self._ahead = self._parts, [], 0
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def rest(self) -> bool:
        """The exchange is done with; whether there may be another one."""
        if self._timer is not None:
            self._timer.cancel()
        self._since = self.loop.time()
        return self._over and not self._closed and self._wrong is None and self._keep

    def usable(self) -> bool:
        """Whether the connection still stands, as far as one can know."""
        return not self._closed and self.loop.time() - self._since < IDLE_SECONDS

    def close(self) -> None:
        """Cut it."""
        self._closed = True
        self._transport.abort()

    async def _wait(self, where: str) -> None:
        if self._wrong is not None:
            raise self._wrong
        if self._late:
            raise TimedOut(f"{where} did not answer in time.")
        if self._closed:
            raise ConnectionLost(f"{where} cut the connection before the answer was complete.") from self._lost
        self._waiter = self.loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _expire(self) -> None:
        self._late = True
        self._wake()

    # ── asyncio ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed, self._lost = True, exc
        if self._begun and not self._over and not {"content-length", "transfer-encoding"} & self.headers.keys():
            self._over = exc is None  # such content lasts until the connection ends
        self._wake()

    def data_received(self, data: bytes) -> None:
        if self._over:  # nobody asked for more
            self.close()
            return
        self._seen += 0 if self._begun else len(data)
        try:
            self._parser.feed_data(data)
        except Exception as wrong:  # httptools raises what it likes, a bad header's UnicodeError included
            self._fail(f"what came is no HTTP: {wrong}")
        if self._size > MAX_BYTES or (not self._begun and self._seen > MAX_HEADERS):
            self._fail("the answer is larger than is read here", code="answer_too_large")
        if self._ahead > AHEAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def _fail(self, why: str, code: str = "bad_answer") -> None:
        self._wrong = self._wrong or StepFailed(f"The answer cannot be read: {why}.", code=code)
        self.close()

    # ── httptools ───────────────────────────────────────────────────────────────────────────────────────────────────

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._begun = self.status >= 200
        self._keep = self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)
        self._size += len(body)
        self._ahead += len(body)

    def on_message_complete(self) -> None:
        if self._begun:
            self._over = True
        else:  # 1xx: the answer itself is still to come
            self.headers.clear()
