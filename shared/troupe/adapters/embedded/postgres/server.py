"""The embedded server as its owner sees it: `async with Postgres(home) as postgres: postgres.url`."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from troupe.adapters.embedded.postgres import keeper as keeper_script
from troupe.adapters.embedded.postgres.binaries import ENVIRONMENT, choose_account, find_bin
from troupe.adapters.embedded.postgres.cluster import LOGINS, OWNER, SUPERUSER, Cluster, lock
from troupe.adapters.embedded.postgres.leftovers import clear
from troupe.adapters.embedded.postgres.trouble import from_output, sentences
from troupe.base.errors import Unavailable

PATIENCE = 600.0  # seconds for crash recovery; a keeper that gives up ends the wait at once
HANDOVER = 45.0  # seconds in which the keeper of a killed owner has stopped its server
SETTINGS = {
    "shared_buffers": "64MB", "max_connections": "100", "work_mem": "4MB", "maintenance_work_mem": "64MB",
    "wal_buffers": "4MB", "max_wal_size": "512MB", "autovacuum_max_workers": "2", "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0", "max_parallel_maintenance_workers": "0", "jit": "off",
    "huge_pages": "off", "timezone": "UTC", "log_timezone": "UTC", "log_checkpoints": "off",
    "log_min_messages": "log", "log_min_error_statement": "panic",  # statements hold tenants' data
    "wal_compression": "on",  # of the pages that go to the log whole, once after each checkpoint
}  # fmt: skip
FROM_18 = {"io_method": "sync"}  # saves three processes
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_owned: "weakref.WeakSet[Postgres]" = weakref.WeakSet()


class Postgres:
    """A Postgres in `home`, kept running until `stop` or the end of this process, however it ends.

    `durable=False` gives speed to tests and loses data when the machine fails. Start raises Unavailable with a
    sentence and a hint: home in use or unusable, disk full, data of another major version.
    """

    def __init__(self, home: Path, *, major: int = 18, durable: bool = True) -> None:
        self.home = home
        self.major = major
        self.durable = durable
        self._lock: int | None = None
        self._port: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._cluster: Cluster | None = None
        self._command: list[str] = []
        self._stopping = threading.Event()
        self._turn = threading.Lock()  # of the watching thread and of a stop

    async def start(self) -> str:
        """Start and wait until it answers; the owner's URL."""
        await asyncio.to_thread(self.start_now)
        return self.url

    async def stop(self) -> None:
        """Stop it (a fast shutdown) and wait until it is gone."""
        await asyncio.to_thread(self.stop_now)

    async def __aenter__(self) -> "Postgres":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def cluster(self) -> Cluster:
        """Where it lies. Raises Unavailable before the start."""
        if self._cluster is None:
            raise Unavailable("Postgres has not been started.", code="database_unavailable")
        return self._cluster

    @property
    def url(self) -> str:
        """As the owner of the database `troupe`: may create roles and databases, and is no superuser, as on Aurora."""
        return self.cluster.url(OWNER, OWNER, self._port)

    def url_of(self, role: str) -> str:
        """As one of the roles that serve requests and runs; they log in by themselves and can become nobody else."""
        return self.cluster.url(role, OWNER, self._port)

    @property
    def superuser_url(self) -> str:
        """As the superuser, for backups and for tests that look behind row-level security."""
        return self.cluster.url(SUPERUSER, OWNER, self._port)

    def start_now(self) -> None:
        """The start, blocking."""
        with sentences(self.home):
            home = self.home.resolve()
            cluster = self._cluster = Cluster(home, choose_account(home / "postgres/data"))
            cluster.prepare()
            self._take(cluster)
            try:
                self._stopping.clear()
                bin = find_bin(self.major, cluster.account, home / "postgres-bin")
                cluster.make(bin, self.major, durable=self.durable)
                self._port = None if cluster.socket_fits else _free_port()
                self._command = [str(bin / "postgres"), "-D", str(cluster.data), *self._options(cluster)]
                written = cluster.log.stat().st_size if cluster.log.exists() else 0
                self._launch()
                self._wait(written)
                _bootstrap(cluster, self._port)
                threading.Thread(target=self._watch, name="postgres-watch", daemon=True).start()
            except BaseException:
                self.stop_now()
                raise

    def stop_now(self) -> None:
        """The stop, blocking."""
        self._stopping.set()
        with self._turn:
            keeper, self._keeper = self._keeper, None
        if keeper is not None:
            _let_go(keeper)
            keeper.wait()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        _owned.discard(self)

    def _take(self, cluster: Cluster) -> None:
        self._lock = lock(cluster.folder / "owner.lock", shown=str(os.getpid()).encode())
        if self._lock is None:
            pid = (cluster.folder / "owner.lock").read_text() or "another process"
            raise Unavailable(
                f"Troupe is already running with {cluster.home} (process {pid}).",
                code="home_in_use",
                hint="Use that one, stop it first, or choose another folder with TROUPE_HOME.",
            )
        _owned.add(self)

    def _options(self, cluster: Cluster) -> list[str]:
        where = {"listen_addresses": "", "unix_socket_directories": str(cluster.run), "port": "5432"}
        if self._port:
            where = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(self._port)}
        chosen = where | SETTINGS | (FROM_18 if self.major >= 18 else {}) | ({} if self.durable else FORGETFUL)
        return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def _launch(self) -> None:
        """Clear what is left and start a keeper. Raises Unavailable where the last one does not end."""
        cluster = self.cluster
        end = time.monotonic() + HANDOVER
        while (held := lock(cluster.folder / "keeper.lock")) is None:
            if time.monotonic() > end:
                raise Unavailable(f"The last Postgres in {cluster.home} does not stop.", code="home_in_use")
            time.sleep(0.02)
        clear(cluster.data, cluster.run)
        os.close(held)
        plan = {
            "command": self._command, "environment": ENVIRONMENT, "owner": os.getpid(),
            "user": cluster.account.id, "groups": cluster.account.groups,
            "lock": str(cluster.folder / "keeper.lock"), "log": str(cluster.log),
        }  # fmt: skip
        script = [sys.executable, "-I", "-S", str(keeper_script.__file__), json.dumps(plan)]
        self._keeper = subprocess.Popen(
            script,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def _wait(self, written: int) -> None:
        """Until a connection is made: nothing else proves that it runs."""
        cluster, end = self.cluster, time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(cluster.url(SUPERUSER, "postgres", self._port), connect_timeout=5).close()
                return
            except psycopg.OperationalError as not_yet:
                ended = self._keeper is None or self._keeper.poll() is not None
                if ended or "authentication failed" in str(not_yet) or time.monotonic() > end:
                    log = cluster.log.read_bytes()[written:].decode(errors="replace") if ended else str(not_yet)
                    raise from_output(cluster.home, log) from not_yet
                time.sleep(0.01)

    def _watch(self) -> None:
        """Start another keeper when one was killed or gave up, at once and then ever more slowly."""
        pause = 0.05
        while True:
            keeper, began = self._keeper, time.monotonic()
            if keeper is not None:
                keeper.wait()
                _let_go(keeper)
            pause = 0.05 if time.monotonic() - began > keeper_script.QUICK else min(5.0, pause * 2)
            if self._stopping.wait(pause):
                return
            with self._turn, contextlib.suppress(OSError, Unavailable):
                if not self._stopping.is_set():
                    self._launch()

    def _abandon(self) -> None:
        """In a forked child: the server is the parent's."""
        for descriptor in (self._lock, self._keeper.stdin.fileno() if self._keeper and self._keeper.stdin else None):
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._lock = self._keeper = None


def _let_go(keeper: "subprocess.Popen[bytes]") -> None:
    """Close what tells a keeper that its owner lives."""
    with contextlib.suppress(OSError):
        if keeper.stdin:
            keeper.stdin.close()


def _bootstrap(cluster: Cluster, port: int | None) -> None:
    """Make what is missing: the owner, its database, the roles that log in.

    Only a superuser may install `vector`, so new databases come with it.
    """
    with psycopg.connect(cluster.url(SUPERUSER, "postgres", port), autocommit=True) as connection:
        _make_role(connection, OWNER, "CREATEROLE CREATEDB", cluster.word_of(OWNER))
        for role in LOGINS:
            if _make_role(connection, role, "", cluster.word_of(role)):
                grant = sql.SQL("GRANT {} TO {} WITH ADMIN OPTION")  # as if the owner had made it
                connection.execute(grant.format(sql.Identifier(role), sql.Identifier(OWNER)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [OWNER]).fetchone():
            with psycopg.connect(cluster.url(SUPERUSER, "template1", port), autocommit=True) as template:
                template.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(OWNER)))


def _make_role(connection: psycopg.Connection[Any], name: str, rights: LiteralString, word: str) -> bool:
    """See to it that a role logs in with its password; whether it is new."""
    found = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if found != (True,):
        verb = sql.SQL("ALTER" if found else "CREATE")
        make = sql.SQL("{} ROLE {} LOGIN " + rights + " PASSWORD {}")
        connection.execute(make.format(verb, sql.Identifier(name), sql.Literal(word)))
    return found is None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _forget_in_child() -> None:
    for server in list(_owned):
        server._abandon()  # pyright: ignore[reportPrivateUsage]


os.register_at_fork(after_in_child=_forget_in_child)
