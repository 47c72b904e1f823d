"""A raw HTTP/1.1 server on a free loopback port: each test says byte by byte what comes back."""

import asyncio
import inspect
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """A request as it came in. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = bytes | None
Handler = Callable[[Seen, asyncio.StreamWriter], Awaitable[Answer] | Answer]


@dataclass
class RawServer:
    """Answers with what `handler` gives; None means that the handler wrote it itself."""

    handler: Handler
    port: int = 0
    connections: int = 0
    seen: list[Seen] = field(default_factory=list)

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.at}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            while (request := await read_request(reader)) is not None:
                self.seen.append(request)
                answer = self.handler(request, writer)
                if inspect.isawaitable(answer):
                    answer = await answer
                if answer is not None:
                    writer.write(answer)
                await writer.drain()
                if b"connection: close" in (answer or b"").lower() or writer.is_closing():
                    break
        writer.close()


async def read_request(reader: asyncio.StreamReader) -> Seen | None:
    """The next request, or None at the end of the connection."""
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) < 3:
        return None
    headers: dict[str, str] = {}
    while (raw := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = raw.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding", "") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(line[0], line[1], headers, body)


def reply(status: int = 200, body: bytes | str = b"", close: bool = False, **headers: str) -> bytes:
    """A whole answer; `content_type="x"` becomes the header `content-type`."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += ["Connection: close"] if close else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@asynccontextmanager
async def raw_server(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """The server while the block runs."""
    made = RawServer(handler)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        if hasattr(server, "close_clients"):
            server.close_clients()
