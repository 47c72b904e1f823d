"""The database: pools per role, and a `Db` that is one transaction bound to one workspace.

Postgres itself keeps workspaces apart (FORCED row-level security on `troupe.workspace`); a store is only ever handed a
bound Db. Three roles exist: the owner (migrations only), `troupe_app` (owns nothing, sees one workspace) and
`troupe_engine` (the journal's tables, used by durable/store.py alone).
"""

import asyncio
import select
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar
from weakref import WeakKeyDictionary

import orjson
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import class_row, dict_row, tuple_row
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from troupe.base.errors import NotFound, Unavailable
from troupe.base.ids import WorkspaceId
from troupe.base.values import dump

M = TypeVar("M")
APP, ENGINE = "troupe_app", "troupe_engine"

psycopg.adapters.register_loader("uuid", TextLoader)  # ids are text everywhere in Troupe
set_json_dumps(dump)
set_json_loads(orjson.loads)

__all__ = ["APP", "ENGINE", "Database", "Db", "Jsonb"]


class Db:
    """One transaction of one workspace. Queries are literal text with `%(name)s` parameters."""

    def __init__(self, connection: AsyncConnection[Any], workspace: WorkspaceId) -> None:
        self.connection = connection
        self.workspace = workspace

    async def all(self, model: type[M], query: LiteralString, **params: Any) -> list[M]:
        """Every row, as `model`."""
        async with self.connection.cursor(row_factory=class_row(model)) as cursor:
            return await (await cursor.execute(query, self._bind(params))).fetchall()

    async def find(self, model: type[M], query: LiteralString, **params: Any) -> M | None:
        """The first row or None."""
        async with self.connection.cursor(row_factory=class_row(model)) as cursor:
            return await (await cursor.execute(query, self._bind(params))).fetchone()

    async def one(self, model: type[M], query: LiteralString, **params: Any) -> M:
        """The one row. Raises NotFound."""
        row = await self.find(model, query, **params)
        if row is None:
            raise NotFound
        return row

    async def rows(self, query: LiteralString, **params: Any) -> list[dict[str, Any]]:
        """Every row as a dict, where a model would say nothing more."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            return await (await cursor.execute(query, self._bind(params))).fetchall()

    async def value(self, query: LiteralString, **params: Any) -> Any:
        """The first column of the first row, or None."""
        async with self.connection.cursor(row_factory=tuple_row) as cursor:
            row = await (await cursor.execute(query, self._bind(params))).fetchone()
        return row[0] if row else None

    async def execute(self, query: LiteralString, **params: Any) -> int:
        """Do it; how many rows it touched."""
        cursor = await self.connection.execute(query, self._bind(params))
        return cursor.rowcount

    def _bind(self, params: dict[str, Any]) -> dict[str, Any]:
        bound = {k: Jsonb(v) if isinstance(v, dict) else v for k, v in params.items()}
        return {"workspace": self.workspace, **bound}


_IDLE = 5.0  # seconds a connection may have rested before it is asked whether it still stands
_used: WeakKeyDictionary[AsyncConnection[Any], float] = WeakKeyDictionary()


async def _check(connection: AsyncConnection[Any]) -> None:
    """Ask a connection that rested, or that has something to say; one that was used just now costs no round trip."""
    now = time.monotonic()
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)  # the server speaks first only to say goodbye
    if now - _used.get(connection, -_IDLE) >= _IDLE or poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)
    _used[connection] = now


class Database:
    """A pool of connections in one role."""

    def __init__(self, url: str, role: str = APP, *, size: int = 10, options: Sequence[str] = ()) -> None:
        self.url = url
        self.role = role
        settings = " ".join(f"-c {o}" for o in (f"role={role}", *options))
        self.pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=10.0,
            check=_check,
            kwargs={"autocommit": True, "options": settings, "connect_timeout": 5},
        )

    async def open(self) -> "Database":
        """Connect; returns itself. Raises Unavailable."""
        try:
            await self.pool.open(wait=True, timeout=15.0)
        except PoolTimeout:
            await self.pool.close()
            raise Unavailable("The database does not answer.", code="database_unavailable") from None
        except asyncio.CancelledError:
            await self.pool.close()
            raise
        return self

    async def close(self) -> None:
        """Give the connections back."""
        await self.pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[AsyncConnection[Any]]:
        """A bare connection in autocommit, for the engine and for migrations. Raises Unavailable."""
        try:
            async with self.pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError) as down:
            raise Unavailable("The database does not answer.", code="database_unavailable") from down

    @asynccontextmanager
    async def workspace(self, workspace: WorkspaceId) -> AsyncGenerator[Db]:
        """One transaction bound to a workspace: commits at the end, rolls back on any exception."""
        try:
            connection = await self._begin(workspace)
            try:
                yield Db(connection, workspace)
                await connection.commit()
            except BaseException:
                if not connection.closed:
                    await connection.rollback()
                raise
            finally:
                await self.pool.putconn(connection)
        except (PoolTimeout, psycopg.OperationalError) as down:
            raise Unavailable("The database does not answer.", code="database_unavailable") from down

    async def _begin(self, workspace: WorkspaceId) -> AsyncConnection[Any]:
        """A connection in a transaction. One that the server cut is replaced: nothing has been done on it yet."""
        begin = sql.SQL("BEGIN; SELECT set_config('troupe.workspace', {}, true)").format(sql.Literal(workspace))
        while True:
            connection = await self.pool.getconn()
            try:
                await connection.execute(begin)  # one round trip instead of two; the id is quoted by psycopg
            except psycopg.OperationalError:
                dead = connection.closed
                await self.pool.putconn(connection)
                if not dead:
                    raise
            except BaseException:
                await self.pool.putconn(connection)
                raise
            else:
                return connection

    @asynccontextmanager
    async def bearer(self, token_hash: str) -> AsyncGenerator[AsyncConnection[Any]]:
        """A transaction that sees only what belongs to the bearer of a token, before its workspace is known."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute("SELECT set_config('troupe.bearer', %s, true)", (token_hash,))
            yield connection

    @asynccontextmanager
    async def person(self, email: str) -> AsyncGenerator[AsyncConnection[Any]]:
        """A transaction that sees only the memberships of a person, before a workspace is chosen."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute("SELECT set_config('troupe.person', %s, true)", (email,))
            yield connection
