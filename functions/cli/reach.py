"""Where the commands find Troupe: told, logged in to, running here, or started in this process for a moment.

In this order: TROUPE_URL with TROUPE_TOKEN; what `login` stored; what runs with this TROUPE_HOME; else one of our own
on a free port of this machine, gone when the command ends.
"""

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from functions.cli import home as places
from functions.cli.show import colour, note
from troupe.base.errors import NotFound, TroupeError, Unauthorized, Unavailable
from troupe.base.settings import Settings, read_settings

if TYPE_CHECKING:
    from functions.cli.client import Api


def segment(text: str) -> str:
    """A text as one part of a path. Raises NotFound where it cannot be one."""
    if text.strip(".") == "":
        raise NotFound(f"Nothing is named {text!r}.")
    return quote(text, safe="")


@contextmanager
def reach(*, running: bool = False) -> "Generator[Api]":
    """A Troupe to talk to. With `running`, only one that runs. Raises Unavailable."""
    from functions.cli.client import Api

    settings = read_settings()
    known = _known(settings)
    if known is None and running:
        raise Unavailable("Troupe is not running here.", code="not_running", hint="Start it with `troupe up`.")
    if known is None:
        with _private(settings) as api:
            yield api
        return
    api = Api(*known)
    try:
        yield api
    finally:
        api.close()


def _known(settings: Settings) -> tuple[str, str] | None:
    if settings.url:
        return settings.url, _token(settings)
    if remote := places.read_remote(settings.home):
        return remote
    if here := places.read_server(settings.home):
        return here.get("local") or here["url"], _token(settings)
    return None


def _token(settings: Settings) -> str:
    token = settings.token.get_secret_value() if settings.token else places.read_token(settings.home)
    if token is None:
        raise Unauthorized("There is no token to show.", hint="Set TROUPE_TOKEN, or use `troupe login URL`.")
    return token


@contextmanager
def _private(settings: Settings) -> "Generator[Api]":
    """The same server in a thread of this process; logs go to TROUPE_HOME, not to the terminal."""
    from functions.cli.client import Api

    places.prepare(settings.home)
    token = places.token_of(settings.home, settings.token.get_secret_value() if settings.token else None)
    listening = socket.create_server(("127.0.0.1", 0))
    server = _Thread(settings, listening, token)
    server.start()
    try:
        server.wait()
        api = Api(f"http://127.0.0.1:{listening.getsockname()[1]}", token, private=True)
        try:
            yield api
        finally:
            api.close()
    finally:
        server.stop()


class _Thread(threading.Thread):
    def __init__(self, settings: Settings, listening: socket.socket, token: str) -> None:
        super().__init__(name="troupe-server", daemon=True)
        self.settings, self.listening, self.token = settings, listening, token
        self.is_ready = threading.Event()
        self.failed: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.over: asyncio.Event | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as wrong:
            self.failed = wrong
        finally:
            self.is_ready.set()

    async def _serve(self) -> None:
        import logging

        from functions.server import serve
        from troupe.base.log import JsonLines

        handler = logging.FileHandler(self.settings.home / "cli.log", delay=True)
        handler.setFormatter(JsonLines())
        logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        await serve(
            self.settings, self.listening, self.token, phase=lambda text: note(colour(f"· {text}", "dim")),
            ready=lambda _: self.is_ready.set(), over=self.over,
        )  # fmt: skip

    def wait(self) -> None:
        """Until it serves. Raises what kept it from that."""
        self.is_ready.wait()
        if isinstance(self.failed, TroupeError):
            raise self.failed
        if self.failed is not None or not self.is_alive():
            raise Unavailable(f"Troupe did not start: {self.failed}", code="not_started") from self.failed

    def stop(self) -> None:
        """Let it end in order."""
        if self.loop is not None and self.over is not None and self.is_alive():
            self.loop.call_soon_threadsafe(self.over.set)
        self.join()
