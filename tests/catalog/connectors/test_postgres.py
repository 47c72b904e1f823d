"""The tools of a database, on a real one; and what is tried in vain to write, to reach further, or to be another."""

import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.catalog.connectors.harness import opened, use
from tests.servers.authority import Authority
from tests.servers.relay import relayed
from troupe.adapters.embedded.postgres import Postgres as Server
from troupe.base.errors import BadInput, TroupeError
from troupe.base.ids import new_id
from troupe.catalog.connectors.postgres import Postgres
from troupe.features.connections.link import OpenLink
from troupe.features.connections.service import read

PASSWORD = "canary-of-the-database"
TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.customers (id int PRIMARY KEY, email text UNIQUE NOT NULL, "Name" text DEFAULT 'x');
CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer int NOT NULL REFERENCES shop.customers, total numeric(10,2),
    made timestamptz DEFAULT '2026-11-01T00:00:00Z', data jsonb);
CREATE INDEX by_customer ON shop.orders (customer);
COMMENT ON TABLE shop.orders IS 'What was ordered';
CREATE VIEW shop.totals AS SELECT customer, sum(total) AS total FROM shop.orders GROUP BY 1;
INSERT INTO shop.customers SELECT n, 'c' || n || '@example.org', 'C ' || n FROM generate_series(1, 3) n;
INSERT INTO shop.orders (id, customer, total, data)
    SELECT n, 1 + n % 3, n * 1.5, '{"a": [1]}' FROM generate_series(1, 300) n;
CREATE SEQUENCE shop.numbers;
CREATE FUNCTION shop.sneak() RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM shop.orders; SELECT 1';
CREATE FUNCTION shop.unlock() RETURNS text LANGUAGE plpgsql AS
    $$BEGIN SET TRANSACTION READ WRITE; DELETE FROM shop.orders; RETURN 'x'; END$$;
"""


@pytest.fixture
def login(database_url: str) -> str:
    """A login that may do anything in the schema `shop`; it goes with the server of the tests."""
    name = f"login_{new_id()[-12:]}"
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(TABLES)  # type: ignore[arg-type]
        role, word = sql.Identifier(name), sql.Literal(PASSWORD)
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, word))
        owner.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))  # who may end its sessions
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA shop TO {}").format(role))
        for what in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            owner.execute(sql.SQL("GRANT ALL ON ALL {} IN SCHEMA shop TO {}").format(sql.SQL(what), role))
    return name


@asynccontextmanager
async def connected(
    folder: Path, url: str, login: str, *, password: str = PASSWORD, seconds: float = 20.0, **config: Any
) -> AsyncGenerator[OpenLink]:
    database = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    async with relayed(url) as port:
        told = {"host": "127.0.0.1", "port": port, "database": database, "user": login, "tls": "off", **config}
        async with opened(folder, "postgres", told, {"password": password}, seconds=seconds) as link:
            yield link


def count(url: str) -> int:
    with psycopg.connect(url) as owner:
        row = owner.execute("SELECT count(*) FROM shop.orders").fetchone()
    assert row is not None
    return row[0]


async def test_a_database_is_explored_and_asked(tmp_path: Path, database_url: str, login: str) -> None:
    async with connected(tmp_path, database_url, login) as link:

        async def get(tool: str, **given: Any) -> Any:
            return await use("postgres", link, tool, given)

        assert (await Postgres().test(link)).startswith(f"{login} in test_")
        assert {"schema": "shop", "tables": 3} in (await get("list_schemas"))["items"]
        tables = (await get("list_tables", schema_name="shop", name="ORD"))["items"]
        assert tables == [{"schema": "shop", "name": "orders", "kind": "table", "comment": "What was ordered"}]
        about = await get("describe_table", table="shop.orders")
        assert about["columns"][2] == {"name": "total", "type": "numeric(10,2)", "nullable": True}
        assert about["constraints"][0]["definition"] == "PRIMARY KEY (id)"
        assert "REFERENCES shop.customers(id)" in str(about["constraints"])
        assert "by_customer" in str(about["indexes"])
        found = (await get("find_columns", schema_name="shop", name="mail"))["items"]
        assert [(one["table"], one["column"]) for one in found] == [("customers", "email")]
        assert len((await get("sample_rows", table="shop.totals", limit=2))["rows"]) == 2
        rows = await get(
            "query", sql="SELECT * FROM shop.orders WHERE id = $1 AND made > $2; ", params=[7, "2026-01-01"]
        )
        one = {"id": 7, "customer": 2, "total": 10.5, "made": "2026-11-01T00:00:00+00:00", "data": {"a": [1]}}
        assert rows == {"rows": [one], "truncated": False}
        assert (await get("query", sql="SELECT '100%' AS a, 1 AS b -- the end"))["rows"][0]["a"] == "100%"
        assert "Scan" in (await get("explain", sql="DELETE FROM shop.orders"))["plan"]
    assert count(database_url) == 300


async def test_an_answer_has_its_limits(tmp_path: Path, database_url: str, login: str) -> None:
    async with connected(tmp_path, database_url, login) as link:
        many = await use("postgres", link, "query", {"sql": "SELECT id FROM shop.orders ORDER BY 1", "limit": 120})
        assert (len(many["rows"]), many["truncated"], many["rows"][119]) == (120, True, {"id": 120})
        wide = "SELECT repeat('x', 100000) AS x FROM generate_series(1, 1000)"
        cut = await use("postgres", link, "query", {"sql": wide, "limit": 1000})
        assert (len(cut["rows"]) <= 10, cut["truncated"]) == (True, True)
        with pytest.raises(TroupeError) as refused:
            await use("postgres", link, "query", {"sql": "SELECT repeat('x', 300000) AS x"})
        assert refused.value.code == "too_large"


WRITES = [
    "WITH gone AS (DELETE FROM shop.orders RETURNING id) SELECT * FROM gone",
    "DELETE FROM shop.orders",
    "SELECT shop.sneak()",
    "SELECT shop.unlock()",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SET TRANSACTION READ WRITE",
    "SELECT 1; DELETE FROM shop.orders",
    "SELECT 1) AS a; DELETE FROM shop.orders; SELECT (1",
    'SELECT 1) AS "~row") AS "~rows"; DELETE FROM shop.orders; --',
    "SELECT 1; COMMIT; DELETE FROM shop.orders",
    "COMMIT",
    "SELECT nextval('shop.numbers')",
    "SELECT * INTO shop.copy FROM shop.orders",
    "SELECT * FROM shop.orders FOR UPDATE",
    "COPY (SELECT 1) TO PROGRAM 'touch /tmp/troupe-was-here'",
    "COPY shop.orders FROM PROGRAM 'cat /etc/passwd'",
    "COPY (SELECT 1) TO STDOUT",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_from_bytea(0, 'x')",
    "DO $$BEGIN DELETE FROM shop.orders; END$$",
    "CALL shop.nothing()",
    "EXPLAIN ANALYZE DELETE FROM shop.orders",
    "LOCK TABLE shop.orders",
    "NOTIFY somebody",
    "",
    "SELECT $1",
]


@pytest.mark.parametrize("statement", WRITES)
async def test_a_question_changes_nothing(tmp_path: Path, database_url: str, login: str, statement: str) -> None:
    async with connected(tmp_path, database_url, login) as link:
        with pytest.raises(TroupeError) as refused:
            await use("postgres", link, "query", {"sql": statement})
        assert refused.value.status == 502
        with suppress(TroupeError):
            await use("postgres", link, "explain", {"sql": statement})
    assert count(database_url) == 300
    assert not Path("/tmp/troupe-was-here").exists()


async def test_a_question_that_takes_too_long_is_stopped(tmp_path: Path, database_url: str, login: str) -> None:
    async with connected(tmp_path, database_url, login, max_seconds=0.2) as link:
        for unbound in ("", ", set_config('statement_timeout', '0', true)"):
            with pytest.raises(TroupeError) as slow:
                await use("postgres", link, "query", {"sql": f"SELECT pg_sleep(30){unbound}"})
            assert slow.value.code == "too_slow"


async def test_only_who_allows_it_lets_a_statement_write(tmp_path: Path, database_url: str, login: str) -> None:
    async with connected(tmp_path, database_url, login) as link:
        names = [action.name for action in await Postgres().actions(link)]
        action = (await Postgres().actions(link))[0].model_copy(update={"locator": {"tool": "execute"}})
        assert "execute" not in names
        with pytest.raises(TroupeError) as refused:
            await Postgres().call(link, action, {"sql": "DELETE FROM shop.orders"})
        assert refused.value.code == "no_such_tool"
    async with connected(tmp_path, database_url, login, allow_writes=True) as link:
        given = {"sql": "UPDATE shop.orders SET total = $1 WHERE id <= 2 RETURNING id, total", "params": [9.25]}
        done = await use("postgres", link, "execute", given)
        assert (done["touched"], done["rows"][0]["total"]) == (2, 9.25)
        with pytest.raises(TroupeError, match="refused"):
            await use("postgres", link, "execute", {"sql": "DELETE FROM shop.orders; DELETE FROM shop.customers"})
        with pytest.raises(TroupeError, match="foreign key"):
            await use("postgres", link, "execute", {"sql": "DELETE FROM shop.customers"})
        with pytest.raises(TroupeError):
            await use("postgres", link, "execute", {"sql": "COPY shop.orders TO PROGRAM 'cat'"})
        assert (await use("postgres", link, "query", {"sql": "SELECT sum(total) FROM shop.orders WHERE id < 3"}))[
            "rows"
        ] == [{"sum": 18.5}]
    assert count(database_url) == 300


async def test_nothing_of_this_machine_is_told_to_the_database(
    tmp_path: Path, database_url: str, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pgpass").write_text(f"*:*:*:*:{PASSWORD}\n")
    (tmp_path / "pgpass").chmod(0o600)
    ours = {
        "PGOPTIONS": "-c statement_timeout=1ms", "PGHOST": "evil.example", "PGHOSTADDR": "192.0.2.1", "PGPORT": "1",
        "PGUSER": "other", "PGDATABASE": "other", "PGPASSFILE": str(tmp_path / "pgpass"), "PGPASSWORD": PASSWORD,
        "PGSSLMODE": "require", "PGAPPNAME": "other", "PGTARGETSESSIONATTRS": "standby", "PGREQUIREPEER": "other",
        "PGCLIENTENCODING": "latin1", "PGREQUIREAUTH": "gss", "PGSSLCERT": "/x", "PGMINPROTOCOLVERSION": "3.2",
    }  # fmt: skip
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    async with connected(tmp_path, database_url, login) as link:
        shown = "SELECT current_setting('application_name') AS a, current_setting('client_encoding') AS e"
        assert (await use("postgres", link, "query", {"sql": shown}))["rows"] == [{"a": "troupe", "e": "UTF8"}]
    async with connected(tmp_path, database_url, login, password="wrong-password") as link:
        with pytest.raises(TroupeError) as refused:
            await use("postgres", link, "list_schemas", {})
    assert refused.value.code == "refused"
    assert "wrong-password" not in refused.value.message


async def test_a_database_is_reached_where_the_guard_allows_it_and_nowhere_else(tmp_path: Path) -> None:
    for host, allow, code in (
        ("127.0.0.1", "127.0.0.2/32", "egress_refused"),
        ("localhost", "127.0.0.1:10", "egress_refused"),
        ("169.254.169.254", "127.0.0.1:9", "egress_refused"),
        ("127.0.0.1", "127.0.0.1:9", "unavailable"),
    ):
        told = {"host": host, "port": 9, "database": "d", "user": "u"}
        async with opened(tmp_path, "postgres", told, {"password": "p"}, allow=allow) as link:
            with pytest.raises(TroupeError) as refused:
                await use("postgres", link, "list_schemas", {})
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("host", "database", "user"),
    [("/var/run/postgresql", "d", "u"), ("a,b", "d", "u"), ("a b", "d", "u"), ("", "d", "u"), ("a=b", "d", "u")],
)
def test_a_host_is_one_name(host: str, database: str, user: str) -> None:
    with pytest.raises(BadInput):
        read("postgres", {"host": host, "database": database, "user": user}, {"password": "p"})


async def test_names_with_settings_in_them_are_only_names(tmp_path: Path, database_url: str, login: str) -> None:
    for name in ("x options='-c role=troupe'", "postgresql://evil.example/x", "dbname=template1"):
        async with connected(tmp_path, database_url, login, database=name) as link:
            with pytest.raises(TroupeError) as refused:
                await use("postgres", link, "list_schemas", {})
        assert refused.value.code == "refused"
        assert "does not exist" in refused.value.message


async def test_a_server_is_known_by_its_certificate(tmp_path: Path, database_url: str, login: str) -> None:
    right, other = Authority(), Authority()
    database = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    cases = [
        (right.server(tmp_path / "a", "127.0.0.1"), right.pem, ""),
        (right.server(tmp_path / "b", "192.0.2.7"), right.pem, "tls_failed"),
        (right.server(tmp_path / "c", "127.0.0.1"), other.pem, "tls_failed"),
        (right.server(tmp_path / "d", "127.0.0.1"), "", "tls_failed"),
        (None, right.pem, "tls_failed"),
    ]
    for tls, ca, code in cases:
        async with serving(database_url, tls) as port:
            told = {"host": "127.0.0.1", "port": port, "database": database, "user": login, "ca": ca}
            async with opened(tmp_path, "postgres", told, {"password": PASSWORD}) as link:
                if not code:
                    assert (await use("postgres", link, "query", {"sql": "SELECT 1 AS a"}))["rows"] == [{"a": 1}]
                    continue
                with pytest.raises(TroupeError) as refused:
                    await use("postgres", link, "list_schemas", {})
                assert refused.value.code == code, refused.value.message


@asynccontextmanager
async def serving(url: str, tls: ssl.SSLContext | None) -> AsyncGenerator[int]:
    if tls is not None:
        async with relayed(url, tls) as port:
            yield port
        return
    async with relayed(url) as port:  # it says that it has no TLS
        yield port


async def test_who_may_read_files_of_the_server_is_not_let_in(tmp_path: Path, durable_postgres: Server) -> None:
    url = durable_postgres.superuser_url
    told = psycopg.conninfo.conninfo_to_dict(url)
    async with connected(
        tmp_path, url, str(told["user"]), password=str(told["password"]), database=told["dbname"]
    ) as link:
        with pytest.raises(TroupeError) as refused:
            await use("postgres", link, "query", {"sql": "SELECT pg_read_file('/etc/passwd')"})
    assert refused.value.code == "too_powerful"


async def test_a_server_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = {"host": "127.0.0.1", "port": silent.getsockname()[1], "database": "d", "user": "u"}
        async with opened(tmp_path, "postgres", told, {"password": "p"}, seconds=0.3) as link:
            with pytest.raises(TroupeError) as late:
                await use("postgres", link, "list_schemas", {})
    assert late.value.code == "timed_out"
