"""SQS in front of a function, as Lambda's event source mapping has it: polls, calls, deletes what was done.

moto keeps the messages; what it does not have, the mapping, stands here, with the record as Lambda brings it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.servers.aws import REGION, ask
from troupe.adapters.aws._client import Aws

IDLE = 0.03  # seconds between two looks at an empty queue
Batch = Callable[[list[dict[str, Any]]], Awaitable[list[str]]]  # records -> ids of messages that are to come again


def make_queue(aws: Aws, *, visibility: int = 30, receives: int | None = None, name: str = "jobs") -> str:
    """A queue's URL; with `receives`, after so many a message goes to the queue `dead`."""
    attributes = {"VisibilityTimeout": str(visibility)}
    if receives:
        dead = ask(aws, "sqs", "create_queue", QueueName="dead")["QueueUrl"]
        arn = ask(aws, "sqs", "get_queue_attributes", QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        attributes["RedrivePolicy"] = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "{receives}"}}'
    return ask(aws, "sqs", "create_queue", QueueName=name, Attributes=attributes)["QueueUrl"]


def messages_in(aws: Aws, url: str) -> int:
    """How many a queue holds, taken or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    held = ask(aws, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(number) for number in held.values())


def show_all(url: str) -> None:
    """The time for which messages are kept from others is over: moto counts it by the wall clock."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.sqs.models import sqs_backends

    for message in sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues[url.rsplit("/", 1)[1]]._messages:
        message.change_visibility(0)


def record_of(message: dict[str, Any]) -> dict[str, Any]:
    """A record of Lambda's event for a message of SQS."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:jobs",
        "awsRegion": REGION,
    }


@asynccontextmanager
async def mapped(aws: Aws, url: str, batch: Batch, *, size: int = 10) -> AsyncGenerator[None]:
    """Deliver what comes while this lasts."""
    task = asyncio.create_task(_poll(aws, url, batch, size))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _poll(aws: Aws, url: str, batch: Batch, size: int) -> None:
    sqs = aws.client("sqs")
    while True:
        answer = await sqs.call(
            "receive_message", QueueUrl=url, MaxNumberOfMessages=size, MessageSystemAttributeNames=["All"]
        )
        records = [record_of(message) for message in answer.get("Messages", [])]
        again = await batch(records) if records else []
        for record in records:
            if record["messageId"] not in again:
                await sqs.call("delete_message", QueueUrl=url, ReceiptHandle=record["receiptHandle"])
        await asyncio.sleep(0 if records else IDLE)
