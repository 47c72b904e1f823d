"""Executions as their port starts and wakes them, and how a wake that is lost is found again."""

import json
from collections.abc import Generator
from typing import Any

import psycopg
import pytest

from tests.adapters.aws.conftest import Wire
from tests.durable.conftest import House
from tests.durable.test_waits import listening
from tests.servers.aws import clouds
from tests.servers.raw import Seen, reply
from tests.servers.sqs import make_queue
from tests.statemachines.machine import executions, make_machine
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.adapters.aws.orchestrator import StepFunctions
from troupe.adapters.aws.queue import SqsQueue
from troupe.base.ids import RunId, new_id
from troupe.durable.outbox.store import PgOutbox
from troupe.durable.waits.store import PgWaits


@pytest.fixture
def aws() -> Generator[Aws]:
    with clouds() as made:
        yield made


def step_functions(aws: Aws, house: House, machine: str, queue: str, **more: Any) -> StepFunctions:
    errands = Errands()
    outbox = SqsQueue(aws, queue, PgOutbox(house.engine), errands)
    return StepFunctions(aws, machine, PgWaits(house.engine), outbox, errands, **more)


async def test_the_same_leg_is_started_once(aws: Aws, house: House) -> None:
    machine = make_machine(aws)
    states, run = step_functions(aws, house, machine, make_queue(aws)), RunId(new_id())
    for leg in (1, 1, 2, 1):
        states.start(run, leg)
    await states.errands.done()
    assert set(executions(aws, machine)) == {f"{run}-1", f"{run}-2"}


@pytest.mark.parametrize(("by_queue", "started"), [(True, 0), (False, 1)])
async def test_a_new_run_is_begun_and_one_that_rests_is_left_alone(
    aws: Aws, house: House, by_queue: bool, started: int
) -> None:
    machine = make_machine(aws)
    states = step_functions(aws, house, machine, make_queue(aws), by_queue=by_queue)
    resting = await listening(house)
    new = await house.start("listens")
    for _ in range(2):
        for run in (new, resting, new_id()):
            states.wake(RunId(run))
    await states.errands.done()
    assert len(executions(aws, machine)) == started
    async with house.engine.connection() as line:
        found = await (await line.execute("SELECT body ->> 'run' FROM outbox")).fetchall()
    assert found == ([(new,)] if by_queue else [])


async def test_a_run_whose_holder_is_gone_is_given_an_execution_by_whoever_looks(
    aws: Aws, house: House, database_url: str
) -> None:
    """It was advanced by the call of the run above it, which has died with it."""
    machine = make_machine(aws)
    states = step_functions(aws, house, machine, make_queue(aws))
    await listening(house)
    above, below = await house.start("listens"), await house.start("listens")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE runs SET status = 'running', parent_id = %s WHERE id = %s", (above, below))
    await states.after_slice(above)
    assert set(executions(aws, machine)) == {f"{below}-1"}


class Machine:
    """Step Functions on a wire: what it was asked, and what it answers by operation."""

    def __init__(self, wire: Wire) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refuses: dict[str, str] = {}
        wire.answer = self.answer

    def answer(self, seen: Seen) -> bytes:
        operation = seen.headers["x-amz-target"].partition(".")[2]
        self.asked.append((operation, json.loads(seen.body)))
        json_10 = {"content_type": "application/x-amz-json-1.0"}
        if code := self.refuses.get(operation):
            return reply(400, json.dumps({"__type": code, "message": code}), **json_10)
        return reply(200, json.dumps({"executionArn": "arn", "startDate": 1.0}), **json_10)


ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:run"


async def test_a_signal_sends_the_token_once(wire: Wire, house: House) -> None:
    machine, aws = Machine(wire), Aws("eu-central-1")
    states = step_functions(aws, house, ARN, f"{wire.server.url}/1/jobs")
    run = await listening(house)
    await states.waits.keep(run, 1, "the token")
    await house.signal(run, "paid")
    for _ in range(2):
        states.wake(RunId(run))
        await states.errands.done()
    assert [(op, said["taskToken"]) for op, said in machine.asked] == [("SendTaskSuccess", "the token")]
    aws.close()


@pytest.mark.parametrize("code", ["TaskTimedOut", "InvalidToken", "TaskDoesNotExist"])
async def test_a_token_that_nobody_waits_with_is_no_error_and_its_run_is_restarted(
    wire: Wire, house: House, code: str
) -> None:
    machine, aws = Machine(wire), Aws("eu-central-1")
    machine.refuses["SendTaskSuccess"] = code
    states = step_functions(aws, house, ARN, f"{wire.server.url}/1/jobs")
    run = await listening(house)
    await states.waits.keep(run, 1, "stale")
    await house.signal(run, "paid")
    found = await states.sweep(-1.0)
    assert (found.woken, found.restarted) == (0, 1)
    await states.errands.done()
    assert (await house.run(run))["leg"] == 2
    aws.close()


async def test_an_execution_that_waits_is_woken_by_the_sweep_where_its_wake_was_lost(wire: Wire, house: House) -> None:
    machine, aws = Machine(wire), Aws("eu-central-1")
    states = step_functions(aws, house, ARN, f"{wire.server.url}/1/jobs")
    run = await listening(house)
    await states.waits.keep(run, 1, "the token")
    await house.signal(run, "paid")
    found = await states.sweep(-1.0)
    assert (found.woken, found.restarted) == (1, 0)
    assert [op for op, _ in machine.asked] == ["SendTaskSuccess"]
    assert (await house.run(run))["leg"] == 1
    aws.close()


async def test_a_wake_that_fails_is_an_errand_that_failed_and_the_token_stays(wire: Wire, house: House, caplog) -> None:
    machine, aws = Machine(wire), Aws("eu-central-1")
    machine.refuses["SendTaskSuccess"] = "AccessDeniedException"
    states = step_functions(aws, house, ARN, f"{wire.server.url}/1/jobs")
    run = await listening(house)
    await states.waits.keep(run, 1, "the token")
    await house.signal(run, "paid")
    states.wake(RunId(run))
    await states.errands.done()
    assert "An errand failed" in caplog.text
    found = await states.waits.find(run)
    assert found is not None
    assert found.token == "the token"
    aws.close()
