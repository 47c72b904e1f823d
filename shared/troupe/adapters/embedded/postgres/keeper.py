"""The small process beside the server: starts it, starts it again when it dies, stops it when the owner is gone.

Run as `python -I -S keeper.py PLAN`, standard library only; the product never imports it. Its standard input is a pipe
from the owner: the end of it, or another parent, means stop. PLAN is JSON: command, environment, user
and groups, owner (pid), lock, log. Exit codes: 0 stopped, 1 the server ends again and again, 2 the lock is taken.
"""

import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))  # fast, immediate, a crash
QUICK, TRIES = 10.0, 6  # an end within so many seconds counts; after so many in a row the owner has to look
LOG_LIMIT = 1_000_000
PR_SET_PDEATHSIG = 1


class Keeper:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.asked = False
        self.heard, self.wake = os.pipe()
        for end in (self.heard, self.wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, self._note)
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, self._ask)

    def _note(self, *_: object) -> None:
        """The wake-up pipe has it."""

    def _ask(self, *_: object) -> None:
        self.asked = True

    def keep(self) -> int:
        """Run the server until told to stop; the exit code."""
        quick = 0
        while not self.stopping(0.0):
            child, began = self.launch(), time.monotonic()
            while child.poll() is None:
                if self.stopping(1.0):
                    return self.stop(child)
            quick = quick + 1 if time.monotonic() - began < QUICK else 0
            if quick >= TRIES:
                return 1
            if self.stopping(min(1.0, 0.05 * 2**quick), all_of_it=True):
                break
        return 0

    def stopping(self, seconds: float, *, all_of_it: bool = False) -> bool:
        """Wait for news; whether the owner is gone or asks to stop."""
        end = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([sys.stdin, self.heard], [], [], max(0.0, end - time.monotonic()))
            if self.heard in ready:
                os.read(self.heard, 4096)
            if sys.stdin in ready or self.asked or os.getppid() != self.plan["owner"]:
                return True
            if not all_of_it or time.monotonic() >= end:
                return False

    def launch(self) -> "subprocess.Popen[bytes]":
        log = Path(self.plan["log"])
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_name("log.1"))
        with log.open("ab") as out:
            return subprocess.Popen(
                self.plan["command"], env=self.plan["environment"], cwd="/", stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, user=self.plan["user"], group=self.plan["user"],
                extra_groups=self.plan["groups"], preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509  one thread
            )  # fmt: skip

    def stop(self, child: "subprocess.Popen[bytes]") -> int:
        for step, seconds in STOP:
            child.send_signal(step)
            try:
                child.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        return 0


def die_with_parent(parent: int) -> Any:
    """Called in the child: have the kernel (Linux) ask for a fast shutdown when the keeper itself is killed."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def arm() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)

    return arm


def main() -> int:
    plan = json.loads(sys.argv[1])
    lock = os.open(plan["lock"], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 2
    return Keeper(plan).keep()


if __name__ == "__main__":
    sys.exit(main())
