"""A TCP line to Postgres that can be cut: it drops what the server answers from a moment on, then closes."""

import asyncio
import contextlib
from urllib.parse import parse_qs, urlsplit, urlunsplit


class Proxy:
    """`async with Proxy(url) as proxy`: `proxy.url` goes through it. `deaf`: answers are dropped and lines closed."""

    def __init__(self, url: str) -> None:
        self.target = url
        self.deaf_to = b""  # a request that holds this is carried out, and its answer never comes
        self.asleep = False  # whoever comes is sent away, as by a database that is being resumed
        self.cut = 0
        self.late = 0.0  # seconds by which such a request is held back after its line is closed
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._one, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        parts = urlsplit(self.target)
        user = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(("postgresql", f"{user}@127.0.0.1:{port}", parts.path, "sslmode=disable", ""))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _there(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.target)
        host = parse_qs(parts.query).get("host", [parts.hostname])[0]
        if host and host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{parts.port or 5432}")
        return await asyncio.open_connection(host, parts.port or 5432)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.asleep:
            writer.close()
            return
        far_reader, far_writer = await self._there()
        back = asyncio.create_task(self._answers(far_reader, writer))
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65536):
                if self.deaf_to and self.deaf_to in data:
                    self.deaf_to = b""
                    self.cut += 1
                    back.cancel()
                    writer.close()
                    await asyncio.sleep(self.late)
                    far_writer.write(data)
                    await far_writer.drain()
                    await far_reader.read(65536)  # it has been carried out
                    break
                far_writer.write(data)
                await far_writer.drain()
        back.cancel()
        for end in (far_writer, writer):
            end.close()
        await asyncio.gather(back, return_exceptions=True)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()
