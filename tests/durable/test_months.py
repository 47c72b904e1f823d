"""The journal by months: made ahead, used by index, closed to all but the engine, dropped when nothing is that old."""

import asyncio
import shutil
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.durable.conftest import House
from troupe.base.db import APP, ENGINE, Database
from troupe.base.ids import new_id
from troupe.base.migrate import migrate
from troupe.durable.commits.store import commit_of
from troupe.durable.store import ENGINE_OPTIONS
from troupe.durable.upkeep.store import PgUpkeep

MIGRATIONS = Path(__file__).parents[2] / "shared/troupe/migrations"
WORKSPACE = "00000000-0000-7000-8000-00000000000a"
MONTHS: LiteralString = """
    SELECT c.relname, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
           (SELECT count(*)::int FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid) AS indexes
    FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid WHERE h.inhparent = 'steps'::regclass ORDER BY 1"""
STEP: LiteralString = """
    INSERT INTO steps (run_id, workspace_id, started_at, key, epoch, attempt, state)
    VALUES (%s, '00000000-0000-7000-8000-00000000000a', now(), 'one', 0, 1, 'done')"""


@pytest.fixture
def owner(database_url: str) -> Generator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True, row_factory=psycopg.rows.dict_row) as connection:
        yield connection


@pytest.fixture
def engine(database_url: str) -> Generator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True, options=f"-c role={ENGINE}") as connection:
        yield connection


def months(owner: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    return {row["relname"]: row for row in owner.execute(MONTHS)}


def name_of(months_on: int) -> str:
    now = datetime.now(UTC)
    count = now.year * 12 + now.month - 1 + months_on
    return f"steps_{count // 12}_{count % 12 + 1:02}"


def days_until(months_on: int) -> int:
    """Until the second day of a month, at this time of the day."""
    name, now = name_of(months_on), datetime.now(UTC)
    return (datetime(int(name[6:10]), int(name[11:]), 2, tzinfo=UTC) - now).days + 1


def id_in(months_on: int) -> str:
    """The id of a run that was made in the middle of a month."""
    name = name_of(months_on)
    return new_id(int(datetime(int(name[6:10]), int(name[11:]), 15, tzinfo=UTC).timestamp() * 1000))


def later(connection: psycopg.Connection[Any], days: int) -> None:
    connection.execute(f"SET troupe.clock_offset = '{days} days'".encode())


def where(owner: psycopg.Connection[Any], run: str) -> str:
    owner.execute("SELECT set_config('troupe.workspace', %s, false)", (WORKSPACE,))
    row = owner.execute("SELECT tableoid::regclass::text AS at FROM steps WHERE run_id = %s", (run,)).fetchone()
    assert row is not None
    return row["at"]


def test_this_month_and_three_more_are_there_and_are_all_alike(owner: psycopg.Connection[Any]) -> None:
    there = months(owner)
    assert set(there) == {*(name_of(n) for n in range(4)), "steps_default"}
    for row in there.values():
        assert row["relrowsecurity"]
        assert row["relforcerowsecurity"]
        assert row["reloptions"] == ["fillfactor=45"]
        assert row["indexes"] == 2


def test_making_them_again_makes_none_and_a_later_clock_makes_what_is_missing(
    owner: psycopg.Connection[Any], engine: psycopg.Connection[Any]
) -> None:
    assert engine.execute("SELECT make_months(3)").fetchone() == (0,)
    later(engine, days_until(2))
    assert engine.execute("SELECT make_months(3)").fetchone() == (2,)
    later(engine, 0)
    assert engine.execute("SELECT make_months(3)").fetchone() == (0,)


async def test_two_processes_at_once_make_each_month_once(owner: psycopg.Connection[Any], engine_db: Database) -> None:
    upkeep = PgUpkeep(engine_db)
    assert sorted(await asyncio.gather(*(upkeep.make_months(6) for _ in range(3)))) == [0, 0, 3]
    assert len(months(owner)) == 8


def test_a_row_lies_in_the_month_of_its_run_and_one_without_a_month_in_the_default(
    owner: psycopg.Connection[Any], engine: psycopg.Connection[Any]
) -> None:
    for months_on, place in (
        (-12, name_of(0)),
        (0, name_of(0)),
        (1, name_of(1)),
        (3, name_of(3)),
        (9, "steps_default"),
    ):
        run = id_in(months_on)
        engine.execute(STEP, (run,))
        assert where(owner, run) == place


def test_a_month_that_is_made_late_takes_its_rows_along(
    owner: psycopg.Connection[Any], engine: psycopg.Connection[Any]
) -> None:
    early, still = id_in(5), id_in(8)
    for run in (early, still):
        engine.execute(STEP, (run,))
    assert engine.execute("SELECT make_months(6)").fetchone() == (3,)
    assert where(owner, early) == name_of(5)
    assert where(owner, still) == "steps_default"
    assert engine.execute("SELECT count(*) FROM steps").fetchone() == (2,)
    assert all(row["relforcerowsecurity"] for row in months(owner).values())


async def test_a_home_from_before_keeps_its_rows_where_they_lie(database_url: str, tmp_path: Path) -> None:
    name = f"before_{new_id().replace('-', '')}"
    url = database_url.replace(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"] or "", name)
    old, ahead = id_in(-3), id_in(30)
    for path in sorted(MIGRATIONS.glob("000[123]_*.sql")):
        shutil.copy(path, tmp_path)
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        await migrate(url, tmp_path)
        with psycopg.connect(url, autocommit=True, options=f"-c role={ENGINE}") as engine:
            for run in (old, ahead):
                engine.execute(STEP, (run,))
        await migrate(url, MIGRATIONS)
        with psycopg.connect(url, autocommit=True, row_factory=psycopg.rows.dict_row) as owner:
            assert where(owner, old) == name_of(0)
            assert where(owner, ahead) == "steps_default"
            assert all(row["relforcerowsecurity"] for row in months(owner).values())
        server.execute(f"DROP DATABASE {name}".encode())


@pytest.mark.parametrize("role", [APP, ENGINE])
def test_nobody_reads_past_the_policies_by_naming_a_month(
    database_url: str, owner: psycopg.Connection[Any], engine: psycopg.Connection[Any], role: str
) -> None:
    engine.execute(STEP, (id_in(0),))
    with psycopg.connect(database_url, autocommit=True, options=f"-c role={role}") as line:
        line.execute("SELECT set_config('troupe.workspace', %s, false)", (WORKSPACE,))
        for name in months(owner):
            for statement in (f"SELECT * FROM {name}", f"DELETE FROM {name}", f"DROP TABLE {name}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    line.execute(statement.encode())
    with psycopg.connect(database_url, autocommit=True) as line:  # the owner goes by the policies too
        for name in months(owner):
            assert line.execute(f"SELECT count(*) FROM {name}".encode()).fetchone() == (0,)


@pytest.mark.parametrize("call", ["make_months(3)", f"drop_months('{WORKSPACE}')"])
def test_the_app_neither_makes_nor_drops_months(database_url: str, call: str) -> None:
    with (
        psycopg.connect(database_url, autocommit=True, options=f"-c role={APP}") as line,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        line.execute(f"SELECT {call}".encode())


def test_a_commit_finds_its_rows_by_key_in_every_month(
    owner: psycopg.Connection[Any], database_url: str, engine: psycopg.Connection[Any]
) -> None:
    engine.execute("SELECT make_months(13)")
    options = " ".join(f"-c {o}" for o in (f"role={ENGINE}", *ENGINE_OPTIONS))
    query: str = commit_of("updates")
    for number, name in enumerate(("worker", "epoch", "held", "updates"), 1):
        query = query.replace(f"%({name})s", f"${number}")
    with psycopg.connect(database_url, autocommit=True, options=options) as line:
        plan = "\n".join(row[0] for row in line.execute(f"EXPLAIN (GENERIC_PLAN) {query}".encode()))
    for name in months(owner):
        assert f"Index Scan using {name}_pkey on {name}" in plan
    assert "Seq Scan on" not in plan


async def test_a_month_is_dropped_once_no_run_is_that_old(
    house: House, owner: psycopg.Connection[Any], engine: psycopg.Connection[Any]
) -> None:
    run = id_in(0)
    await house.start("anything", id=run)
    engine.execute(STEP, (run,))
    next_month = days_until(1)
    later(engine, next_month)
    drop: LiteralString = (
        "SELECT drop_months(coalesce((SELECT id FROM runs ORDER BY id LIMIT 1), first_id(troupe_now())))"
    )
    assert engine.execute(drop).fetchone() == (0,)
    engine.execute("DELETE FROM runs")
    later(engine, 0)
    assert engine.execute(drop).fetchone() == (0,)  # this month stays
    later(engine, next_month)
    assert engine.execute(drop).fetchone() == (1,)
    assert name_of(0) not in months(owner)
