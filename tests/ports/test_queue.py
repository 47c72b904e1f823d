"""The contract of the queue port, the same for every adapter."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
import pytest_asyncio

from tests.servers.sqs import make_queue, mapped
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.adapters.aws.queue import Deliveries, SqsQueue
from troupe.adapters.embedded.queue import OutboxQueue
from troupe.base.db import Database
from troupe.base.errors import Unavailable
from troupe.base.ids import WorkspaceId, new_id
from troupe.durable.outbox.store import PgOutbox, insert_messages
from troupe.ports.queue import Message, Queue

ONE, TWO = WorkspaceId("00000000-0000-7000-8000-00000000000a"), WorkspaceId("00000000-0000-7000-8000-00000000000b")
TRIES = 3


class Served:
    """A handler that remembers what it was given, and a queue that feeds it."""

    def __init__(self, engine: Database) -> None:
        self.engine = engine
        self.came: list[str] = []
        self.fails: Callable[[Message], Exception | None] = lambda _: None
        self.gate = asyncio.Event()
        self.gate.set()
        self.some = asyncio.Condition()

    async def handle(self, message: Message) -> None:
        self.came.append(str(message.body["name"]))
        async with self.some:
            self.some.notify_all()
        await self.gate.wait()
        if wrong := self.fails(message):
            raise wrong

    def queue(self, *, at_once: int = 4, hold: float = 30.0, poll: float = 5.0) -> OutboxQueue:
        known = {"note": self.handle}
        return OutboxQueue(
            PgOutbox(self.engine), known, at_once=at_once, tries=TRIES, hold=hold, poll=poll, first_pause=0.02
        )

    @asynccontextmanager
    async def on_sqs(self, aws: Aws) -> AsyncGenerator[SqsQueue]:
        """SQS with a function behind it."""
        url, outbox, errands = make_queue(aws, receives=TRIES + 2), PgOutbox(self.engine), Errands()
        deliveries = Deliveries(aws, url, outbox, {"note": self.handle}, tries=TRIES, first_pause=0.02)

        async def batch(records: list[dict[str, Any]]) -> list[str]:
            ends = await asyncio.gather(*(deliveries.deliver(r) for r in records), return_exceptions=True)
            return [r["messageId"] for r, end in zip(records, ends, strict=True) if end is not None]

        async with mapped(aws, url, batch):
            yield SqsQueue(aws, url, outbox, errands)
            await errands.done()

    async def until(self, ready: Callable[[], bool]) -> None:
        async with asyncio.timeout(10), self.some:
            await self.some.wait_for(ready)


@pytest.fixture
def served(engine_db: Database) -> Served:
    return Served(engine_db)


@pytest_asyncio.fixture(params=["outbox", "sqs"])
async def queue(request: pytest.FixtureRequest, served: Served) -> AsyncGenerator[Queue]:
    aws = request.getfixturevalue("aws") if request.param == "sqs" else None
    async with served.on_sqs(aws) if aws else served.queue() as running:
        yield running


def message(name: str, workspace: WorkspaceId = ONE, *, delay: float = 0.0, kind: str = "note") -> Message:
    return Message(new_id(), workspace, kind, {"name": name}, delay)


async def eventually(ready: Callable[[], "asyncio.Future[bool]"]) -> None:
    async with asyncio.timeout(10):
        while not await ready():
            await asyncio.sleep(0.01)


async def dead(queue: Queue, count: int) -> None:
    async def there() -> bool:
        return len(await queue.list_dead(100)) >= count

    await eventually(lambda: asyncio.ensure_future(there()))


async def test_what_was_sent_is_delivered_with_its_body_and_workspace(served: Served, queue: Queue) -> None:
    seen: list[Message] = []
    served.fails = seen.append
    sent = message("hello", TWO)
    await queue.send([sent])
    await served.until(lambda: served.came == ["hello"])
    assert seen == [sent]


async def test_the_same_id_again_is_no_second_message(served: Served, queue: Queue) -> None:
    once = message("once")
    await asyncio.gather(*(queue.send([once, once]) for _ in range(20)))
    await queue.send([message("last")])
    await served.until(lambda: "last" in served.came)
    await queue.send([once])
    await queue.send([message("end")])
    await served.until(lambda: "end" in served.came)
    assert served.came.count("once") == 1


async def test_a_delay_is_waited_for(served: Served, queue: Queue) -> None:
    began = asyncio.get_running_loop().time()
    await queue.send([message("late", delay=0.3), message("soon")])
    await served.until(lambda: "late" in served.came)
    assert served.came == ["soon", "late"]
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_one_that_fails_comes_again_until_it_succeeds(served: Served, queue: Queue) -> None:
    served.fails = lambda _: Unavailable() if len(served.came) < TRIES else None
    await queue.send([message("hard")])
    await served.until(lambda: len(served.came) == TRIES)
    await queue.send([message("next")])
    await served.until(lambda: "next" in served.came)
    assert await queue.list_dead(10) == []


async def test_case_63_poison_is_a_dead_letter_with_its_reason_and_good_ones_pass(served: Served, queue: Queue) -> None:
    served.fails = lambda m: ValueError("a secret text") if m.body["name"] == "poison" else None
    await queue.send(
        [message("poison"), message("strange", kind="nobody.knows"), *(message("good") for _ in range(98))]
    )
    await dead(queue, 2)
    letters = {letter.message.kind: letter for letter in await queue.list_dead(10)}
    assert letters["note"].reason == "ValueError"
    assert letters["nobody.knows"].reason.startswith("unknown_message: ")
    assert {letter.tries for letter in letters.values()} == {TRIES}
    assert served.came.count("poison") == TRIES
    await served.until(lambda: served.came.count("good") == 98)


async def test_a_dead_letter_is_delivered_again_when_it_is_asked_for(served: Served, queue: Queue) -> None:
    served.fails = lambda _: Unavailable()
    await queue.send([message("phoenix")])
    await dead(queue, 1)
    (letter,) = await queue.list_dead(10)
    served.fails = lambda _: None
    assert await queue.redrive([letter.message.id, new_id()]) == 1
    await served.until(lambda: len(served.came) == TRIES + 1)
    assert await queue.list_dead(10) == []
    assert await queue.redrive([letter.message.id]) == 0


async def test_the_oldest_of_a_workspace_comes_first_and_workspaces_take_turns(served: Served) -> None:
    first = served.queue(at_once=1)
    await first.send([message(f"a{i}") for i in range(20)])
    await first.send([message(f"b{i}", TWO) for i in range(3)])
    async with first:
        await served.until(lambda: len(served.came) == 23)
    ours = [name for name in served.came if name[0] == "a"]
    theirs = [name for name in served.came if name[0] == "b"]
    assert ours == [f"a{i}" for i in range(20)]
    assert theirs == ["b0", "b1", "b2"]


@pytest.mark.parametrize("at_once", [1, 4])
async def test_a_workspace_with_much_to_do_does_not_keep_another_waiting(served: Served, at_once: int) -> None:
    running = served.queue(at_once=at_once)
    await running.send([message(f"a{i}") for i in range(60)])
    await running.send([message(f"b{i}", TWO) for i in range(4)])
    async with running:
        await served.until(lambda: len(served.came) == 64)
    assert max(i for i, name in enumerate(served.came) if name[0] == "b") < 45  # by chance alone: once in 10^9


async def test_no_more_are_under_way_than_there_is_room_for(served: Served) -> None:
    served.gate.clear()
    async with served.queue(at_once=3) as running:
        await running.send([message(f"m{i}") for i in range(10)])
        await served.until(lambda: len(served.came) == 3)
        await running.send([message("more")])
        assert len(served.came) == 3
        served.gate.set()
        await served.until(lambda: len(served.came) == 11)


async def test_what_a_process_died_with_is_delivered_by_the_next(served: Served) -> None:
    served.gate.clear()
    async with served.queue(hold=0.2) as first:
        await first.send([message("held")])
        await served.until(lambda: served.came == ["held"])
    served.gate.set()
    async with served.queue(poll=0.05):
        await served.until(lambda: served.came == ["held", "held"])


async def test_a_message_that_ends_its_process_each_time_is_given_up(served: Served, engine_db: Database) -> None:
    outbox = PgOutbox(engine_db)
    await outbox.insert([message("killer")])
    for _ in range(TRIES):
        assert len(await outbox.claim(1, hold=0.0, tries=TRIES)) == 1
    assert await outbox.claim(1, hold=0.0, tries=TRIES) == []
    (letter,) = await outbox.list_dead(10)
    assert letter.reason == "Whoever had it did not come back."


async def test_what_another_process_sent_is_found_without_being_told(served: Served, engine_db: Database) -> None:
    async with served.queue(poll=0.05):
        await PgOutbox(engine_db).insert([message("from elsewhere")])
        await served.until(lambda: served.came == ["from elsewhere"])


async def test_two_queues_on_one_table_deliver_each_message_once(served: Served) -> None:
    async with served.queue() as one, served.queue() as two:
        for i in range(10):
            await (one, two)[i % 2].send([message(f"{i}.{j}") for j in range(10)])
        await served.until(lambda: len(served.came) >= 100)
    assert set(Counter(served.came).values()) == {1}


async def test_a_message_is_sent_with_the_transaction_of_its_cause_or_not_at_all(
    served: Served, queue: Queue, app_db: Database
) -> None:
    async def undone() -> None:
        async with app_db.workspace(ONE) as db:
            await insert_messages(db, [message("never")])
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()
    async with app_db.workspace(ONE) as db:
        assert await insert_messages(db, [message("kept")]) == 1
    queue.wake()
    await served.until(lambda: served.came == ["kept"])


async def test_nobody_sends_for_another_workspace(app_db: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with app_db.workspace(ONE) as db:
            await insert_messages(db, [message("foreign", TWO)])


async def test_case_75_ten_thousand_are_drained_without_duplicates(served: Served) -> None:
    running = served.queue(at_once=64)
    await running.send([message(f"m{i}", (ONE, TWO)[i % 2]) for i in range(10_000)])
    async with running, asyncio.timeout(60):
        while len(served.came) < 10_000:
            await asyncio.sleep(0.05)
    assert set(Counter(served.came).values()) == {1}
