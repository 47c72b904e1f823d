"""Migrations: numbered SQL files, forward only, each in one transaction.

    shared/troupe/migrations/0001_accounts.sql, 0002_durable.sql, …      no gap, never changed once released

The table `migrations` remembers what was applied. Two processes may start at once: an advisory lock lets one apply and
the other find nothing to do.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection

from troupe.base.errors import Conflict, TroupeError, Unavailable

LOCK = 7_022_601_331_045  # any number, the same for every Troupe
PATIENCE = "10min"  # for another process that is applying
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_TABLE = """
    CREATE TABLE IF NOT EXISTS migrations (
        name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""


class MigrationRefused(Conflict):
    """The database and the migrations of this Troupe do not fit together."""


class MigrationFailed(TroupeError):
    """A migration failed; the database is as it was before it."""


@dataclass(frozen=True)
class Migration:
    """One file: its name, its SQL, the SHA-256 of it."""

    name: str
    sql: bytes
    checksum: str


def read_migrations(folder: Path) -> list[Migration]:
    """The files of the folder in order. Raises MigrationRefused for a name out of form, a gap, a number used twice."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        named = _NAME.fullmatch(path.name)
        if not named or int(named[1]) != len(found) + 1:
            raise MigrationRefused(
                f"The migration {path.name} should have the number {len(found) + 1:04d}.",
                hint="Migrations are named 0001_words.sql and counted without a gap.",
            )
        text = path.read_bytes()
        found.append(Migration(path.name, text, hashlib.sha256(text).hexdigest()))
    return found


async def migrate(url: str, folder: Path, *, dry_run: bool = False) -> list[str]:
    """Bring the database to the newest migration; the names applied (or, in a dry run, that would be).

    `url` is the owner's. Raises MigrationRefused, MigrationFailed, Unavailable.
    """
    migrations = read_migrations(folder)
    try:
        connection = await AsyncConnection[Any].connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as down:
        raise Unavailable("The database does not answer.", code="database_unavailable") from down
    async with connection:
        await connection.execute("SELECT set_config('lock_timeout', %s, false)", (PATIENCE,))
        await connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        missing = _missing(migrations, await _applied(connection))
        for migration in [] if dry_run else missing:
            await _apply(connection, migration)
    return [m.name for m in missing]


async def _applied(connection: AsyncConnection[Any]) -> dict[str, str]:
    """Name → checksum, in order; empty where the table is missing, which a dry run does not make."""
    exists = await (await connection.execute("SELECT to_regclass('migrations')")).fetchone()
    if not exists or exists[0] is None:
        return {}
    rows = await (await connection.execute("SELECT name, checksum FROM migrations ORDER BY name")).fetchall()
    return dict(rows)


def _missing(migrations: list[Migration], applied: dict[str, str]) -> list[Migration]:
    """What is to be applied. Raises MigrationRefused unless what was applied is how the list begins."""
    known = {m.name: m.checksum for m in migrations}
    for name, checksum in applied.items():
        if name not in known:
            raise MigrationRefused(
                f"The database has the migration {name}, which this Troupe does not know.",
                hint="The database was used by a newer Troupe: start that one.",
            )
        if known[name] != checksum:
            raise MigrationRefused(
                f"The migration {name} was changed after it had been applied to this database.",
                hint="Restore the file as it was and put the change into a new migration.",
            )
    skipped = [m.name for m in migrations[: len(applied)] if m.name not in applied]
    if skipped:
        raise MigrationRefused(
            f"The migration {skipped[0]} was left out when later ones were applied to this database.",
            hint="Migrations are applied in order; give the new one the next free number.",
        )
    return migrations[len(applied) :]


async def _apply(connection: AsyncConnection[Any], migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(_TABLE)
            await connection.execute(migration.sql)
            row = (migration.name, migration.checksum)
            await connection.execute("INSERT INTO migrations (name, checksum) VALUES (%s, %s)", row)
    except psycopg.Error as wrong:
        raise MigrationFailed(
            f"{migration.name}{_line(migration, wrong)}: {wrong.diag.message_primary or wrong}"
        ) from wrong


def _line(migration: Migration, wrong: psycopg.Error) -> str:
    at = wrong.diag.statement_position
    return f", line {migration.sql.decode()[: int(at)].count(chr(10)) + 1}" if at else ""
