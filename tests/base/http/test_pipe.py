"""The pipe: many POSTs to one address, through the guard, over connections that are kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from troupe.base.errors import ConnectionLost, EgressRefused, NotDone, Rejected, StepFailed, TimedOut, Unreachable
from troupe.base.http import Http

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serving = Callable[[Peer], Awaitable[str]]


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    """`await serving(peer)` listens on loopback and gives the address; `peer` deals with each connection."""
    servers: list[asyncio.Server] = []

    async def serve(peer: Peer) -> str:
        servers.append(await asyncio.start_server(peer, "127.0.0.1", 0))
        return f"127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"

    yield serve
    for server in servers:
        server.close()


def answering(*answers: bytes) -> Peer:
    """Each request on a connection gets the next of these; then it is closed."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            for answer in answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(answer)
            await writer.drain()
        writer.close()

    return peer


async def post(http: Http, where: str, timeout: float = 5.0) -> tuple[int, bytes]:
    async with http.pipe(f"http://{where}/v1", {"x-key": "k"}).post(b"{}", timeout=timeout) as answer:
        return answer.status, await answer.whole()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ],
    ids=["length", "chunked", "until the end", "after hints"],
)
async def test_an_answer_is_read_whole_however_it_is_framed(serving: Serving, answer: bytes) -> None:
    where = await serving(answering(answer))
    async with Http([where]) as http:
        assert await post(http, where) == (200, b"hello")


async def test_a_connection_is_used_again(serving: Serving) -> None:
    opened = 0
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    again = answering(ok, ok, ok)

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        await again(reader, writer)

    where = await serving(peer)
    async with Http([where]) as http:
        pipe = http.pipe(f"http://{where}/", {})
        for _ in range(3):
            async with pipe.post(b"{}", timeout=5) as answer:
                assert await answer.whole() == b"ok"
    assert opened == 1


async def test_a_connection_whose_answer_was_not_read_is_not_used_again(serving: Serving) -> None:
    where = await serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"never"))
    async with Http([where]) as http:
        pipe = http.pipe(f"http://{where}/", {})
        for _ in range(2):
            async with pipe.post(b"{}", timeout=5) as answer:
                assert await answer.read() == b"half"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", ConnectionLost),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", ConnectionLost),
        (b"this is no HTTP at all\r\n\r\n", StepFailed),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", StepFailed),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000, StepFailed),
    ],
    ids=["nothing", "cut", "garbage", "coded", "endless headers"],
)
async def test_what_was_sent_is_never_said_not_to_have_happened(
    serving: Serving, answer: bytes, error: type[StepFailed]
) -> None:
    where = await serving(answering(answer))
    async with Http([where]) as http:
        with pytest.raises(error) as caught:
            await post(http, where)
    assert not isinstance(caught.value, NotDone)


async def test_no_answer_in_time_is_timed_out(serving: Serving) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    where = await serving(silent)
    async with Http([where]) as http:
        with pytest.raises(TimedOut):
            await post(http, where, timeout=0.1)


async def test_it_goes_only_where_the_guard_lets_it(serving: Serving) -> None:
    where = await serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    async with Http() as http:
        with pytest.raises(EgressRefused):
            await post(http, where)
    async with Http(["127.0.0.1:9"]) as http:
        with pytest.raises(Unreachable):
            await post(http, "127.0.0.1:9")
        with pytest.raises(Rejected):
            http.pipe("http://127.0.0.1:9/", {"x": "a\r\nb: c"})
        with pytest.raises(Rejected):
            http.pipe("ftp://127.0.0.1:9/", {})
