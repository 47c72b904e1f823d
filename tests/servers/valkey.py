"""ElastiCache as its client meets it: TLS, and nobody comes in without a name and a token; behind it any Redis."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Door:
    """`tokens`: user and token of each connection."""

    behind: int
    port: int = 0
    tokens: list[tuple[str, str]] = field(default_factory=list)
    admits: bool = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        words = await read_command(reader)
        if words[:3] != [b"HELLO", b"3", b"AUTH"]:
            return await self.refuse(writer)
        self.tokens.append((words[3].decode(), words[4].decode()))
        if not self.admits:
            return await self.refuse(writer)
        to_us, to_redis = await asyncio.open_connection("127.0.0.1", self.behind)
        to_redis.write(b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n")
        try:
            await asyncio.gather(copy(reader, to_redis), copy(to_us, writer))
        finally:
            to_redis.close()
            writer.close()

    async def refuse(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n")
        writer.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while said := await reader.read(65_536):
            writer.write(said)
            await writer.drain()
    writer.close()


async def read_command(reader: asyncio.StreamReader) -> list[bytes]:
    words: list[bytes] = []
    for _ in range(int((await reader.readline())[1:])):
        size = int((await reader.readline())[1:])
        words.append((await reader.readexactly(size + 2))[:-2])
    return words


@asynccontextmanager
async def valkey_door(behind: int, tls: ssl.SSLContext) -> AsyncGenerator[Door]:
    """In front of the Redis at the port `behind` while this lasts."""
    door = Door(behind)
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0, ssl=tls)
    door.port = server.sockets[0].getsockname()[1]
    try:
        yield door
    finally:
        server.close()
