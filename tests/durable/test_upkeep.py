"""Old things go, whole and for good; what lives, rests or is leant on stays."""

import asyncio
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from tests.durable.conftest import WORKSPACE, House
from troupe.adapters.embedded.queue import OutboxQueue
from troupe.app.messages import handlers
from troupe.base.db import ENGINE, Database
from troupe.base.ids import new_id
from troupe.durable import store
from troupe.durable.outbox.store import PgOutbox
from troupe.durable.upkeep.store import PgUpkeep
from troupe.durable.upkeep.sweep import FIRST, sweep
from troupe.features.chat import store as chat
from troupe.features.definitions import store as definitions

KEEP = 30  # days
OLD, YOUNG = 40, 10  # days ago
ROWS = ("steps", "run_events", "signals", "reservations")


class Attic:
    """Runs of any age, and the sweep with its queue."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.upkeep = PgUpkeep(house.engine)
        known = handlers(self.upkeep, house.files, self._never, self._no_parts)
        self.queue = OutboxQueue(PgOutbox(house.engine), known, poll=0.05)

    def _no_parts(self) -> Any:
        raise AssertionError

    async def _never(self, run: str, leg: int) -> None:
        raise AssertionError

    async def run(
        self, days: int = OLD, *, ended: int | None = None, status: str = "completed", parent: str | None = None,
        origin: str | None = None, root: str | None = None,
    ) -> str:  # fmt: skip
        """A run made so many days ago that ended then, or `ended` days ago, with a row everywhere and a file."""
        id = new_id(int((time.time() - days * 86400) * 1000))
        await self.house.start("anything", id=id, origin_id=origin)
        async with self.house.app.workspace(WORKSPACE) as db:
            await db.execute(
                """UPDATE runs SET status = %(status)s, due = NULL, parent_id = %(parent)s, root_id = %(root)s,
                       wakes_on = CASE WHEN %(status)s = 'waiting' THEN '{"kind": "signal"}'::jsonb END,
                       ended_at = CASE WHEN %(status)s <> 'waiting'
                                       THEN troupe_now() - make_interval(days => %(ended)s) END
                   WHERE id = %(id)s""",
                id=id, status=status, parent=parent, root=root or id, ended=days if ended is None else ended,
            )  # fmt: skip
            await store.insert_outputs(db, id, {f"step{i}": i for i in range(7)})
            for query in (
                """INSERT INTO signals (id, run_id, workspace_id, name, dedupe)
                   VALUES (gen_random_uuid(), %(id)s, %(workspace)s, 'news', '1')""",
                """INSERT INTO reservations (run_id, key, attempt, scope, bucket, workspace_id, amount, state)
                   VALUES (%(id)s, 'step1', 1, 'run', 'run:' || %(id)s::uuid, %(workspace)s, 1, 'settled')""",
                """INSERT INTO budget_use (workspace_id, scope, bucket)
                   VALUES (%(workspace)s, 'run', 'run:' || %(id)s::uuid)""",
            ):
                await db.execute(query, id=id)
        await self.house.files.put(WORKSPACE, f"runs/{id}/output", b"large")
        return id

    async def sweep(self, keep: int | None = KEEP) -> int:
        return await sweep(self.upkeep, keep, self.queue.wake)

    async def swept(self) -> None:
        """A sweep, and all that it sent done."""
        await self.sweep()
        async with self.queue, asyncio.timeout(10):
            while await self.count("outbox", "sent IS NULL"):
                await asyncio.sleep(0.01)
        assert await self.queue.list_dead(1) == []

    async def count(self, table: str, where: str = "true") -> int:
        async with self.house.app.workspace(WORKSPACE) as db:
            return await db.value(f"SELECT count(*) FROM {table} WHERE {where}")  # type: ignore[arg-type]

    async def left(self) -> set[str]:
        async with self.house.app.workspace(WORKSPACE) as db:
            return {row["id"] for row in await db.rows("SELECT id FROM runs")}

    def file_of(self, run: str) -> Path:
        return self.house.files.folder / WORKSPACE / "runs" / run


@pytest_asyncio.fixture
async def attic(house: House) -> Attic:
    return Attic(house)


async def test_without_a_setting_runs_are_kept_for_ever(attic: Attic) -> None:
    run = await attic.run(4000)
    assert await attic.sweep(None) == 0
    assert await attic.left() == {run}


async def test_an_old_run_goes_with_all_its_rows_and_files_and_a_young_one_stays(attic: Attic) -> None:
    old, young, late = await attic.run(), await attic.run(YOUNG), await attic.run(OLD, ended=YOUNG)
    await attic.swept()
    assert await attic.left() == {young, late}
    for table in ROWS:
        assert await attic.count(table, f"run_id = '{old}'") == 0, table
        assert await attic.count(table, f"run_id = '{young}'") > 0, table
    assert await attic.count("budget_use") == 2
    assert not attic.file_of(old).exists()
    assert attic.file_of(young).exists()
    assert await attic.sweep() == 0


@pytest.mark.parametrize("status", ["failed", "terminated"])
async def test_however_it_ended_it_goes(attic: Attic, status: str) -> None:
    await attic.run(status=status)
    await attic.swept()
    assert await attic.left() == set()


async def test_a_run_that_rests_stays_however_old_and_so_does_its_family(attic: Attic) -> None:
    resting = await attic.run(status="waiting")
    child = await attic.run(parent=resting, root=resting)
    parent = await attic.run()
    below = await attic.run(status="waiting", parent=parent, root=parent)
    above = await attic.run()
    ended_lately = await attic.run(OLD, ended=YOUNG, parent=above, root=above)
    await attic.swept()
    assert await attic.left() == {resting, child, parent, below, above, ended_lately}


async def test_a_whole_family_goes_at_once(attic: Attic) -> None:
    top = await attic.run()
    middle = await attic.run(parent=top, root=top)
    for _ in range(3):
        await attic.run(parent=middle, root=top)
    await attic.swept()
    assert await attic.left() == set()
    assert sum([await attic.count(table) for table in ROWS]) == 0


async def test_a_run_stays_as_long_as_a_fork_of_it(attic: Attic) -> None:
    origin = await attic.run()
    fork = await attic.run(YOUNG, origin=origin)
    await attic.swept()
    assert await attic.left() == {origin, fork}
    async with attic.house.app.workspace(WORKSPACE) as db:
        await db.execute("DELETE FROM runs WHERE id = %(fork)s", fork=fork)
    await attic.swept()
    assert await attic.left() == set()


async def test_a_run_stays_as_long_as_the_conversation_it_answers_in(attic: Attic) -> None:
    run, other = await attic.run(), await attic.run()
    talk, agent = new_id(), new_id()
    async with attic.house.app.workspace(WORKSPACE) as db:
        await definitions.insert_definition(db, agent, "agent", "somebody", None)
        await chat.insert_conversation(db, talk, agent, "", "", {}, "a test")
        await chat.insert_message(db, talk, new_id(), run, None, None, "hi", [], {}, "a test")
    await attic.swept()
    assert await attic.left() == {run}, other
    async with attic.house.app.workspace(WORKSPACE) as db:
        await chat.remove_conversation(db, talk)
    await attic.swept()
    assert await attic.left() == set()


async def test_a_run_that_is_being_forked_is_left_alone(attic: Attic) -> None:
    origin = await attic.run()
    async with attic.house.app.workspace(WORKSPACE) as db:
        assert await store.lock_origin(db, origin)
        assert await attic.sweep() == 0
    assert await attic.sweep() == 1
    async with attic.house.app.workspace(WORKSPACE) as db:
        assert not await store.lock_origin(db, origin)


async def test_a_child_of_a_run_that_was_removed_cannot_be_forked_any_more(attic: Attic) -> None:
    top = await attic.run()
    child = await attic.run(parent=top, root=top)
    async with attic.house.app.workspace(WORKSPACE) as db:
        assert await store.lock_origin(db, child)
    assert await attic.sweep() == 1
    assert await attic.left() == {child}
    async with attic.house.app.workspace(WORKSPACE) as db:
        assert not await store.lock_origin(db, child)


async def test_a_removal_that_was_cut_is_finished_by_the_next_process(attic: Attic) -> None:
    top = await attic.run()
    child = await attic.run(parent=top, root=top)
    assert await attic.sweep() == 1
    await attic.house.files.remove_under(WORKSPACE, f"runs/{child}")
    await attic.upkeep.remove_rows([child], 2)  # as far as it came
    assert await attic.count("steps") == 7
    await attic.swept()
    assert sum([await attic.count(table) for table in ROWS]) == 0
    assert not attic.file_of(top).exists()
    assert not attic.file_of(child).exists()


async def test_many_are_removed_in_small_batches_past_those_that_stay(attic: Attic) -> None:
    stay = {await attic.run(status="waiting") for _ in range(3)}
    go = [await attic.run() for _ in range(5)]
    after, looks = FIRST, 0
    while (looked := await attic.upkeep.remove_runs(after, KEEP, 2)).last is not None:
        after, looks = looked.last, looks + 1
        assert looked.removed <= 2
    assert looks == 3
    assert await attic.left() == stay
    assert await attic.count("outbox") == len(go)


async def test_two_sweeps_at_once_remove_each_run_once(attic: Attic) -> None:
    for _ in range(20):
        await attic.run()
    assert sum(await asyncio.gather(*(attic.sweep() for _ in range(4)))) == 20
    assert await attic.count("outbox") == 20


async def test_the_months_of_removed_runs_are_dropped(attic: Attic, database_url: str) -> None:
    run = await attic.run(0)
    engine = await Database(database_url, ENGINE, options=("troupe.clock_offset=100days",)).open()
    later = PgUpkeep(engine)
    await later.make_months(0)
    assert await later.drop_months() == 0
    assert (await later.remove_runs(FIRST, KEEP, 10)).removed == 1
    assert await later.drop_months() >= 3
    assert await later.drop_months() == 0
    assert await attic.count("steps", f"run_id = '{run}'") == 0
    await engine.close()


def _owner(url: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SELECT set_config('troupe.workspace', %s, false)", (WORKSPACE,))
    return connection


async def test_answers_tokens_messages_and_workers_go_when_they_are_long_over(attic: Attic, database_url: str) -> None:
    with _owner(database_url) as owner:
        owner.execute("INSERT INTO workspaces (workspace_id, name) VALUES (%s, 'attic')", (WORKSPACE,))
        for key, days in (("old", 91), ("young", 89)):
            owner.execute(
                """INSERT INTO requests (workspace_id, key, route, body_hash, created_at)
                   VALUES (%s, %s, 'r', 'h', now() - make_interval(days => %s))""",
                (WORKSPACE, key, days),
            )
        for name, expires, revoked in (
            ("expired", 31, None), ("revoked", None, 31), ("both", 1, 31), ("just expired", 1, None),
            ("just revoked", -400, 1), ("valid", -1, None), ("for ever", None, None),
        ):  # fmt: skip
            owner.execute(
                """INSERT INTO tokens (workspace_id, id, kind, name, role, prefix, hash, expires_at, revoked_at)
                   VALUES (%(w)s, gen_random_uuid(), 'token', %(n)s, 'viewer', '', %(n)s,
                           now() - make_interval(days => %(e)s), now() - make_interval(days => %(r)s))""",
                {"w": WORKSPACE, "n": name, "e": expires, "r": revoked},
            )
        for kind, sent, dead in (
            ("sent", 8, None), ("sent lately", 6, None), ("dead", None, 91), ("dead lately", None, 60),
            ("open", None, None),
        ):  # fmt: skip
            owner.execute(
                """INSERT INTO outbox (id, workspace_id, kind, body, due, sent, dead)
                   VALUES (gen_random_uuid(), %(w)s, %(k)s, '{}', now() - interval '1 year',
                           now() - make_interval(days => %(s)s), now() - make_interval(days => %(d)s))""",
                {"w": WORKSPACE, "k": kind, "s": sent, "d": dead},
            )
    with psycopg.connect(database_url, autocommit=True, options="-c role=troupe_engine") as engine:
        for days in (2, 0):
            engine.execute(
                "INSERT INTO workers (id, lease_until) VALUES (gen_random_uuid(), now() - make_interval(days => %s))",
                (days,),
            )
    assert await attic.upkeep.remove_over(1) == 7
    with _owner(database_url) as owner:
        assert owner.execute("SELECT key FROM requests").fetchall() == [("young",)]
        tokens = {row[0] for row in owner.execute("SELECT name FROM tokens")}
        assert tokens == {"just expired", "just revoked", "valid", "for ever"}
        kinds = {row[0] for row in owner.execute("SELECT kind FROM outbox")}
        assert kinds == {"sent lately", "dead lately", "open"}


def test_of_answers_and_tokens_the_engine_sees_no_content_and_nothing_that_is_valid(database_url: str) -> None:
    with _owner(database_url) as owner:
        owner.execute("INSERT INTO workspaces (workspace_id, name) VALUES (%s, 'attic')", (WORKSPACE,))
        owner.execute(
            """INSERT INTO tokens (workspace_id, id, kind, name, role, prefix, hash)
               VALUES (%s, gen_random_uuid(), 'token', 'valid', 'viewer', '', 'hash')""",
            (WORKSPACE,),
        )
    with psycopg.connect(database_url, autocommit=True, options="-c role=troupe_engine") as engine:
        assert engine.execute("SELECT count(id) FROM tokens").fetchone() == (0,)
        assert engine.execute("DELETE FROM tokens WHERE id IS NOT NULL").rowcount == 0
        for query in ("SELECT hash FROM tokens", "SELECT answer FROM requests", "UPDATE tokens SET role = 'owner'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                engine.execute(query.encode())
