"""One sentence for each way in which an embedded Postgres cannot start."""

import errno
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from troupe.base.errors import TroupeError, Unavailable

ELSEWHERE = "Choose another folder with TROUPE_HOME, or give a server of your own with TROUPE_DATABASE_URL."
_KNOWN: list[tuple[str, str, str, str]] = [
    ("could not look up effective user ID", "no_account",
     "This machine has no account with the user id that Troupe runs as, and Postgres wants one.",
     "Run Troupe as a user of /etc/passwd, or give a server of your own with TROUPE_DATABASE_URL."),
    ("No space left on device|Disk quota exceeded", "disk_full", "The disk that holds {home} is full.",
     "Free some space and start again; what was saved is safe."),
    ("Permission denied|Operation not permitted", "home_unusable",
     "Postgres may not read or write in {home}.", ELSEWHERE),
    ("Read-only file system", "home_unusable", "{home} is on a read-only disk.", ELSEWHERE),
    ("Cannot allocate memory|could not map anonymous shared memory", "no_memory",
     "There is not enough memory to start Postgres.", "It needs about 100 MB; end other programs and start again."),
    ("database files are incompatible|was initialized by", "other_version",
     "The database in {home} was made by another version of Postgres.", ELSEWHERE),
    ("could not locate a valid checkpoint|invalid checkpoint record|could not open file \"base/", "damaged",
     "The database in {home} is damaged: parts of its files are missing.", "Restore it from a backup."),
    ("Address already in use|could not create any TCP", "port_taken",
     "The port that Postgres chose was taken by another program.", "Start again."),
]  # fmt: skip


def from_output(home: Path, output: str) -> Unavailable:
    """What the output of initdb or the server's log says, as an error to show."""
    for pattern, code, message, hint in _KNOWN:
        if re.search(pattern, output):
            return Unavailable(message.format(home=home), code=code, hint=hint)
    lines = [line for line in output.splitlines() if re.search("FATAL|PANIC|error:", line)] or output.splitlines()
    last = re.sub(r"^.*?(FATAL|PANIC|error): +", "", lines[-1]) if lines else "it says nothing"
    return Unavailable(
        f"Postgres does not start: {last[:300]}.", code="postgres_failed", hint=f"See {home}/postgres/log."
    )


def from_os(home: Path, wrong: OSError) -> Unavailable:
    """A refusal of the operating system, as an error to show."""
    if wrong.errno in {errno.ENOSPC, errno.EDQUOT}:
        return from_output(home, "No space left on device")
    where = f" ({wrong.filename})" if wrong.filename else ""
    return Unavailable(
        f"Troupe cannot use the folder {home}: {wrong.strerror or wrong}{where}.", code="home_unusable", hint=ELSEWHERE
    )


@contextmanager
def sentences(home: Path) -> Generator[None]:
    """Let every OSError out as a sentence."""
    try:
        yield
    except TroupeError:
        raise
    except OSError as wrong:
        raise from_os(home, wrong) from wrong
