"""The data of the embedded Postgres: where it lies, how it is made, who may log in."""

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from troupe.adapters.embedded.postgres.binaries import Account
from troupe.adapters.embedded.postgres.trouble import ELSEWHERE, from_output
from troupe.adapters.embedded.secret_files import write_secret
from troupe.base.db import APP, ENGINE
from troupe.base.errors import Unavailable

OWNER, SUPERUSER = "troupe", "postgres"
LOGINS = (APP, ENGINE)
MIN_FREE = 150_000_000  # bytes; a new cluster takes 40 MB and its log of changes grows first
SOCKET_LIMIT = 104 - len("/.s.PGSQL.5432") - 1  # the shortest sun_path of the systems we run on


@dataclass(frozen=True)
class Cluster:
    """The folder `postgres` of a home; `home` must be resolved."""

    home: Path
    account: Account

    @property
    def folder(self) -> Path:
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def socket_fits(self) -> bool:
        return len(os.fsencode(self.run)) <= SOCKET_LIMIT

    def prepare(self) -> None:
        """Make the folders, ours alone; under root passable, no more, for the account. Raises Unavailable, OSError."""
        mode = 0o700 if self.account.id is None else 0o711
        self.home.mkdir(mode=mode, parents=True, exist_ok=True)
        self.folder.mkdir(mode=mode, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)
        if self.account.id is not None:
            self.home.chmod(self.home.stat().st_mode | 0o011)
            self.folder.chmod(mode)
            self.account.own(self.run)
            if not self.account.can_read(self.run):
                raise Unavailable(
                    f"Postgres never runs as root, and {_closed(self.home)} is closed to the account it has instead.",
                    code="home_unusable",
                    hint=ELSEWHERE,
                )

    def make(self, bin: Path, major: int, *, durable: bool = True) -> None:
        """Make the data where there is none: whole or not at all. Raises Unavailable."""
        if self.data.exists():
            return self._check_version(major)
        if shutil.disk_usage(self.folder).free < MIN_FREE:
            raise from_output(self.home, "No space left on device")
        for rest in self.folder.glob("new-*"):
            shutil.rmtree(rest, ignore_errors=True)  # an initdb whose owner was killed may still write
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        self.account.own(fresh)
        self._initdb(bin, major, fresh, durable=durable)
        fresh.rename(self.data)
        return None

    def _initdb(self, bin: Path, major: int, fresh: Path, *, durable: bool) -> None:
        words = {user: secrets.token_urlsafe(24) for user in (SUPERUSER, OWNER, *LOGINS)}
        write_secret(self.folder / "passwords.json", json.dumps(words).encode())
        word_file = self.run / "password"
        write_secret(word_file, words[SUPERUSER].encode())
        self.account.own(word_file)
        locale = ["--locale-provider=builtin"] if major >= 17 else []
        command = [
            str(bin / "initdb"), f"--pgdata={fresh}", f"--username={SUPERUSER}", f"--pwfile={word_file}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", *locale, "--data-checksums",
            *([] if durable else ["--no-sync"]),
        ]  # fmt: skip
        done = self.account.run(command)
        word_file.unlink()
        if done.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise from_output(self.home, done.stderr)

    def _check_version(self, major: int) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != str(major):
            raise Unavailable(
                f"The database in {self.home} was made by Postgres {found}, and this Troupe runs Postgres {major}.",
                code="other_version",
                hint=f"Use the Troupe that made it, or move the data with pg_dump. {ELSEWHERE}",
            )

    def word_of(self, user: str) -> str:
        """The password of a user; a role of ours that has none yet gets one. Raises Unavailable where they are lost."""
        path = self.folder / "passwords.json"
        try:
            words = json.loads(path.read_bytes())
        except (FileNotFoundError, ValueError):
            raise Unavailable(
                f"{path} is lost, so nothing can log in to the database beside it.",
                code="password_lost",
                hint="Restore the file from a backup of the folder.",
            ) from None
        if user in LOGINS and user not in words:  # a home from before they logged in
            words[user] = secrets.token_urlsafe(24)
            write_secret(path, json.dumps(words).encode())
        return words[user]

    def url(self, user: str, database: str, port: int | None) -> str:
        """A libpq URI; by the socket where there is no port. Raises Unavailable where the passwords are lost."""
        place = (
            f"@127.0.0.1:{port}/{database}?sslmode=disable"
            if port
            else f"@/{database}?host={quote(str(self.run))}&port=5432"
        )
        return f"postgresql://{user}:{self.word_of(user)}{place}"


def lock(path: Path, *, shown: bytes = b"") -> int | None:
    """Hold the file's lock until the descriptor is closed; None where another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, shown, 0)
    return descriptor


def _closed(home: Path) -> Path:
    """The topmost folder on the way that others may not pass."""
    return next((p for p in [*reversed(home.parents), home] if not p.stat().st_mode & 0o001), home)
