"""Runs on AWS from start to end: the API, the queue, the state machine and the functions as they are deployed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from tests.functions.stage import Stage, stage
from tests.servers.aws import BUS, ask, make_bus
from troupe.adapters.aws.below import ROOM
from troupe.features.accounts.service import LAPTOP

CHAIN = """\
troupe: workflow/v1
name: chain
nodes:
  one: {block: test.noop, with: {value: 1}}
  two: {block: test.noop, with: {value: "{{ one.value + 1 }}"}}
output: "{{ two.value }}"
"""
ASKS = CHAIN.replace('+ 1 }}"}', '+ 1 }}"}, approve: {by: [editor], expires: 1d}')
SLEEPS = """\
troupe: workflow/v1
name: sleeps
nodes:
  nap: {block: flow.sleep, with: {duration: 6}}
  two: {block: test.noop, after: [nap], with: {value: 2}}
output: "{{ two.value }}"
"""
LISTENS = """\
troupe: workflow/v1
name: listens
nodes:
  paid: {block: flow.wait, with: {signal: paid}}
output: "{{ paid.payload }}"
"""
PARENT = """\
troupe: workflow/v1
name: parent
nodes:
  a: {block: flow.call, with: {workflow: chain}}
  b: {block: flow.call, with: {workflow: chain}}
  c: {block: flow.call, with: {workflow: listens}}
output: "{{ [a.output, b.output, c.output] }}"
"""
CODE = """\
troupe: workflow/v1
name: code
nodes:
  sum: {block: code.python, with: {code: "sum(numbers)", inputs: {numbers: [1, 2, 3]}}}
output: "{{ sum.result }}"
"""


@pytest_asyncio.fixture
async def on_aws(monkeypatch: pytest.MonkeyPatch, database_url: str) -> AsyncGenerator[Stage]:
    async with stage(monkeypatch, database_url) as made:
        yield made


@pytest_asyncio.fixture
async def by_machine(monkeypatch: pytest.MonkeyPatch, database_url: str) -> AsyncGenerator[Stage]:
    async with stage(monkeypatch, database_url, {"TROUPE_FIRST_SLICE": "machine"}) as made:
        yield made


async def test_a_short_run_needs_no_execution(on_aws: Stage) -> None:
    run = await on_aws.start(CHAIN)
    assert (await on_aws.until(run, "completed"))["output"] == 2
    assert on_aws.executions() == {}


async def test_a_decision_wakes_the_execution_that_waits_for_it(on_aws: Stage) -> None:
    run = await on_aws.start(ASKS)
    await on_aws.waits(f"{run}-1")
    [asked] = (await on_aws.call("GET", "/approvals"))["items"]
    decision = {"decision": "approve", "arguments_hash": asked["arguments_hash"]}
    await on_aws.call("POST", f"/approvals/{asked['id']}/decide", decision)
    assert (await on_aws.until(run, "completed"))["output"] == 2
    assert on_aws.visited(f"{run}-1") == [
        "Advance the run", "What now", "Wait for a signal", "Advance the run", "What now", "Done",
    ]  # fmt: skip


async def test_a_short_sleep_is_slept_by_the_machine(on_aws: Stage) -> None:
    run = await on_aws.start(SLEEPS)
    assert (await on_aws.until(run, "completed"))["output"] == 2
    assert "Wait" in on_aws.visited(f"{run}-1")
    assert on_aws.calls_of("wait") == []


async def test_a_run_that_is_ended_while_it_waits_ends_at_once(on_aws: Stage) -> None:
    run = await on_aws.start(LISTENS)
    await on_aws.waits(f"{run}-1")
    await on_aws.call("POST", f"/runs/{run}/terminate", {"reason": "enough"})
    await on_aws.until(run, "terminated")


async def children(on: Stage) -> None:
    for text in (CHAIN, LISTENS):
        await on.call("POST", "/workflows", {"text": text})
    run = await on.start(PARENT)
    await on.waits(f"{run}-1")
    listens = await on.only_running(but=f"{run}-1")
    await on.waits(listens)
    await on.call("POST", f"/runs/{listens.removesuffix('-1')}/signals", {"name": "paid", "payload": 7})
    assert (await on.until(run, "completed"))["output"] == [2, 2, 7]


async def test_runs_below_come_by_the_queue_and_wake_the_one_above(on_aws: Stage) -> None:
    await children(on_aws)
    assert len(on_aws.executions()) == 2  # of the two that waited


async def test_runs_below_are_started_by_the_machine_and_wake_the_one_above(by_machine: Stage) -> None:
    await children(by_machine)
    assert len(by_machine.executions()) == 4
    parent = max(by_machine.executions(), key=lambda name: len(by_machine.visited(name)))
    assert "Start the runs below" in by_machine.visited(parent)


def advances(database_url: str) -> int:
    """How many messages had a run advanced."""
    with psycopg.connect(database_url) as owner:
        [(number,)] = owner.execute("SELECT count(*) FROM outbox WHERE kind = 'run.advance'").fetchall()
    return number


async def test_short_runs_below_are_advanced_by_the_call_of_the_one_above(on_aws: Stage, database_url: str) -> None:
    await on_aws.call("POST", "/workflows", {"text": CHAIN})
    run = await on_aws.start(calls(2))
    assert (await on_aws.until(run, "completed"))["output"] == 2
    assert advances(database_url) == 1
    assert on_aws.executions() == {}


async def test_more_runs_below_than_a_call_has_room_for_come_by_the_queue(on_aws: Stage, database_url: str) -> None:
    await on_aws.call("POST", "/workflows", {"text": CHAIN})
    run = await on_aws.start(calls(ROOM + 3))
    assert (await on_aws.until(run, "completed"))["output"] == 2
    assert advances(database_url) > 1


def calls(number: int) -> str:
    """A workflow that calls the chain so many times at once."""
    nodes = [f"  n{i}: {{block: flow.call, with: {{workflow: chain}}}}" for i in range(number)]
    lines = ["troupe: workflow/v1", "name: calls", "nodes:", *nodes, 'output: "{{ n0.output }}"']
    return "\n".join([*lines, ""])


async def test_user_code_runs_in_the_sandbox_function(on_aws: Stage) -> None:
    run = await on_aws.start(CODE)
    assert (await on_aws.until(run, "completed", "failed"))["output"] == 6
    assert "sandbox" in [name for name, _ in on_aws.played.calls]


async def test_a_run_whose_execution_is_lost_is_given_another_by_the_sweep(on_aws: Stage, database_url: str) -> None:
    run = await on_aws.start(LISTENS)
    await on_aws.waits(f"{run}-1")
    arn = f"{on_aws.machine.replace(':stateMachine:', ':execution:')}:{run}-1"
    ask(on_aws.aws, "stepfunctions", "stop_execution", executionArn=arn)
    await on_aws.call("POST", f"/runs/{run}/signals", {"name": "paid", "payload": 7})
    assert (await on_aws.sweep())["restarted"] == 0  # it is not overdue yet
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE runs SET due = due - interval '1 hour' WHERE due IS NOT NULL")
    found = await on_aws.sweep()
    assert (found["restarted"], found["woken"]) == (1, 0)
    assert (await on_aws.until(run, "completed"))["output"] == 7


LONG = """\
troupe: workflow/v1
name: long
nodes:
  one: {block: test.noop, with: {value: 1}}
  two: {block: test.noop, timeout: 20m, with: {value: "{{ one.value + 1 }}"}}
  three: {block: test.noop, with: {value: "{{ two.value + 1 }}"}}
output: "{{ three.value }}"
"""


@pytest_asyncio.fixture
async def with_workers(monkeypatch: pytest.MonkeyPatch, database_url: str) -> AsyncGenerator[Stage]:
    async with stage(monkeypatch, database_url, workers=True) as made:
        yield made


async def test_a_step_longer_than_a_function_may_take_is_done_by_a_worker(with_workers: Stage) -> None:
    run = await with_workers.start(LONG)
    assert await with_workers.work()
    assert (await with_workers.until(run, "completed"))["output"] == 3
    assert with_workers.visited(f"{run}-1") == [
        "Advance the run", "What now", "Have a worker advance it", "What now", "Done",
    ]  # fmt: skip
    assert not await with_workers.work(seconds=0.1)


async def test_a_run_rests_in_sight_while_it_needs_a_worker(with_workers: Stage) -> None:
    run = await with_workers.start(LONG)
    seen = await with_workers.until(run, "waiting")
    assert (seen["reason"], seen["wakes_on"]["kind"], seen["wakes_on"]["name"]) == ("time", "time", "worker")
    await with_workers.handed_over()
    await with_workers.call("POST", f"/runs/{run}/terminate", {"reason": "enough"})
    assert await with_workers.work()
    await with_workers.until(run, "terminated")


async def test_without_workers_a_long_step_is_refused_and_says_where_and_what_to_do(on_aws: Stage) -> None:
    run = await on_aws.start(LONG)
    error = (await on_aws.until(run, "failed"))["error"]
    assert (error["code"], error["node"], error["step"]) == ("step_too_long", "two", "two")
    assert error["message"] == "The step two may take 1200 s; a step has 600 s at most where this Troupe runs."
    assert "timeout of 600s or less" in error["hint"]
    assert "standard and ha" in error["hint"]


async def test_a_step_that_the_queue_has_no_time_for_is_done_by_the_machine(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    async with stage(monkeypatch, database_url, jobs_seconds=300.0) as made:
        run = await made.start(LONG.replace("20m", "9m"))
        assert (await made.until(run, "completed"))["output"] == 3
        assert made.executions() == {f"{run}-1": "SUCCEEDED"}


async def test_a_message_whose_run_another_worker_holds_is_left_to_come_again(
    with_workers: Stage, database_url: str
) -> None:
    run = await with_workers.start(LONG)
    await with_workers.handed_over()
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("INSERT INTO workers (id, lease_until) VALUES (%s, now() + interval '1 hour')", (OTHER,))
        owner.execute("UPDATE runs SET worker = %s, due = NULL WHERE id = %s", (OTHER, run))
        assert await with_workers.work()
        owner.execute("UPDATE runs SET worker = NULL WHERE id = %s", (run,))
    assert not await with_workers.work(seconds=0.1)  # it is hidden for as long as a lease
    [name] = with_workers.executions()
    assert with_workers.executions()[name] == "RUNNING"


OTHER = "00000000-0000-4000-8000-000000000001"


async def test_other_systems_hear_how_a_run_ended_and_that_a_person_is_needed(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    async with stage(monkeypatch, database_url, {"TROUPE_EVENT_BUS": BUS}) as made:
        _, heard = make_bus(made.aws)
        await made.call("POST", "/workflows", {"text": CHAIN})
        parent = await made.start(calls(2))
        await made.until(parent, "completed")
        asks = await made.start(ASKS)
        await made.waits(f"{asks}-1")
        failed = await made.start(CHAIN.replace('"{{ one.value + 1 }}"', '"{{ one.value / 0 }}"'))
        await made.until(failed, "failed")
        found: dict[str, Any] = {}
        async with asyncio.timeout(20):
            while len(found) < 3:
                found |= {(e["detail"]["source"], e["detail-type"]): e["detail"]["data"] for e in heard()}
                await asyncio.sleep(0.05)
    assert set(found) == {  # and nothing of the runs below
        (f"/runs/{parent}", "run.completed"), (f"/runs/{asks}", "run.review"), (f"/runs/{failed}", "run.failed"),
    }  # fmt: skip
    assert found[f"/runs/{parent}", "run.completed"] == {"run_id": parent, "workspace_id": LAPTOP}
    assert found[f"/runs/{asks}", "run.review"]["reason"] == "approval"
    assert found[f"/runs/{failed}", "run.failed"]["code"]


async def test_an_event_that_the_bus_did_not_take_is_carried_by_the_sweep(
    monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    async with stage(monkeypatch, database_url, {"TROUPE_EVENT_BUS": BUS}) as made:
        run = await made.start(CHAIN)  # there is no bus yet
        await made.until(run, "completed")
        await made.there(lambda: None)
        _, heard = make_bus(made.aws)
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute("UPDATE outbox SET due = troupe_now() WHERE sent IS NULL")  # its hold is over
        await made.sweep()
        [event] = heard()
    assert (event["detail"]["source"], event["detail-type"]) == (f"/runs/{run}", "run.completed")
