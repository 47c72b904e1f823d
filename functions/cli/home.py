"""The files of TROUPE_HOME: the CLI's token, where a running Troupe says that it runs, what `login` stored."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from troupe import __version__
from troupe.base.errors import Unavailable

PRIVATE = ("files", "mail")  # tenants' data: for nobody else on this machine


def prepare(home: Path) -> None:
    """Make the folder. Raises Unavailable with a sentence."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name in PRIVATE:
            (home / name).mkdir(mode=0o700, exist_ok=True)
        probe = home / f".write-{os.getpid()}"
        probe.write_text("x")
        probe.unlink()
    except OSError as wrong:
        raise Unavailable(
            f"The folder {home} cannot be used: {wrong.strerror}.",
            hint="Name another with --home or TROUPE_HOME.", code="home_unusable",
        ) from None  # fmt: skip


def token_of(home: Path, given: str | None) -> str:
    """The owner's token: the one that was given, or the one kept in the folder, made at the first start."""
    if given:
        return given
    if kept := read_token(home):
        return kept
    token = f"trp_{secrets.token_urlsafe(32)}"
    write_private(home / "token", token)
    return token


def read_token(home: Path) -> str | None:
    """The token kept in the folder. Raises Unavailable where it may not be read."""
    try:
        return (home / "token").read_text().strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as wrong:
        raise Unavailable(
            f"The token in {home} cannot be read: {getattr(wrong, 'strerror', None) or 'it is no text'}.",
            hint="Run this as the user who started Troupe, or set TROUPE_TOKEN.", code="token_unreadable",
        ) from None  # fmt: skip


def write_private(path: Path, text: str) -> None:
    """A file that only its owner may read, there whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)


def write_server(home: Path, url: str, local: str) -> None:
    """Say that we run, at `url` for people and at `local` for programs of this machine."""
    temporary = home / "server.json.new"
    temporary.write_text(json.dumps({"pid": os.getpid(), "url": url, "version": __version__, "local": local}))
    temporary.replace(home / "server.json")


def read_server(home: Path) -> dict[str, Any] | None:
    """What a running Troupe says of itself, if its process is there: not a later one with its number."""
    path = home / "server.json"
    try:
        said = json.loads(path.read_text())
        written = path.stat().st_mtime
        pid = int(said["pid"])
        str(said["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    import psutil

    try:
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= written + 2
    except psutil.Error:
        return None
    return said if alive else None


def remove_server(home: Path) -> None:
    """We run no more."""
    with contextlib.suppress(OSError, ValueError):
        said = json.loads((home / "server.json").read_text())
        if said.get("pid") == os.getpid():
            (home / "server.json").unlink()


def read_remote(home: Path) -> tuple[str, str] | None:
    """URL and token of the Troupe that `login` was told of."""
    try:
        said = json.loads((home / "remote.json").read_text())
        return str(said["url"]), str(said["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
