"""The database: a Db sees one workspace, rolls back on any error, and comes back when the server does."""

import asyncio

import psycopg
import pytest
from pydantic import BaseModel

from troupe.base.db import Database
from troupe.base.errors import NotFound, Unavailable
from troupe.base.ids import WorkspaceId, new_id

ONE, TWO = WorkspaceId(new_id()), WorkspaceId(new_id())


class Name(BaseModel, frozen=True):
    name: str


async def add(database: Database, workspace: WorkspaceId, name: str) -> None:
    async with database.workspace(workspace) as db:
        await db.execute("INSERT INTO workspaces (workspace_id, name) VALUES (%(workspace)s, %(name)s)", name=name)


async def names(database: Database, workspace: WorkspaceId) -> list[str]:
    async with database.workspace(workspace) as db:
        return [row.name for row in await db.all(Name, "SELECT name FROM workspaces ORDER BY name")]


async def test_a_workspace_sees_its_own_rows_only_even_without_a_condition(app_db):
    await add(app_db, ONE, "one")
    await add(app_db, TWO, "two")
    assert (await names(app_db, ONE), await names(app_db, TWO)) == (["one"], ["two"])


async def test_a_row_of_another_workspace_can_be_neither_written_nor_touched(app_db):
    await add(app_db, ONE, "one")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with app_db.workspace(TWO) as db:
            await db.execute("INSERT INTO workspaces (workspace_id, name) VALUES (%(other)s, 'x')", other=new_id())
    async with app_db.workspace(TWO) as db:
        assert await db.execute("UPDATE workspaces SET name = 'stolen'") == 0
        assert await db.execute("DELETE FROM workspaces") == 0


async def test_a_connection_that_is_given_back_keeps_no_workspace(app_db):
    await add(app_db, ONE, "one")
    async with app_db.connection() as connection:
        rows = await (await connection.execute("SELECT name FROM workspaces")).fetchall()
    assert rows == []


async def test_an_exception_rolls_everything_back(app_db):
    async def half() -> None:
        async with app_db.workspace(ONE) as db:
            await db.execute("INSERT INTO workspaces (workspace_id, name) VALUES (%(workspace)s, 'half')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half()
    assert await names(app_db, ONE) == []


async def test_one_row_or_not_found(app_db):
    async with app_db.workspace(ONE) as db:
        assert await db.find(Name, "SELECT name FROM workspaces") is None
        assert await db.value("SELECT name FROM workspaces") is None
        with pytest.raises(NotFound):
            await db.one(Name, "SELECT name FROM workspaces")
        assert (await db.one(Name, "SELECT 'x' AS name")).name == "x"
        assert await db.rows("SELECT 1 AS n, %(d)s::jsonb AS d", d={"a": [1, None]}) == [
            {"n": 1, "d": {"a": [1, None]}}
        ]


async def test_json_goes_in_and_comes_out_cleaned(app_db):
    async with app_db.workspace(ONE) as db:
        given = {"nul": "a\x00b", "lone": "\ud800", "big": 2**70}
        assert await db.value("SELECT %(given)s", given=given) == {"nul": "ab", "lone": "\ufffd", "big": str(2**70)}


async def test_the_app_owns_nothing_and_gets_nothing_more_by_asking(app_db):
    async with app_db.connection() as connection:
        for query in (
            "CREATE TABLE mine (x int)",
            "ALTER TABLE workspaces DISABLE ROW LEVEL SECURITY",
            "SELECT * FROM migrations",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(query.encode())


async def test_more_users_than_connections_wait_their_turn(database_url):
    database = await Database(database_url, size=2).open()
    await asyncio.gather(*(add(database, WorkspaceId(new_id()), str(n)) for n in range(20)))
    await database.close()
    with psycopg.connect(database_url) as owner:
        assert owner.execute("SELECT current_user").fetchone()


@pytest.mark.slow  # the pool tries for 15 s
async def test_a_server_that_is_not_there_is_unavailable_within_seconds():
    with pytest.raises(Unavailable):
        await asyncio.wait_for(Database("postgresql://nobody@127.0.0.1:1/none").open(), 20)


async def test_connections_that_the_server_cut_are_replaced(app_db, database_url):
    await add(app_db, ONE, "one")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await names(app_db, ONE) == ["one"]
