"""The queue of slices that functions have no time for, as a worker meets it."""

import asyncio
import json
from collections.abc import Generator

import pytest

from tests.servers.aws import ask, clouds
from tests.servers.raw import raw_server, reply
from tests.servers.sqs import make_queue, messages_in
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws.work import WorkQueue

ASKED = {"run": "r", "leg": 1, "last": {"turn": 2}, "began": "2026-11-21T10:00:00Z"}


@pytest.fixture
def aws() -> Generator[Aws]:
    with clouds() as made:
        yield made


@pytest.fixture
def url(aws: Aws) -> str:
    made = make_queue(aws, name="work")
    ask(aws, "sqs", "send_message", QueueUrl=made, MessageBody=json.dumps(ASKED | {"token": "of-the-execution"}))
    return made


async def test_a_message_is_there_until_its_slice_is_answered(aws: Aws, url: str) -> None:
    queue = WorkQueue(aws, url)
    taken = await queue.take(0)
    assert taken is not None
    assert (taken.event, taken.token) == (ASKED, "of-the-execution")
    assert (await queue.take(0), messages_in(aws, url)) == (None, 1)
    await queue.answer(taken, {"kind": "done"})  # though no execution waits with this token any more
    assert messages_in(aws, url) == 0


async def test_a_message_comes_to_another_when_its_worker_is_gone_and_not_while_it_is_held(aws: Aws, url: str) -> None:
    queue = WorkQueue(aws, url, hidden=1.0)
    taken = await queue.take(0)
    assert taken is not None
    async with queue.holding(taken):
        await asyncio.sleep(1.5)  # longer than a message is hidden at once
        assert await queue.take(0) is None
    async with asyncio.timeout(10):
        while (again := await queue.take(0)) is None:
            await asyncio.sleep(0.1)
    assert again.event == taken.event


async def test_a_message_that_is_left_comes_again_at_once(aws: Aws, url: str) -> None:
    queue = WorkQueue(aws, url)
    taken = await queue.take(0)
    assert taken is not None
    await queue.leave(taken, 0)
    assert await queue.take(0) is not None


async def test_what_is_no_message_of_an_execution_is_left_to_the_queue(aws: Aws, url: str) -> None:
    queue = WorkQueue(aws, url)
    assert await queue.take(0)
    for body in ("no json", "[]", "{}"):
        ask(aws, "sqs", "send_message", QueueUrl=url, MessageBody=body)
        assert await queue.take(0) is None
    assert messages_in(aws, url) == 4


async def test_ecs_is_told_while_a_task_is_at_work(aws: Aws, url: str) -> None:
    async with raw_server(lambda _seen, _writer: reply(200, "{}")) as agent:
        queue = WorkQueue(aws, url, agent.url)
        taken = await queue.take(0)
        assert taken is not None
        async with queue.holding(taken):
            [seen] = agent.seen
        asked = [(s.method, s.path, json.loads(s.body)["ProtectionEnabled"]) for s in agent.seen]
    state = "/task-protection/v1/state"
    assert asked == [("PUT", state, True), ("PUT", state, False)]
    async with WorkQueue(aws, url, agent.url).holding(taken):  # an agent that is away holds nobody up
        assert seen
