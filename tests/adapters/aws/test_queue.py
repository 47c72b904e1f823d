"""What SQS does and moto does not, and the way of a message between outbox, SQS and function."""

import asyncio
import hashlib
import json
from collections.abc import Generator
from typing import Any

import pytest

from tests.adapters.aws.conftest import Wire
from tests.servers.aws import ask, clouds
from tests.servers.raw import Seen, reply
from tests.servers.sqs import make_queue, mapped, record_of
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.adapters.aws.queue import MOST_BYTES, Deliveries, SqsQueue
from troupe.base.db import Database
from troupe.base.errors import Unavailable
from troupe.base.ids import WorkspaceId, new_id
from troupe.durable.outbox.store import LOST, PgOutbox
from troupe.ports.queue import Message

ONE = WorkspaceId("00000000-0000-7000-8000-00000000000a")
TRIES = 3


@pytest.fixture
def aws() -> Generator[Aws]:
    with clouds() as made:
        yield made


def message(name: str, *, delay: float = 0.0) -> Message:
    return Message(new_id(), ONE, "note", {"name": name}, delay)


def md5(entry: dict[str, Any]) -> str:
    return hashlib.md5(entry["MessageBody"].encode()).hexdigest()


async def never(_: Message) -> None:
    raise AssertionError("this message is not for a handler")


async def test_of_a_batch_only_what_sqs_took_counts_as_sent(wire: Wire, engine_db: Database) -> None:
    """The answer is one that SQS gave: 200, with some entries failed."""
    outbox, asked = PgOutbox(engine_db), []

    def partial(seen: Seen) -> bytes:
        entries = json.loads(seen.body)["Entries"]
        asked.append(sorted(json.loads(entry["MessageBody"])["body"]["name"] for entry in entries))
        failed = entries[:1] if len(asked) == 1 else []
        answer: dict[str, Any] = {
            "Successful": [
                {"Id": e["Id"], "MessageId": new_id(), "MD5OfMessageBody": md5(e)} for e in entries if e not in failed
            ]
        }
        if failed:
            answer["Failed"] = [{"Id": e["Id"], "SenderFault": False, "Code": "InternalError"} for e in failed]
        return reply(200, json.dumps(answer), content_type="application/x-amz-json-1.0")

    wire.answer = partial
    aws = Aws("eu-central-1")
    queue = SqsQueue(aws, f"{wire.server.url}/123456789012/jobs", outbox, Errands())
    await outbox.insert([message(f"m{i}") for i in range(3)])
    assert await queue.relay() == 2
    assert await outbox.take(10, hold=0.0, ahead=0.0) == []  # held for a while: a relay does not run into itself
    (left,) = await outbox.take(10, hold=-300.0, ahead=120.0)  # and is over that while at once
    assert await queue.relay() == 1
    assert asked == [["m0", "m1", "m2"], [left.body["name"]]]
    assert await queue.relay() == 0
    aws.close()


async def test_what_a_relay_died_with_is_carried_by_the_next(aws: Aws, engine_db: Database) -> None:
    outbox, url = PgOutbox(engine_db), make_queue(aws)
    await outbox.insert([message("left")])
    assert len(await outbox.take(10, hold=0.0, ahead=0.0)) == 1
    assert await SqsQueue(aws, url, outbox, Errands()).relay() == 1


async def test_sqs_away_leaves_the_message_in_the_outbox(wire: Wire, engine_db: Database) -> None:
    wire.answer = lambda _: reply(400, json.dumps({"__type": "com.amazonaws.sqs#QueueDoesNotExist"}))
    aws, outbox = Aws("eu-central-1"), PgOutbox(engine_db)
    queue = SqsQueue(aws, f"{wire.server.url}/123456789012/jobs", outbox, Errands())
    await queue.send([message("kept")])
    await queue.errands.done()
    await outbox.insert([message("more")])
    with pytest.raises(Unavailable):
        await queue.relay()
    assert len(await outbox.take(10, hold=0.0, ahead=3600.0)) == 2
    aws.close()


async def test_what_is_due_later_than_sqs_can_wait_stays_in_the_outbox(aws: Aws, engine_db: Database) -> None:
    queue = SqsQueue(aws, make_queue(aws), PgOutbox(engine_db), Errands())
    await queue.outbox.insert([message("soon", delay=800.0), message("later", delay=1000.0)])
    assert await queue.relay() == 1
    [entry] = await queue.outbox.take(10, hold=0.0, ahead=3600.0)
    assert entry.body["name"] == "later"


async def test_more_than_one_batch_holds_is_carried_in_several(aws: Aws, engine_db: Database) -> None:
    url = make_queue(aws)
    queue = SqsQueue(aws, url, PgOutbox(engine_db), Errands())
    large = [Message(new_id(), ONE, "note", {"ids": "x" * (MOST_BYTES // 3)}) for _ in range(4)]
    await queue.outbox.insert([*large, *(message(f"m{i}") for i in range(120))])
    assert await queue.relay() == 124
    said = ask(aws, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert said["Attributes"]["ApproximateNumberOfMessages"] == "124"


async def test_the_queue_goes_round_the_workspaces(aws: Aws, engine_db: Database) -> None:
    url = make_queue(aws)
    queue = SqsQueue(aws, url, PgOutbox(engine_db), Errands())
    await queue.send([message("m")])
    await queue.errands.done()
    [got] = ask(aws, "sqs", "receive_message", QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert got["Attributes"]["MessageGroupId"] == ONE


async def test_a_message_that_ends_its_function_each_time_is_given_up(aws: Aws, engine_db: Database) -> None:
    url, outbox = make_queue(aws, visibility=0), PgOutbox(engine_db)
    queue = SqsQueue(aws, url, outbox, Errands())
    await queue.send([message("killer")])
    await queue.errands.done()
    for _ in range(TRIES + 1):  # a function that is killed says nothing, so the message comes again
        [got] = ask(aws, "sqs", "receive_message", QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    await Deliveries(aws, url, outbox, {"note": never}, tries=TRIES).deliver(record_of(got))
    (letter,) = await queue.list_dead(10)
    assert (letter.reason, letter.tries, letter.message.body) == (LOST, TRIES, {"name": "killer"})


BROKEN = ["{broken", "[]", '{"id": "x"}', '{"id": "x", "workspace": "w", "kind": "strange", "body": {}}']


@pytest.mark.parametrize("body", BROKEN)
async def test_case_63_what_is_no_message_of_ours_is_put_aside_by_sqs(aws: Aws, engine_db: Database, body: str) -> None:
    url = make_queue(aws, visibility=0, receives=TRIES + 2)
    deliveries = Deliveries(aws, url, PgOutbox(engine_db), {"note": never}, tries=TRIES, first_pause=0.01)
    ask(aws, "sqs", "send_message", QueueUrl=url, MessageBody=body)
    for _ in range(TRIES + 2):
        [got] = ask(aws, "sqs", "receive_message", QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
        with pytest.raises(Exception, match=r"message|JSON"):
            await deliveries.deliver(record_of(got))
    assert "Messages" not in ask(aws, "sqs", "receive_message", QueueUrl=url)
    dead = ask(aws, "sqs", "get_queue_url", QueueName="dead")["QueueUrl"]
    assert [m["Body"] for m in ask(aws, "sqs", "receive_message", QueueUrl=dead)["Messages"]] == [body]


async def test_case_61_a_message_that_comes_twice_is_given_up_once(aws: Aws, engine_db: Database) -> None:
    url, outbox = make_queue(aws), PgOutbox(engine_db)
    queue = SqsQueue(aws, url, outbox, Errands())
    await queue.send([message("twice")])
    await queue.errands.done()
    [got] = ask(aws, "sqs", "receive_message", QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    record = record_of(got) | {"attributes": got["Attributes"] | {"ApproximateReceiveCount": str(TRIES)}}
    deliveries = Deliveries(aws, url, outbox, {}, tries=TRIES)
    await deliveries.deliver(record)
    await deliveries.deliver(record)
    assert len(await queue.list_dead(10)) == 1


async def test_a_mapping_delivers_again_only_what_failed(aws: Aws) -> None:
    """The double itself: moto keeps the messages, but has no partial batch answers."""
    url, seen = make_queue(aws, visibility=0), []
    for name in ("good", "bad"):
        ask(aws, "sqs", "send_message", QueueUrl=url, MessageBody=name)

    async def batch(records: list[dict[str, Any]]) -> list[str]:
        seen.extend(record["body"] for record in records)
        return [r["messageId"] for r in records if r["body"] == "bad" and seen.count("bad") < 3]

    async with mapped(aws, url, batch):
        async with asyncio.timeout(5):
            while seen.count("bad") < 3:
                await asyncio.sleep(0.01)
    assert sorted(seen) == ["bad", "bad", "bad", "good"]
