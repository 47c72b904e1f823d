"""Workspaces do not meet: by row-level security alone, and by what the stores ask for alone."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from troupe.base.db import APP, ENGINE, Database, Db
from troupe.base.errors import NotFound
from troupe.base.ids import WorkspaceId, new_id
from troupe.base.values import canonical
from troupe.durable import store as journal
from troupe.features.accounts import store as accounts
from troupe.features.approvals import store as approvals
from troupe.features.budgets import store as budgets
from troupe.features.chat import store as chat
from troupe.features.connections import search
from troupe.features.connections import store as connections
from troupe.features.definitions import store as workflows
from troupe.features.files import store as files
from troupe.features.idempotency import store as idempotency
from troupe.features.memory import store as memory
from troupe.features.models import store as models
from troupe.features.providers import store as providers
from troupe.features.runs import store as runs
from troupe.features.sockets import store as sockets
from troupe.features.sockets.store import Socket

OURS = WorkspaceId("00000000-0000-7000-8000-0000000000aa")
THEIRS = WorkspaceId("00000000-0000-7000-8000-0000000000bb")
UNBOUND = {"migrations", "workers"}  # no tenant's data
TABLES = """
    SELECT c.oid::regclass::text AS name, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relkind,
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id'
                   AND NOT a.attisdropped AND a.attnotnull) AS bound
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"""


def tables(url: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as owner:
        return owner.execute(TABLES).fetchall()


def tenant_tables(url: str) -> list[str]:
    return [t["name"] for t in tables(url) if t["bound"] and not t["relispartition"]]


def unprotected(url: str) -> list[str]:
    """Tables that could show one tenant's rows to another."""
    with psycopg.connect(url) as owner:
        policies = owner.execute(
            """SELECT tablename FROM pg_policies WHERE policyname = 'tenant' AND permissive = 'PERMISSIVE'
               AND cmd = 'ALL' AND qual LIKE '%troupe.workspace%' AND with_check LIKE '%troupe.workspace%'"""
        ).fetchall()
    policed = {row[0] for row in policies}
    return [
        t["name"] for t in tables(url)
        if t["name"] not in UNBOUND
        and not (t["bound"] and t["relrowsecurity"] and t["relforcerowsecurity"]
                 and (t["relispartition"] or t["name"] in policed))
    ]  # fmt: skip


def test_every_table_has_a_workspace_and_forced_security(database_url: str) -> None:
    assert len(tenant_tables(database_url)) >= 16
    assert unprotected(database_url) == []


def test_a_new_table_without_protection_is_found(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE bare (workspace_id uuid NOT NULL)")
        owner.execute("CREATE TABLE homeless (id int)")
        owner.execute("CREATE TABLE optional (workspace_id uuid)")
        owner.execute("CALL protect('optional')")
        owner.execute("CREATE TABLE unforced (workspace_id uuid NOT NULL)")
        owner.execute("CALL protect('unforced')")
        owner.execute("ALTER TABLE unforced NO FORCE ROW LEVEL SECURITY")
        owner.execute("CREATE TABLE good (workspace_id uuid NOT NULL)")
        owner.execute("CALL protect('good')")
    assert set(unprotected(database_url)) == {"bare", "homeless", "optional", "unforced"}


def test_the_roles_own_nothing_and_cannot_step_around(database_url: str) -> None:
    with psycopg.connect(database_url) as owner:
        for role in (APP, ENGINE):
            flags = owner.execute(
                """SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles
                   WHERE rolname = %s""",
                [role],
            ).fetchone()
            assert flags == (False,) * 4
            owned = owner.execute("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", [role]).fetchone()
            assert owned == (0,)
            member = owner.execute("SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", [role]).fetchone()
            assert member == (0,)
        assert owner.execute(
            """SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
               AND has_function_privilege(%s, p.oid, 'EXECUTE')""",
            [APP],
        ).fetchone() == (0,)


async def test_the_app_cannot_change_the_rules(app_db: Database) -> None:
    for statement in ("ALTER TABLE runs DISABLE ROW LEVEL SECURITY", "DROP POLICY tenant ON runs", "TRUNCATE runs",
                      "CREATE TABLE mine (id int)", "UPDATE workers SET epoch = 9"):  # fmt: skip
        async with app_db.connection() as line:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await line.execute(statement)  # pyright: ignore[reportArgumentType]


class Twins:
    """The same data in two workspaces: what of ours has `id`, theirs has too, under other ids."""

    def __init__(self, app: Database, url: str) -> None:
        self.app, self.url = app, url
        self.ids: dict[WorkspaceId, dict[str, str]] = {}

    async def fill(self, workspace: WorkspaceId) -> None:
        own = ("connection", "secret", "tool", "memory", "talk", "message")
        names = ("definition", "version", "loose", "run", "file", "token", "member", *own)
        id = {name: new_id() for name in names}
        self.ids[workspace] = id
        async with self.app.workspace(workspace) as db:
            await accounts.ensure_workspace(db, "twin", new_id())
            await accounts.insert_token(db, id["token"], "token", "t", "owner", "trp_", f"hash of {workspace}", None)
            await accounts.insert_member(db, id["member"], "twin@example.com", "Twin", "editor")
            await files.insert_file(db, id["file"], "twin.txt", "text/plain", 1, "0" * 64)
            await budgets.put_budget(db, "workspace", "day", 5.0)
            await idempotency.insert_answer(db, "key", "POST /runs", "digest", 202, {"of": workspace})
            await models.put_route(db, "cheap", f"of/{workspace}")
            await providers.put_provider(db, "twin", "openai", f"https://{workspace}.example", {}, None, "twin")
            assert await workflows.insert_definition(db, id["definition"], "workflow", "twin", None)
            for version, of in ((id["version"], id["definition"]), (id["loose"], None)):
                await workflows.insert_version(db, version, of, 1, "same hash", "", "text", {}, {}, "twin")
            await workflows.move_alias(db, id["definition"], "production", id["version"])
            await connections.insert_credential(db, id["secret"], b"w", b"s", ["a.example"])
            await connections.insert_connection(db, id["connection"], "twin", "mcp", {}, id["secret"], "twin")
            await connections.put_tools(db, id["connection"], [_tool(id["tool"])], approved=True)
            await journal.insert_run(db, _run(id["run"], id["version"]))
            await chat.insert_conversation(db, id["talk"], id["definition"], "", "twin", {}, "twin")
            await chat.insert_message(db, id["talk"], id["message"], id["run"], None, None, "hi", [], {}, "twin")
            await memory.insert_memory(
                db, id["memory"], id["definition"], "twin", trusted=True, run=id["run"], step="one", by="twin"
            )
            await memory.update_vector(db, id["memory"], "twin", "demo", "[1,2]")
            await memory.insert_uses(db, [id["memory"]], id["run"])
            await sockets.insert_socket(db, f"socket of {workspace}", "token", id["token"])
            assert await sockets.insert_following(db, f"socket of {workspace}", id["run"], 0, 9)
            await journal.insert_outputs(db, id["run"], {"one": workspace})
            await journal.insert_signal(db, new_id(), id["run"], "news", "1", workspace)
            await db.execute(
                """INSERT INTO steps (run_id, workspace_id, started_at, key, block, epoch, attempt, state, result)
                   VALUES (%(run)s, %(workspace)s, troupe_now(), 'ask', '$approval', 0, 1, 'waiting', %(asked)s)""",
                run=id["run"], asked={"request": {"title": "x"}},
            )  # fmt: skip
            for query in (
                """INSERT INTO outbox (id, workspace_id, kind, body)
                   VALUES (gen_random_uuid(), %(workspace)s, 'mail', '{}')""",
                "INSERT INTO budget_use (workspace_id, scope, bucket) VALUES (%(workspace)s, 'workspace', '2026-01')",
                "INSERT INTO waits (run_id, workspace_id, leg, token) VALUES (%(run)s, %(workspace)s, 1, 'token')",
                """INSERT INTO reservations (run_id, key, attempt, scope, bucket, workspace_id, amount, state)
                   VALUES (%(run)s, 'one', 1, 'workspace', 'x', %(workspace)s, 1, 'held')""",
            ):
                await db.execute(query, run=id["run"])

    def without_security(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as owner:
            for table in tables(self.url):
                owner.execute(f"ALTER TABLE {table['name']} DISABLE ROW LEVEL SECURITY")  # pyright: ignore


def _run(id: str, version: str) -> dict[str, Any]:
    return {
        "id": id, "program": "graph", "major": 1, "version_id": version, "subject": None, "origin_id": None,
        "origin_step": None, "repeats": None, "dry_run": False, "only_node": None, "input": "{}", "input_ref": None,
        "budget_usd": None, "worker": None,
    }  # fmt: skip


def _tool(id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "name": "ping", "title": "Ping", "description": "", "input_schema": {}, "effect": "read",
        "locator": {}, "tags": [], "hash": "0", "a": "ping", "b": "", "c": "", "lengths": [1, 0, 0], **more,
    }  # fmt: skip


@pytest_asyncio.fixture
async def twins(app_db: Database, database_url: str) -> AsyncGenerator[Twins]:
    made = Twins(app_db, database_url)
    for workspace in (OURS, THEIRS):
        await made.fill(workspace)
    yield made


async def test_without_a_workspace_nothing_is_seen_and_nothing_goes_in(twins: Twins, database_url: str) -> None:
    for table in tenant_tables(database_url):
        async with twins.app.connection() as line:
            row = await (await line.execute(f"SELECT count(*) FROM {table}")).fetchone()  # pyright: ignore
            assert row == (0,), table
            assert (await line.execute(f"UPDATE {table} SET workspace_id = workspace_id")).rowcount == 0  # pyright: ignore
            assert (await line.execute(f"DELETE FROM {table}")).rowcount == 0  # pyright: ignore
            with pytest.raises(psycopg.Error):
                await line.execute(f"INSERT INTO {table} (workspace_id) VALUES ('{OURS}')")  # pyright: ignore


async def test_each_table_shows_our_rows_alone_and_takes_no_others(twins: Twins, database_url: str) -> None:
    for table in tenant_tables(database_url):
        async with twins.app.workspace(OURS) as db:
            rows = await db.rows(f"SELECT DISTINCT workspace_id FROM {table}")  # pyright: ignore[reportArgumentType]
            assert [r["workspace_id"] for r in rows] == [OURS], table
            touched = await db.execute(f"DELETE FROM {table} WHERE workspace_id = '{THEIRS}'")  # pyright: ignore
            assert touched == 0, table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            async with twins.app.workspace(OURS) as db:
                await db.execute(f"UPDATE {table} SET workspace_id = '{THEIRS}'")  # pyright: ignore[reportArgumentType]


async def test_a_workspace_does_not_outlast_its_transaction(twins: Twins) -> None:
    async with twins.app.workspace(OURS) as db:
        assert await db.value("SELECT count(*) FROM runs") == 1
        connection = db.connection
    row = await (await connection.execute("SELECT count(*) FROM runs")).fetchone()
    assert row == (0,)


async def test_a_secret_opens_its_own_row_alone(twins: Twins) -> None:
    async with twins.app.bearer(f"hash of {OURS}") as line:
        found = await accounts.find_bearer(line, f"hash of {OURS}")
        assert found is not None
        assert found.workspace_id == OURS
        assert await accounts.find_bearer(line, f"hash of {THEIRS}") is None
        assert await (await line.execute("SELECT count(*) FROM tokens")).fetchone() == (1,)
        assert await (await line.execute("SELECT count(*) FROM runs")).fetchone() == (0,)


@pytest.mark.parametrize("security", [True, False], ids=["security alone", "stores alone"])
async def test_no_store_shows_or_touches_the_twin(twins: Twins, security: bool) -> None:
    if not security:
        twins.without_security()
        async with twins.app.workspace(OURS) as db:
            assert await db.value("SELECT count(*) FROM runs") == 2  # it is off indeed
    before = await _everything(twins, THEIRS)
    async with twins.app.workspace(OURS) as db:
        await _read(db, twins.ids[OURS], twins.ids[THEIRS])
    async with twins.app.workspace(OURS) as db:
        await _write(db, twins.ids[THEIRS])
    assert await _everything(twins, THEIRS) == before


async def _read(db: Db, ours: dict[str, str], theirs: dict[str, str]) -> None:
    for get, name in ((runs.get_run, "run"), (files.get_file, "file"), (workflows.get_version, "version")):
        assert (await get(db, ours[name])).id == ours[name]
        with pytest.raises(NotFound):
            await get(db, theirs[name])
    for get_step in (runs.get_step, approvals.get_approval):
        with pytest.raises(NotFound):
            await get_step(db, theirs["run"], "ask")
    assert await runs.list_steps(db, theirs["run"], None, None, 9) == []
    assert await runs.list_order(db, theirs["run"]) == []
    assert await runs.list_events(db, theirs["run"], 0, 9) == []
    assert await runs.count_statuses(db, f"agent:{theirs['definition']}", 7, 9) == []
    assert await runs.count_blocks(db, f"agent:{theirs['definition']}", 7, 9) == []
    assert (await runs.sum_usage(db, theirs["run"]))["seconds"] == 0
    assert [r.id for r in await runs.list_runs(db, None, None, None, 9)] == [ours["run"]]
    assert await runs.list_runs(db, None, theirs["definition"], None, 9) == []
    assert await runs.list_runs(db, None, None, None, 9, parent=theirs["run"]) == []
    first, last = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
    assert [t.runs for t in await runs.tally_runs(db, first, last, 0, 9) if t.level == 3] == [1]
    assert await approvals.list_approvals(db, None, None, 9, theirs["run"]) == []
    assert [a.run_id for a in await approvals.list_approvals(db, None, None, 9)] == [ours["run"]]
    assert [f.id for f in await files.list_files(db, "", None, 9)] == [ours["file"]]
    assert [t.id for t in await accounts.list_tokens(db, None, 9)] == [ours["token"]]
    assert {m.id for m in await accounts.list_members(db, None, 9)} & set(theirs.values()) == set()
    assert [b.limit_usd for b in await budgets.list_budgets(db)] == [5.0]
    for found_there in (
        await chat.list_messages(db, theirs["talk"], 0, 9),
        await chat.list_open(db, theirs["talk"]),
        await chat.list_branch(db, theirs["message"]),
        await chat.list_runs(db, [theirs["run"]]),
        await chat.list_steps(db, [theirs["run"]]),
        await approvals.list_below(db, theirs["run"]),
    ):
        assert found_there == []
    assert [c.id for c in await chat.list_conversations(db, None, None, 9)] == [ours["talk"]]
    assert await chat.find_last(db, theirs["talk"]) is None
    assert await chat.find_message_of(db, theirs["run"]) is None
    assert not await chat.lock_conversation(db, theirs["talk"])
    with pytest.raises(NotFound):
        await chat.get_conversation(db, theirs["talk"])
    with pytest.raises(NotFound):
        await chat.get_message(db, theirs["talk"], theirs["message"])
    for near in (
        await memory.find_near(db, theirs["definition"], "demo", "[1,2]", 9),
        await memory.find_not_embedded(db, theirs["definition"], "other", 9),
        await memory.list_memories(db, theirs["definition"], "", None, 9),
        await memory.list_holders(db, theirs["memory"]),
        await memory.list_files(db, theirs["run"]),
    ):
        assert near == []
    with pytest.raises(NotFound):
        await memory.get_memory(db, theirs["definition"], theirs["memory"])
    assert await sockets.list_following(db, ours["run"]) == [f"socket of {OURS}"]
    assert await sockets.list_following(db, theirs["run"]) == []
    assert await sockets.lock_heard(db, f"socket of {THEIRS}", theirs["run"]) is None
    assert await sockets.find_role(db, Socket(THEIRS, "token", theirs["token"])) is None
    assert await models.list_routes(db) == {"cheap": f"of/{OURS}"}
    own = await providers.find_provider(db, "twin")
    assert own is not None
    assert [own] == await providers.list_providers(db)
    assert own.base_url == f"https://{OURS}.example"
    kept = await idempotency.find_answer(db, "key", "POST /runs")
    assert kept is not None
    assert kept["answer"] == {"of": OURS}
    for ref in ("twin", "twin@production"):
        name, _, alias = ref.partition("@")
        found = await workflows.find_version(db, "workflow", name, None, alias or None)
        assert found is not None
        assert found.id == ours["version"]
    assert await workflows.find_version(db, "workflow", theirs["definition"], None, None) is None
    assert await workflows.find_newest(db, "workflow", theirs["definition"]) is None
    loose = await workflows.find_loose(db, "same hash")
    assert loose is not None
    assert loose.id == ours["loose"]
    assert [v.id for v in await workflows.list_newest(db, "workflow", None, 9)] == [ours["version"]]
    assert await workflows.list_versions(db, theirs["definition"], None, 9) == []
    assert await workflows.list_aliases(db, theirs["definition"]) == {}
    assert [c.id for c in await connections.list_connections(db, None, 9)] == [ours["connection"]]
    for get_one in (connections.get_connection, connections.get_row):
        assert (await get_one(db, ours["connection"])).id == ours["connection"]
        with pytest.raises(NotFound):
            await get_one(db, theirs["connection"])
    by_name = await connections.find_row(db, "twin")
    assert by_name is not None
    assert by_name.id == ours["connection"]
    assert await connections.find_row(db, theirs["connection"]) is None
    assert await connections.find_ids(db, ["twin", theirs["connection"]]) == [ours["connection"]]
    assert await connections.list_tools(db, theirs["connection"], None, None, 9) == []
    assert await connections.find_tools(db, theirs["connection"], ["%"]) == []
    assert await connections.get_tools(db, [theirs["tool"]]) == []
    assert await search.search(db, "ping", None, 9) == [ours["tool"]]
    assert await search.search(db, "ping", [theirs["connection"]], 9) == []
    assert [o.tools for o in await connections.list_overviews(db)] == [1]


async def _write(db: Db, theirs: dict[str, str]) -> None:
    assert not await journal.insert_signal(db, new_id(), theirs["run"], "forged", "1", None)
    assert not await journal.update_stop(db, theirs["run"], "forged")
    assert not await journal.update_resumed(db, theirs["run"], "forged")
    assert await journal.copy_steps(db, theirs["run"], new_id(), ["one"]) == 0
    assert not await accounts.revoke(db, theirs["token"])
    assert not await sockets.insert_following(db, f"socket of {THEIRS}", theirs["run"], 9, 9)
    await sockets.update_heard(db, f"socket of {THEIRS}", theirs["run"], 9)
    await sockets.remove_following(db, f"socket of {THEIRS}", theirs["run"])
    await sockets.remove_socket(db, f"socket of {THEIRS}")
    await workflows.update_definition(db, theirs["definition"], "forged", "forged")
    await budgets.put_budget(db, "workspace", "day", 0.0)
    await chat.update_title(db, theirs["talk"], "forged")
    await chat.update_status(db, theirs["message"], "failed", {"code": "forged"})
    await chat.remove_conversation(db, theirs["talk"])
    await memory.update_text(db, theirs["memory"], "forged", "forged")
    await memory.update_vector(db, theirs["memory"], "twin", "forged", "[3]")
    assert not await memory.remove_memory(db, theirs["definition"], theirs["memory"])
    assert await memory.scrub(db, theirs["run"], [str(THEIRS)], "forged") == 0
    await connections.update_credential(db, theirs["secret"], b"forged", b"forged", [])
    assert not await connections.update_connection(db, theirs["connection"], "forged", {}, None)
    await connections.update_checked(db, theirs["connection"], "forged", None, loaded=True)
    await connections.touch(db, theirs["connection"])
    for forge in (
        connections.approve_tool(db, theirs["connection"], "ping"),
        connections.remove_connection(db, theirs["connection"]),
    ):
        with pytest.raises(NotFound):
            await forge
    await connections.remove_credential(db, theirs["secret"])
    await providers.lock(db)
    await providers.put_provider(db, "twin", "openai", "https://forged.example", {}, None, "forged")
    assert await providers.remove_provider(db, "twin")


async def _everything(twins: Twins, workspace: WorkspaceId) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    async with twins.app.workspace(workspace) as db:
        for table in tenant_tables(twins.url):
            rows = await db.rows(f"SELECT * FROM {table} t WHERE workspace_id = %(workspace)s")  # pyright: ignore
            found[table] = sorted(canonical({k: str(v) for k, v in row.items()}) for row in rows)
    assert all(found.values()), [t for t, rows in found.items() if not rows]
    return found
