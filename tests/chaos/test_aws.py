"""Group H of the catalogue on AWS: functions killed, messages repeated, the database away; judged by the far side."""

import asyncio
import contextlib
import json
import os
import random
import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.chaos.aws import CLASSES, be_worker, broken, finish, kill_functions, killable, lesson
from tests.parity.far import far_side
from tests.parity.faults import Shaken
from tests.parity.houses import OVER, OnAws, on_aws
from tests.servers.sqs import messages_in
from troupe.adapters.embedded.postgres import Postgres
from troupe.base.errors import Unavailable
from troupe.base.migrate import migrate

MIGRATIONS = Path(__file__).parents[2] / "shared/troupe/migrations"


@pytest.mark.timeout(400)
async def test_case_58_no_kill_of_a_function_at_any_checkpoint_breaks_a_promise(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.randrange(2**32)
    killed, wrong = await kill_functions(database_url, monkeypatch, seed, kills=5, seconds=0.0)
    assert not wrong, (wrong, killed)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(("effect", "at"), [("idempotent", "before_effect"), ("once", "after_effect")])
async def test_case_58_a_worker_killed_in_a_long_step_is_taken_over_by_another(
    database_url: str, monkeypatch: pytest.MonkeyPatch, effect: str, at: str
) -> None:
    async with killable(database_url, monkeypatch) as (house, far, them):
        run = await house.stage.start(lesson(far, "w", effect, long=True))
        await house.until(run, "waiting")
        await house.call("POST", f"/runs/{run}/signals", {"name": "go", "payload": 1, "dedupe": "one"})
        await house.stage.handed_over()
        them.kill_at = at
        assert await be_worker(house)
        assert them.killed == 1
        assert messages_in(house.stage.aws, house.stage.work_queue)  # it is there for the next one
        assert await finish(house, run, far, "w") == "completed"
        assert broken(house, run, far, "w", effect) == []


def repeats(batch: Any) -> Any:
    """Every batch is delivered two to five times, in any order, some of it beside itself."""
    chance = random.Random(61)

    async def deliver(records: list[dict[str, Any]]) -> list[str]:
        failed = await batch(records)
        for _ in range(chance.randint(1, 4)):
            again = chance.sample(records, len(records))
            await asyncio.gather(batch(again), batch(again[:1]))
        return failed

    return deliver


async def test_case_61_and_62_messages_that_come_five_times_in_any_order_are_one(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with far_side() as far:
        options = {"kind": Shaken, "deliver": repeats}
        async with on_aws(monkeypatch, database_url, far.url, None, **options) as house:
            runs = {f"t{n}": await house.stage.start(lesson(far, f"t{n}", "once")) for n in range(6)}
            for tag, run in runs.items():
                assert await finish(house, run, far, tag) == "completed"
                assert broken(house, run, far, tag, "once") == []


@pytest.mark.timeout(200)
async def test_case_64_runs_finish_when_connections_are_killed_and_postgres_is_restarted(
    durable_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(durable_postgres.url, MIGRATIONS)
    async with far_side() as far, on_aws(monkeypatch, durable_postgres.url, far.url, None, kind=Shaken) as house:
        effects = list(CLASSES) * 2
        runs = [await house.stage.start(lesson(far, f"p{n}", effect)) for n, effect in enumerate(effects)]
        for _ in range(3):
            await asyncio.sleep(0.1)
            with contextlib.suppress(psycopg.Error):
                house.rows("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                  WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'""")
        postmaster = int((durable_postgres.cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        await patiently(house)
        for number, (run, effect) in enumerate(zip(runs, effects, strict=True)):
            assert await finish(house, run, far, f"p{number}") == "completed"
            assert broken(house, run, far, f"p{number}", effect) == []


async def patiently(house: OnAws, seconds: float = 30.0) -> None:
    """Until the database is there again; meanwhile the API says when to come back."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                house.look_again()
                return
            except psycopg.Error:
                with contextlib.suppress(Unavailable):
                    status, _ = await house.stage.ask("GET", "/runs")
                    assert status in (200, 503)
                await asyncio.sleep(0.1)


async def test_case_66_without_its_cache_a_run_takes_place_all_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = "troupe: agent/v1\nname: cached\nmodel: puppet/one\ninstructions: Help.\ncache: 1h\n"
    gone = {"REDIS_URL": "redis://127.0.0.1:1"}
    async with far_side() as far, on_aws(monkeypatch, database_url, far.url, gone) as house:
        await house.call("POST", "/agents", {"text": agent})
        run = (await house.call("POST", "/agents/cached/runs", {"message": "Look."}))["id"]
        assert await house.until(run, *OVER) == "completed"
        run = await house.stage.start(lesson(far, "c", "once"))
        assert await finish(house, run, far, "c") == "completed"


LARGE = """\
troupe: workflow/v1
name: large
nodes:
  make: {block: code.python, with: {code: "'x' * 900000", inputs: {}}}
  heard: {block: flow.wait, after: [make], with: {signal: go}}
  end: {block: test.noop, with: {value: ["{{ size(make.result) }}", "{{ size(heard.payload) }}"]}}
output: {sizes: "{{ end.value }}", whole: "{{ heard.payload }}"}
"""
MOST = 262_144  # bytes that a state may take or give


async def test_case_71_what_is_larger_than_a_state_may_be_goes_by_reference(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with far_side() as far, on_aws(monkeypatch, database_url, far.url) as house:
        run = await house.stage.start(LARGE)
        await house.until(run, "waiting")
        await house.call("POST", f"/runs/{run}/signals", {"name": "go", "payload": "y" * 400_000})
        assert await house.until(run, *OVER) == "completed"
        await house.quiet()
        [(output, ref)] = house.rows("SELECT output, output_ref FROM runs WHERE id = %s", run)
        assert (output, bool(ref)) == (None, True)
        for name in house.stage.executions():
            assert all(len(json.dumps(e, default=str)) < MOST / 10 for e in house.stage.history(name))
