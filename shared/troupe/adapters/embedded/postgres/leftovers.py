"""Clear what a killed Troupe left: an orphan server, backends without one, a stale postmaster.pid."""

import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

STEPS = ((signal.SIGINT, 15.0), (signal.SIGKILL, 10.0))  # fast shutdown, then a crash it recovers from


def clear(data: Path, run: Path) -> None:
    """End every server process of this data folder; remove the pid files that a zombie or a stranger keeps alive.

    Call it only under the lock of the folder. A pid file proves nothing but an unclean end: the pid in it may be a
    zombie's or, by now, somebody else's, so processes are known by their working folder. `run` holds the socket.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    for step, seconds in STEPS:
        _send(step, _heads(find_servers(data)) if step == signal.SIGINT else find_servers(data))
        if _gone(data, seconds):
            break
    for lock in run.glob(".s.PGSQL.*.lock"):
        lock.unlink(missing_ok=True)
    pid_file.unlink(missing_ok=True)  # its other use, telling of backends still attached, find_servers has done better


def find_servers(data: Path) -> list[psutil.Process]:
    """The living Postgres processes that work in this folder."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name().startswith("postgres") and process.cwd() == str(data):
                found.append(process)
    return found


def _heads(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those whose parent is not among them: the postmaster, while it lives."""
    ids = {p.pid for p in processes}
    heads: list[psutil.Process] = []
    for process in processes:
        with suppress(psutil.Error):
            if process.ppid() not in ids:
                heads.append(process)
    return heads


def _send(step: signal.Signals, processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(step)


def _gone(data: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while find_servers(data):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
