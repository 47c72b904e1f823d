"""The files of TROUPE_HOME: the CLI's token, and where a running Troupe says that it runs."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from troupe import __version__
from troupe.base.errors import Unavailable


def prepare(home: Path) -> None:
    """Make the folder. Raises Unavailable with a sentence."""
    try:
        home.mkdir(parents=True, exist_ok=True)
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
    path = home / "token"
    with contextlib.suppress(FileNotFoundError):
        if kept := path.read_text().strip():
            return kept
    token = f"trp_{secrets.token_urlsafe(32)}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(token)
    return token


def write_server(home: Path, url: str) -> None:
    """Say that we run."""
    temporary = home / "server.json.new"
    temporary.write_text(json.dumps({"pid": os.getpid(), "url": url, "version": __version__}))
    temporary.replace(home / "server.json")


def read_server(home: Path) -> dict[str, Any] | None:
    """What a running Troupe says of itself, if its process is there."""
    try:
        said = json.loads((home / "server.json").read_text())
        os.kill(int(said["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said


def remove_server(home: Path) -> None:
    """We run no more."""
    with contextlib.suppress(OSError):
        said = json.loads((home / "server.json").read_text())
        if said.get("pid") == os.getpid():
            (home / "server.json").unlink()
