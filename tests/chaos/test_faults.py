"""What holds when the database, its lines or the wake-ups fail: runs finish by themselves, nothing is done twice."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos.proxy import Proxy
from tests.durable.conftest import House, Ledger
from tests.durable.test_rules import IDEMPOTENT, ONCE, READ, noting
from troupe.adapters.embedded.postgres import Postgres
from troupe.base.db import ENGINE, Database
from troupe.base.errors import Unavailable
from troupe.base.migrate import migrate
from troupe.ports.run import Approval, Child, RunContext, Signal

MIGRATIONS = Path(__file__).parents[2] / "shared/troupe/migrations"


@pytest_asyncio.fixture
async def build(tmp_path: Path) -> AsyncGenerator[Any]:
    """Makes a House on a database's URL."""
    async with AsyncExitStack() as stack:

        async def make(url: str, direct: str | None = None) -> House:
            app = await Database(direct or url).open()
            stack.push_async_callback(app.close)
            engine = await Database(url, ENGINE, size=8).open()
            stack.push_async_callback(engine.close)
            house = House(url, tmp_path, app, engine)
            await stack.enter_async_context(house.stack)
            return house

        yield make


async def patiently(house: House, run: str, seconds: float = 60.0) -> dict[str, Any]:
    """The run once it is over, the database being away for some of the time."""
    async with asyncio.timeout(seconds):
        while True:
            with contextlib.suppress(Unavailable, TimeoutError):
                return await house.until(run, seconds=5.0)
            await asyncio.sleep(0.05)


def mixed(house: House, ledger: Ledger) -> None:
    @house.program
    async def leaf(run: RunContext, input: Any) -> Any:
        return (await run.step("leaf", noting(ledger), input))["args"]

    @house.program
    async def many(run: RunContext, input: Any) -> Any:
        seen = 0
        for turn in range(30):
            seen += (await run.step(f"{turn}/act", noting(ledger, (READ, IDEMPOTENT)[turn % 2]), turn))["args"]
            if turn % 5 == 0:
                seen += await run.call(f"{turn}/call", Child("leaf", turn))
            await run.sleep(f"{turn}/rest", seconds=0.02)
        return seen


@pytest.mark.timeout(110)
async def test_runs_finish_by_themselves_when_postgres_is_killed_and_restarted(
    durable_postgres: Postgres, ledger: Ledger, build: Any
) -> None:
    await migrate(durable_postgres.url, MIGRATIONS)
    house = await build(durable_postgres.url)
    mixed(house, ledger)
    await house.worker(lease=3.0)
    runs = [await house.start("many") for _ in range(5)]
    for _ in range(2):
        await asyncio.sleep(0.3)
        postmaster = int((durable_postgres.cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
    for run in runs:
        row = await patiently(house, run)
        assert (row["status"], row["output"]) == ("completed", 435 + 75), row["error"]
        assert row["pending"] == 0
    per_key: dict[str, set[str]] = {}
    for step, key in ledger.calls:
        per_key.setdefault(key, set()).add(step)
    del per_key[""]  # reads have no effect key
    assert len(per_key) == len(runs) * (15 + 6)
    assert all(len(steps) == 1 for steps in per_key.values())


@pytest.mark.parametrize("late", [0.0, 0.3])
async def test_a_connection_cut_in_commit_is_resolved_by_what_was_written(
    database_url: str, ledger: Ledger, build: Any, late: float
) -> None:
    async with Proxy(database_url) as proxy:
        house = await build(proxy.url, direct=database_url)

        @house.program
        async def pays(run: RunContext, input: Any) -> Any:
            before = await run.step("before", noting(ledger, READ), 1)
            paid = await run.step("marked-step", noting(ledger, ONCE), before)
            return await run.call("marked-call", Child("leaf", paid["attempt"]))

        mixed(house, ledger)
        worker = await house.worker()
        proxy.late = late
        for marker in (b"marked-step", b"marked-call", b"run.completed"):
            proxy.deaf_to = marker
            run = await house.start("pays")
            row = await house.until(run)
            assert (row["status"], row["output"], row["pending"]) == ("completed", 1, 0), row["error"]
        assert proxy.cut == 3
        assert ledger.count("marked-step") == 3
        assert worker.writer.commits


async def test_wake_ups_that_come_twice_or_out_of_order_change_nothing(house: House, ledger: Ledger) -> None:
    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        first = await run.wait("one", Signal("one"))
        await run.step("act", noting(ledger, ONCE), first)
        said = await run.wait("ask", Approval("May it?", {}))
        return [first, said["decision"], await run.wait("two", Signal("two"))]

    workers = [await house.worker(loop=False) for _ in range(3)]
    runs = [await house.start("asks") for _ in range(5)]
    chance = random.Random(1)

    async def deliver() -> None:
        """As a queue does: each message two to five times, to anybody, in any order, some of it early."""
        messages = [run for run in runs for _ in range(chance.randint(2, 5))]
        chance.shuffle(messages)
        await asyncio.gather(*[chance.choice(workers).advance(run) for run in messages])

    await deliver()
    for name, payload in (("two", 2), ("$approval/ask", {"decision": "approve"}), ("one", 1)):
        for run in runs:
            for _ in range(2):
                await house.signal(run, name, payload)
        await deliver()
    for run in runs:
        row = await house.run(run)
        assert (row["status"], row["output"]) == ("completed", [1, "approve", 2])
    assert ledger.count("act") == len(runs)


async def test_a_loop_that_misses_every_wake_up_still_ends_its_runs(house: House, ledger: Ledger) -> None:
    @house.program
    async def waits(run: RunContext, input: Any) -> Any:
        return await run.wait("w", Signal("go"))

    worker = await house.worker(lease=1.0)
    worker.poke = lambda run: None  # type: ignore[method-assign]
    worker.on_due = lambda: None
    run = await house.start("waits")
    await house.until(run, "waiting")
    await house.signal(run, "go", "heard")
    assert (await house.until(run))["output"] == "heard"
