"""`troupe up`: start Troupe in one process, or say where it runs."""

import asyncio
import errno
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from functions.cli import home as places
from functions.cli.show import AsJson, json_line, note
from troupe.base.errors import Forbidden, Unavailable
from troupe.base.settings import Settings, is_loopback, read_settings

START_SECONDS = 120.0  # a crash of the machine before may leave much to recover
STOP_SECONDS = 30.0


def up(
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for all that Troupe keeps.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start in the background.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the one that runs.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start Troupe here, in one process."""
    settings = read_settings(port=port, host=host, home=home.expanduser().absolute() if home else None)
    if stop:
        _stop(settings.home, as_json=as_json)
        return
    places.prepare(settings.home)
    if running := places.read_server(settings.home):
        _say({"state": "running", **running}, f"Troupe is already running at {running['url']}", as_json=as_json)
        return
    _check_host(settings)
    listening = _bind(settings)
    if detach:
        listening.close()
        _detach(settings, as_json=as_json)
        return
    _run(settings, listening, no_open=no_open, as_json=as_json)


def _say(said: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        json_line(said)
    else:
        typer.echo(text)
    sys.stdout.flush()


def _check_host(settings: Settings) -> None:
    if not is_loopback(settings.host) and settings.owner_password is None:
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
        listening.listen(2048)
    except (OSError, UnicodeError) as wrong:
        listening.close()
        raise Unavailable(
            f"Port {settings.port} on {settings.host} cannot be used: {_reason(wrong)}.", code="port_taken",
            hint="Choose another with --port, or end what uses it.",
        ) from None  # fmt: skip
    return listening


def _reason(wrong: Exception) -> str:
    if isinstance(wrong, OSError) and wrong.errno == errno.EADDRINUSE:
        return "another program listens there"
    return getattr(wrong, "strerror", None) or "it is no address"


def _run(settings: Settings, listening: socket.socket, *, no_open: bool, as_json: bool) -> None:
    from functions.server import serve
    from troupe.base import log

    log.configure(settings.log_level)
    token = places.token_of(settings.home, settings.token.get_secret_value() if settings.token else None)
    port = listening.getsockname()[1]
    url = (settings.url or f"http://{_in_url(settings.host)}:{port}").rstrip("/")
    local = f"http://{_in_url({'0.0.0.0': '127.0.0.1', '::': '::1'}.get(settings.host, settings.host))}:{port}"  # noqa: S104

    def ready(code: str) -> None:
        places.write_server(settings.home, url, local)
        link = f"{url}/login?code={code}"
        text = f"Troupe is ready at {url}\nSign in: {link}"
        _say({"state": "ready", "pid": os.getpid(), "url": url, "sign_in": link}, text, as_json=as_json)
        if not no_open and (os.environ.get("DISPLAY") or sys.platform in ("darwin", "win32")):
            webbrowser.open(link)

    def phase(text: str) -> None:
        note(f"· {text}")

    work = serve(settings, listening, token, phase=phase, ready=ready)
    try:
        _loop_run(work)
    finally:
        places.remove_server(settings.home)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _loop_run(work: Coroutine[Any, Any, None]) -> None:
    if importlib.util.find_spec("uvloop"):  # Windows has none
        import uvloop

        uvloop.run(work)
    else:
        asyncio.run(work)


def _detach(settings: Settings, *, as_json: bool) -> None:
    """Start again in a session of its own, and wait until it is ready."""
    log, answer = settings.home / "server.log", settings.home / "start.out"
    command = [sys.executable, "-P", "-m", "functions.cli", "up", "--no-open", "--home", str(settings.home)]
    command += ["--port", str(settings.port), "--host", settings.host] + (["--json"] if as_json else [])
    places.write_private(answer, "")  # it will hold a sign-in link
    with log.open("ab") as out, answer.open("r+b") as said:
        log.chmod(0o600)
        written = out.tell()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=out, start_new_session=True)
    try:
        text = _await_start(child, answer, log, written)
    finally:
        answer.unlink(missing_ok=True)
    typer.echo(text.rstrip())


def _await_start(child: "subprocess.Popen[bytes]", answer: Path, log: Path, written: int) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        text = answer.read_text()
        if text.endswith("\n") and ("sign_in" in text or "Sign in: " in text or "running" in text):
            return text
        if child.poll() is not None:
            lines = log.read_bytes()[written:].decode(errors="replace").strip().splitlines()
            raise Unavailable(lines[-1] if lines else "Troupe did not start.", code="not_started")
        time.sleep(0.05)
    raise Unavailable(f"Troupe is not ready after {START_SECONDS:g} s; see {log}.", code="not_started")


def _stop(home: Path, *, as_json: bool) -> None:
    running = places.read_server(home)
    if running is None:
        _say({"state": "not running"}, "Troupe is not running.", as_json=as_json)
        return
    try:
        os.kill(int(running["pid"]), signal.SIGTERM)
    except PermissionError:
        raise Forbidden(f"Process {running['pid']} belongs to somebody else.", code="not_yours") from None
    end = time.monotonic() + STOP_SECONDS
    while time.monotonic() < end:
        if places.read_server(home) is None:
            _say({"state": "stopped"}, "Troupe has stopped.", as_json=as_json)
            return
        time.sleep(0.05)
    raise Unavailable(f"Process {running['pid']} does not end; it may have effects under way.", code="still_running")
