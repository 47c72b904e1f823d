"""The one-process server: Postgres, worker, HTTP, SSE and WebSocket, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator

import uvicorn

from troupe.app.http import http_app
from troupe.app.wiring import Troupe, database, embedded, migrate
from troupe.base.garbage import settle
from troupe.base.settings import Settings
from troupe.features.accounts import service as accounts

Phase = Callable[[str], None]


async def serve(
    settings: Settings, listening: socket.socket, token: str, *, phase: Phase, ready: Callable[[str], None],
    over: asyncio.Event | None = None,
) -> None:  # fmt: skip
    """Serve on a bound socket until SIGTERM, SIGINT or `over`. `phase` is told what happens, `ready` a sign-in code."""
    over = over or asyncio.Event()
    phase("Starting the database")
    async with database(settings) as logins:
        phase("Bringing the schema up to date")
        await migrate(logins.owner)
        async with embedded(settings, logins) as troupe:
            password = settings.owner_password.get_secret_value() if settings.owner_password else None
            await accounts.prepare_laptop(troupe.parts.database, token, password)
            code = await accounts.make_code(troupe.parts.database)
            await _listen(troupe, listening, over, lambda: ready(code))


def _hear_signals(over: asyncio.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    for sign in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(sign, over.set)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again before the database is stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _listen(troupe: Troupe, listening: socket.socket, over: asyncio.Event, ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        http_app(troupe.parts), log_config=None, access_log=False, server_header=False, lifespan="off",
        ws="websockets-sansio", ws_max_size=65_536, timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=65_536, proxy_headers=False,
    )  # fmt: skip
    _hear_signals(over)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not task.done():  # noqa: ASYNC110  uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    if not task.done():
        settle()
        ready()
    told = asyncio.create_task(over.wait())
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    told.cancel()
    await task
