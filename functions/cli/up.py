"""`troupe up`: start Troupe in one process, or say where it runs."""

import asyncio
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from functions.cli import home as places
from troupe.base.errors import BadInput, Unavailable
from troupe.base.settings import Settings, read_settings


def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for all that Troupe keeps.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start in the background.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the one that runs.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
) -> None:
    """Start Troupe here, in one process."""
    settings = read_settings(port=port, host=host, home=home.expanduser().absolute() if home else None)
    if stop:
        _stop(settings.home)
        return
    places.prepare(settings.home)
    if running := places.read_server(settings.home):
        typer.echo(f"Troupe is already running at {running['url']}")
        return
    _check_host(settings)
    if detach:
        _detach(settings)
        return
    listening = _bind(settings)
    _run(settings, listening, no_open=no_open)


def _check_host(settings: Settings) -> None:
    try:
        local = settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        local = False
    if not local and settings.owner_password is None:
        raise Unavailable(
            f"Listening on {settings.host} would let others in.", code="owner_password_missing",
            hint="Set TROUPE_OWNER_PASSWORD first, or leave --host away.",
        )  # fmt: skip


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as wrong:
        listening.close()
        raise Unavailable(
            f"Port {settings.port} on {settings.host} cannot be used: {wrong.strerror}.", code="port_taken",
            hint="Choose another with --port, or end what uses it.",
        ) from None  # fmt: skip
    return listening


def _run(settings: Settings, listening: socket.socket, *, no_open: bool) -> None:
    from functions.server import serve
    from troupe.base import log

    log.configure(settings.log_level)
    token = places.token_of(settings.home, settings.token.get_secret_value() if settings.token else None)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = settings.url or f"http://{shown}:{listening.getsockname()[1]}"

    def ready(_troupe: object, code: str) -> None:
        places.write_server(settings.home, url)
        link = f"{url}/login?code={code}"
        typer.echo(f"Troupe is ready at {url}\nSign in: {link}")
        sys.stdout.flush()
        if not no_open and (os.environ.get("DISPLAY") or sys.platform in ("darwin", "win32")):
            webbrowser.open(link)

    def phase(text: str) -> None:
        typer.echo(f"· {text}", err=True)

    work = serve(settings, listening, token, phase=phase, ready=ready)
    try:
        _loop_run(work)
    finally:
        places.remove_server(settings.home)


def _loop_run(work: "asyncio._CoroutineLike[None]") -> None:  # pyright: ignore
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)  # pyright: ignore
    else:
        uvloop.run(work)  # pyright: ignore


def _detach(settings: Settings) -> None:
    """Start again in a session of its own, and wait until it is ready."""
    log = settings.home / "server.log"
    command = [sys.executable, "-P", "-m", "functions.cli", "up", "--no-open", "--home", str(settings.home)]
    command += ["--port", str(settings.port), "--host", settings.host]
    with log.open("ab") as out, (settings.home / "start.out").open("w+b") as said:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=out, start_new_session=True)
        for _ in range(1200):
            said.seek(0)
            text = said.read().decode()
            if "Sign in: " in text and text.endswith("\n"):
                typer.echo(text.rstrip())
                return
            if child.poll() is not None:
                last = log.read_text(errors="replace").strip().splitlines()[-1:]
                raise Unavailable(f"Troupe did not start: {''.join(last) or text}", code="not_started")
            time.sleep(0.05)
    raise Unavailable(f"Troupe is not ready after 60 s; see {log}.", code="not_started")


def _stop(home: Path) -> None:
    running = places.read_server(home)
    if running is None:
        typer.echo("Troupe is not running.")
        return
    os.kill(int(running["pid"]), signal.SIGTERM)
    for _ in range(400):
        if places.read_server(home) is None:
            typer.echo("Troupe has stopped.")
            return
        time.sleep(0.05)
    raise BadInput(f"Process {running['pid']} does not end; it may have effects under way.", code="still_running")
