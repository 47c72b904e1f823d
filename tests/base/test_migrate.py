"""Migrations: applied once, in order, by one process; refused where they do not fit."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from troupe.base.errors import Unavailable
from troupe.base.migrate import MigrationFailed, MigrationRefused, migrate

ONE = "CREATE TABLE animals (name text); INSERT INTO animals VALUES ('owl, 100%');"
TWO = "ALTER TABLE animals ADD COLUMN legs int;\nUPDATE animals SET legs = 2;"


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database without a single migration."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return database_url


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.removeprefix('n')}.sql").write_text(text)
    return folder


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_files_are_applied_in_order_and_only_once(empty_url, tmp_path):
    write(tmp_path, n0001_animals=ONE, n0002_legs=TWO)
    assert await migrate(empty_url, tmp_path) == ["0001_animals.sql", "0002_legs.sql"]
    assert await migrate(empty_url, tmp_path) == []
    assert rows(empty_url, "SELECT * FROM animals") == [("owl, 100%", 2)]


async def test_a_dry_run_names_them_and_touches_nothing(empty_url, tmp_path):
    assert await migrate(empty_url, write(tmp_path, n0001_animals=ONE), dry_run=True) == ["0001_animals.sql"]
    assert rows(empty_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


async def test_two_processes_at_once_apply_each_file_once(empty_url, tmp_path):
    write(tmp_path, n0001_animals=ONE, n0002_legs=TWO)
    both = await asyncio.gather(migrate(empty_url, tmp_path), migrate(empty_url, tmp_path))
    assert sorted(map(len, both)) == [0, 2]
    assert rows(empty_url, "SELECT count(*) FROM animals") == [(1,)]


async def test_a_file_that_fails_leaves_nothing_of_itself_and_says_its_line(empty_url, tmp_path):
    write(tmp_path, n0001_animals=ONE, n0002_bad="CREATE TABLE half (x int);\n\nSELECT missing FROM animals;")
    with pytest.raises(MigrationFailed, match=r"0002_bad.sql, line 3: column \"missing\" does not exist"):
        await migrate(empty_url, tmp_path)
    assert rows(empty_url, "SELECT name FROM migrations") == [("0001_animals.sql",)]
    assert rows(empty_url, "SELECT to_regclass('half')") == [(None,)]


async def test_a_file_changed_after_it_was_applied_is_refused(empty_url, tmp_path):
    await migrate(empty_url, write(tmp_path, n0001_animals=ONE))
    with pytest.raises(MigrationRefused, match=r"0001_animals.sql was changed"):
        await migrate(empty_url, write(tmp_path, n0001_animals=ONE + " "))


async def test_a_database_of_a_newer_troupe_is_refused(empty_url, tmp_path):
    await migrate(empty_url, write(tmp_path, n0001_animals=ONE, n0002_legs=TWO))
    (tmp_path / "0002_legs.sql").unlink()
    with pytest.raises(MigrationRefused, match=r"0002_legs.sql, which this Troupe does not know"):
        await migrate(empty_url, tmp_path)


async def test_a_file_left_out_before_later_ones_is_refused(empty_url, tmp_path):
    await migrate(empty_url, write(tmp_path, n0001_animals=ONE, n0002_legs=TWO))
    with psycopg.connect(empty_url) as connection:
        connection.execute("DELETE FROM migrations WHERE name = '0001_animals.sql'")
    with pytest.raises(MigrationRefused, match=r"0001_animals.sql was left out"):
        await migrate(empty_url, tmp_path)


@pytest.mark.parametrize("name", ["n0003_gap", "n0001_twice", "nsecond", "n0002_Upper"])
async def test_a_name_out_of_order_or_form_is_refused(name, tmp_path):
    write(tmp_path, **{"n0001_animals": ONE, name: TWO})
    with pytest.raises(MigrationRefused, match="should have the number"):
        await migrate("postgresql://nowhere", tmp_path)


async def test_a_database_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(Unavailable, match="does not answer"):
        await migrate("postgresql://troupe@127.0.0.1:1/troupe", tmp_path)
