"""One Postgres for the whole test run, and for each test a database of its own, cloned from a migrated template."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from tests import homes
from troupe.adapters.embedded.postgres import Postgres
from troupe.adapters.embedded.postgres.cluster import OWNER
from troupe.base.db import APP, ENGINE, Database
from troupe.base.ids import new_id
from troupe.base.migrate import migrate

MIGRATIONS = Path(__file__).parents[1] / "shared/troupe/migrations"
TEMPLATE = "troupe_template"
_servers = pytest.StashKey[tuple[Postgres, Path]]()


def _url(config: pytest.Config) -> str:
    """The URL of the template database; the process that leads the test run owns the server."""
    if hasattr(config, "workerinput"):
        return config.workerinput["database"]
    if _servers not in config.stash:
        home = Path(tempfile.mkdtemp(prefix="troupe-test-"))
        server = Postgres(home, durable=False)
        server.start_now()
        asyncio.run(migrate(server.url, MIGRATIONS))
        server.stop_now()
        homes.keep(home, home / "begun")
        server.start_now()
        config.stash[_servers] = (server, home)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE {OWNER}")
    return config.stash[_servers][0].url


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    node.workerinput["database"] = _url(node.config)
    node.workerinput["begun"] = os.environ[homes.BEGUN]


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        os.environ[homes.BEGUN] = config.workerinput["begun"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _servers in config.stash:
        server, home = config.stash[_servers]
        server.stop_now()
        homes.forget()
        shutil.rmtree(home)


def _swap(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}?{query}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Generator[str]:
    """The owner's URL of a fresh database with every migration applied."""
    with fresh_database(request.config) as url:
        yield url


@contextmanager
def fresh_database(config: pytest.Config) -> Generator[str]:
    """The same, for a test that needs more than one."""
    url, name = _url(config), f"test_{new_id().replace('-', '')}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        yield _swap(url, name)
        _drop(connection, name)


def _drop(connection: psycopg.Connection, name: str) -> None:
    """Postgres's own cleaner may be at it, which nobody but Postgres may end: it is done in a moment."""
    for last in [*[False] * 40, True]:
        try:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            return
        except psycopg.errors.InsufficientPrivilege:
            if last:
                raise
            time.sleep(0.25)


@pytest_asyncio.fixture
async def app_db(database_url: str) -> AsyncGenerator[Database]:
    """The fresh database as the role `troupe_app`, which sees one workspace at a time."""
    database = await Database(database_url, APP).open()
    yield database
    await database.close()


@pytest_asyncio.fixture
async def engine_db(database_url: str) -> AsyncGenerator[Database]:
    """The fresh database as the role `troupe_engine`."""
    database = await Database(database_url, ENGINE).open()
    yield database
    await database.close()


@pytest_asyncio.fixture
async def durable_postgres() -> AsyncGenerator[Postgres]:
    """A server of the test's own with full durability, to be killed at will. Its database has no migrations yet."""
    home = Path(tempfile.mkdtemp(prefix="troupe-test-"))
    async with Postgres(home) as server:
        yield server
    shutil.rmtree(home)
