"""A Postgres of the tests on a TCP port, in plain or behind TLS: the server itself listens on a socket."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg

SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # protocol, 54.7


@asynccontextmanager
async def relayed(url: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The server of this URL, on a free port of 127.0.0.1."""
    told = psycopg.conninfo.conninfo_to_dict(url)
    place = Path(str(told["host"])) / f".s.PGSQL.{told['port']}"

    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if tls is not None:
                assert await reader.readexactly(8) == SSL_REQUEST
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(tls)
            there, back = await asyncio.open_unix_connection(place)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        await _close(writer)

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
