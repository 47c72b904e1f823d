"""What functions keep between calls, and how they meet a database that sleeps."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from functions import jobs, sweep
from functions.kept import kept, settings_of_a_function
from tests.chaos.proxy import Proxy
from tests.functions.context import Context
from tests.functions.test_doors import TEXT, call, start
from troupe.base.errors import BadInput, Unavailable
from troupe.base.ids import new_id
from troupe.durable.waits.store import ADVANCE_RUN
from troupe.features.accounts.service import LAPTOP


@dataclass
class Sleeper:
    """A database behind a door that can be shut, and a thread for the function that comes to it."""

    proxy: Proxy
    thread: ThreadPoolExecutor

    async def call(self, left: float = 20.0) -> dict[str, Any]:
        work = self.thread.submit(sweep.handler, {}, Context(left=left))
        return await asyncio.wrap_future(work)


@pytest_asyncio.fixture
async def sleeper(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Sleeper]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with Proxy(environment["TROUPE_DATABASE_URL"]) as proxy:
        monkeypatch.setenv("TROUPE_DATABASE_URL", proxy.url)
        with ThreadPoolExecutor(1) as thread:
            yield Sleeper(proxy, thread)
            await asyncio.wrap_future(thread.submit(kept.close))


async def test_a_database_that_wakes_in_time_is_waited_for(sleeper: Sleeper) -> None:
    sleeper.proxy.asleep = True
    asyncio.get_running_loop().call_later(1.0, lambda: setattr(sleeper.proxy, "asleep", False))
    assert (await sleeper.call())["restarted"] == 0


async def test_one_that_does_not_wake_in_time_is_unavailable_and_the_next_call_tries_again(sleeper: Sleeper) -> None:
    sleeper.proxy.asleep = True
    began = time.monotonic()
    with pytest.raises(Unavailable, match="waking"):
        await sleeper.call(left=4.0)
    assert time.monotonic() - began < 4.0
    sleeper.proxy.asleep = False
    assert (await sleeper.call())["restarted"] == 0


def connections(url: str) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url) as owner:
        row = owner.execute(query).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("keep", ["on", "off"])
async def test_where_connections_are_not_kept_the_database_may_sleep_after_each_call(
    sleeper: Sleeper, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    monkeypatch.setenv("TROUPE_KEEP_CONNECTIONS", keep)
    for _ in range(2):
        await sleeper.call()
        async with asyncio.timeout(5):
            while (connections(environment["TROUPE_DATABASE_URL"]) > 0) is (keep == "off"):
                await asyncio.sleep(0.02)


def test_a_container_holds_four_connections_at_most_whatever_it_does_at_once(cloud: str, database_url: str) -> None:
    runs = [start(cloud, TEXT) for _ in range(10)]
    bodies = [json.dumps({"id": new_id(), "workspace": LAPTOP, "kind": ADVANCE_RUN, "body": {"run": r}}) for r in runs]
    records = [
        {"messageId": str(n), "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        for n, body in enumerate(bodies)
    ]
    assert jobs.handler({"Records": records}, Context()) == {"batchItemFailures": []}
    assert {call(cloud, "GET", f"/runs/{run}")[1]["status"] for run in runs} == {"completed"}
    assert 1 <= connections(database_url) <= 4


def test_a_function_that_is_not_on_aws_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TROUPE_RUNS_ON", "embedded")
    with pytest.raises(BadInput, match="TROUPE_RUNS_ON=aws"):
        settings_of_a_function()


def test_a_setting_that_is_missing_is_named(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TROUPE_BUCKET")
    with pytest.raises(BadInput, match="TROUPE_BUCKET must be set"):
        kept.troupe()
    kept.close()
