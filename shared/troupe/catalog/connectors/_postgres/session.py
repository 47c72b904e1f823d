"""A transaction in somebody's database: at a checked address, with nothing of this machine's own settings, and bounded.

libpq reads the environment, ~/.pgpass and ~/.postgresql where it is not told otherwise; here it is told everything.
"""

import asyncio
import os
import ssl
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import pq

from troupe.base.errors import (
    ConnectionLost,
    Refused,
    Rejected,
    ServerFailed,
    StepFailed,
    TimedOut,
    Unreachable,
)
from troupe.catalog.contract import Link

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
BUSY = ("57P03", "53300", "starting up", "too many", "remaining connection slots")
POWERS = """
SELECT s.rolsuper OR EXISTS (
    SELECT FROM pg_roles p WHERE pg_has_role(s.oid, p.oid, 'MEMBER') AND p.rolname IN
        ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
FROM pg_roles s WHERE s.rolname = session_user
"""


@asynccontextmanager
async def transaction(link: Link, *, write: bool = False) -> AsyncGenerator[Connection]:
    """A transaction, read-only where not said otherwise; committed at the end. Raises the step errors."""
    try:
        async with asyncio.timeout(link.seconds_left):
            connection = await _connect(link)
            try:
                with _told():
                    await connection.set_read_only(not write)
                    await _bound(connection, link)
                    yield connection
                    await connection.commit()
            finally:
                await connection.close()
    except TimeoutError:
        raise TimedOut(f"{link.config.host} did not answer in time.") from None


async def _connect(link: Link) -> Connection:
    config = link.config
    address = await link.http.address(config.host, config.port)
    with tempfile.NamedTemporaryFile(suffix=".pem") as roots:
        roots.write(config.ca.encode())
        roots.flush()
        settings = _settings(link, address, roots.name if config.ca else _roots())
        try:
            return await psycopg.AsyncConnection.connect(
                **settings, cursor_factory=psycopg.AsyncRawCursor, prepare_threshold=None
            )
        except psycopg.Error as wrong:
            raise _unconnected(str(wrong), f"{config.host}:{config.port}") from None


def _settings(link: Link, address: str, roots: str) -> dict[str, Any]:
    """Every setting that libpq would else take from the environment or from files of this account."""
    config, verify = link.config, link.config.tls == "verify"
    secret = link.credential.password.get_secret_value() if link.credential else ""
    told = {
        "host": config.host, "hostaddr": address, "port": str(config.port), "dbname": config.database,
        "user": config.user, "password": secret, "passfile": f"{os.devnull}/none", "connect_timeout": "10",
        "sslmode": "verify-full" if verify else "disable", "sslrootcert": roots, "sslcertmode": "disable",
        "require_auth": "!gss,!sspi" + ("" if verify else ",!password"), "gssencmode": "disable",
        "application_name": "troupe", "client_encoding": "utf8", "min_protocol_version": "3.0",
        "max_protocol_version": "3.0",
    }  # fmt: skip
    settings: dict[str, Any] = {}
    for option in pq.Conninfo.get_defaults():
        name = option.keyword.decode()
        if name in told or (option.envvar and name != "service"):
            settings[name] = told.get(name, (option.compiled or b"").decode())
    return settings


def _roots() -> str:
    """The roots that this machine trusts."""
    return ssl.get_default_verify_paths().cafile or "system"


async def _bound(connection: Connection, link: Link) -> None:
    """Limits for this transaction, which a statement cannot outlast; not as who may reach beyond the database."""
    cursor = await connection.execute(POWERS)
    if (row := await cursor.fetchone()) is None or row[0]:
        raise Rejected(
            "This login may read files of the server or start programs there.", code="too_powerful",
            hint="Connect as another: CREATE ROLE reader LOGIN PASSWORD '…'; GRANT pg_read_all_data TO reader.",
        )  # fmt: skip
    most = int(1000 * min(link.config.max_seconds, max(link.seconds_left, 1.0)))
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        await connection.execute("SELECT set_config($1, $2, true)", [name, str(most)])


@contextmanager
def _told() -> Generator[None]:
    try:
        yield
    except psycopg.Error as wrong:
        raise _error(wrong) from None


def _error(wrong: psycopg.Error) -> StepFailed:
    """What went wrong in a transaction; what the server itself refuses has not happened."""
    state, said = wrong.sqlstate or "", (wrong.diag.message_primary or str(wrong))[:500]
    more = wrong.diag.message_hint or wrong.diag.message_detail or ""
    if state == "57014":
        return Rejected(f"It took too long and was stopped: {said}", code="too_slow", hint="Ask for less, or raise it.")
    if state == "25006":
        return Rejected(f"This connection only reads: {said}", code="read_only", hint="`allow_writes` adds execute.")
    if state[:2] in ("53", "57", "58", "XX", "40"):
        return ServerFailed(f"The database failed: {said}")
    if not state and isinstance(wrong, psycopg.OperationalError):
        return ConnectionLost(said)
    return Refused(f"The database refused: {said}", hint=more[:500])


def _unconnected(said: str, where: str) -> StepFailed:
    told = " ".join(said.split())[:500]
    if "FATAL" in said and not any(word in said for word in BUSY):
        return Refused(f"{where} did not let us in: {told}", hint="Check user, password and database.")
    if "SSL" in said or "certificate" in said:
        hint = "Give the certificate of its authority in `ca`; `tls: off` is for a network of one's own."
        return Refused(f"The TLS handshake with {where} failed: {told}", code="tls_failed", hint=hint)
    if "authentication" in said:
        return Refused(f"{where} asks for a login that is not safe without TLS.", code="tls_failed")
    return Unreachable(f"{where} does not take connections.")
