"""Queue on SQS. A message is a row of the outbox until SQS has it, and one again when it is given up.

So it is sent with the transaction of its cause, the same id is one message, and dead letters are kept with their reason
where they are on a laptop. Lambda polls SQS and calls `Deliveries`; the queue's own dead-letter queue gets only what is
no message of ours.
"""

import asyncio
import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any

from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.base.errors import TroupeError, Unavailable
from troupe.base.ids import is_id
from troupe.base.values import Json, dump
from troupe.durable.outbox.store import EVENT, LOST, PgOutbox
from troupe.ports.events import Events
from troupe.ports.queue import DeadLetter, Handler, Message, pause_before, read_message, reason_of

log = logging.getLogger("troupe.queue")

MOST_BYTES, MOST_MESSAGES = 250_000, 10  # of one SendMessageBatch
LONGEST_DELAY = 900.0  # seconds that SQS keeps a message back; what is due later stays in the outbox
TAKEN, HOLD = 100, 60.0  # messages that a relay takes at once, and for how many seconds


class SqsQueue:
    """The queue port. `wake` sets a relay going, which `errands` waits for. Messages for other systems go straight to
    `events`: nobody here has anything to do for them."""

    def __init__(self, aws: Aws, url: str, outbox: PgOutbox, errands: Errands, events: Events | None = None) -> None:
        self.url, self.outbox, self.errands, self.events = url, outbox, errands, events
        self._sqs = aws.client("sqs")

    async def send(self, messages: list[Message]) -> None:
        """Keep them; one whose id was sent before changes nothing."""
        if messages:
            await self.outbox.insert(messages)
            self.wake()

    def wake(self) -> None:
        """Carry to SQS what lies in the outbox."""
        self.errands.begin(self.relay())

    async def relay(self) -> int:
        """Carry all that is due within 15 minutes to SQS; how many messages. Raises Unavailable."""
        carried = 0
        while taken := await self.outbox.take(TAKEN, hold=HOLD, ahead=LONGEST_DELAY):
            told = [message for message in taken if message.kind == EVENT and self.events is not None]
            carried += sum(await asyncio.gather(*(self._publish(message) for message in told)))
            for batch in _batches([message for message in taken if message not in told]):
                carried += await self._carry(batch)
            if len(taken) < TAKEN:
                break
        return carried

    async def list_dead(self, limit: int) -> list[DeadLetter]:
        """What was given up, the oldest first."""
        return await self.outbox.list_dead(limit)

    async def redrive(self, ids: list[str]) -> int:
        """Deliver dead letters again; how many there were."""
        found = await self.outbox.redrive(ids)
        self.wake()
        return found

    async def _publish(self, message: Message) -> int:
        """An event that the bus does not take is left for a later relay."""
        assert self.events is not None
        data: dict[str, Json] = {name: value for name, value in message.body.items() if name != "type"}
        run, workspace = str(data.pop("run")), {"workspace_id": message.workspace}
        try:
            await self.events.publish(
                message.id, str(message.body["type"]), f"/runs/{run}", {"run_id": run, **workspace, **data}
            )
        except Unavailable as down:
            log.warning("An event is left for a later relay: %s", down.message)
            return 0
        await self.outbox.sent([message.id])
        return 1

    async def _carry(self, batch: list[Message]) -> int:
        """SQS takes each message of a batch or does not; what it does not take is left for a later relay."""
        answer = await self._sqs.call("send_message_batch", QueueUrl=self.url, Entries=[_entry(m) for m in batch])
        taken = [entry["Id"] for entry in answer.get("Successful", [])]
        if refused := answer.get("Failed"):
            log.warning("SQS did not take %d messages (%s).", len(refused), refused[0].get("Code"))
        await self.outbox.sent(taken)
        return len(taken)


class Deliveries:
    """What a function does with the records of an SQS event. `tries`: how often a message is tried in all."""

    def __init__(
        self, aws: Aws, url: str, outbox: PgOutbox, handlers: Mapping[str, Handler], *, tries: int = 10,
        first_pause: float = 1.0,
    ) -> None:  # fmt: skip
        self.url, self.outbox, self.handlers = url, outbox, handlers
        self.tries, self.first_pause = tries, first_pause
        self._sqs = aws.client("sqs")

    async def deliver(self, record: dict[str, Any]) -> None:
        """Do what one record asks for. Raises where it is to come again; returns where SQS may forget it."""
        tries = int(record["attributes"]["ApproximateReceiveCount"])
        if tries > self.tries and await self._give_up(record, self.tries, LOST):
            return
        try:
            message = read_message(record["body"])
            handler = self.handlers.get(message.kind)
            if handler is None:
                raise TroupeError(f"Nobody knows messages of the kind {message.kind!r}.", code="unknown_message")
            await handler(message)
        except Exception as wrong:
            if tries >= self.tries and await self._give_up(record, tries, reason_of(wrong)):
                log.warning("Message %s is given up after %d tries.", record["messageId"], tries, exc_info=wrong)
                return
            await self._rest(record, pause_before(tries, self.first_pause))
            raise

    async def _give_up(self, record: dict[str, Any], tries: int, reason: str) -> bool:
        """Keep it as a dead letter; False where it is no message of the outbox, which SQS then puts aside itself."""
        try:
            message = read_message(record["body"])
        except TroupeError:
            return False
        return is_id(message.id) and await self.outbox.give_up(message.id, tries, reason)

    async def _rest(self, record: dict[str, Any], pause: float) -> None:
        """Have it come again sooner or later than the queue's own time-out says."""
        try:
            await self._sqs.call(
                "change_message_visibility",
                QueueUrl=self.url,
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=round(pause),
            )
        except Unavailable:
            log.info("Message %s comes again when the queue says so.", record["messageId"])


def _batches(messages: list[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    size = 0
    for message in messages:
        grown = size + len(_entry(message)["MessageBody"])
        if batch and (grown > MOST_BYTES or len(batch) == MOST_MESSAGES):
            yield batch
            batch, grown = [], grown - size
        batch.append(message)
        size = grown
    if batch:
        yield batch


def _entry(message: Message) -> dict[str, Any]:
    """As `read_message` reads it. A workspace is a group, so that the queue goes round the workspaces (fair queues)."""
    body = {"id": message.id, "workspace": message.workspace, "kind": message.kind, "body": message.body}
    return {
        "Id": message.id,
        "MessageBody": dump(body).decode(),
        "DelaySeconds": math.ceil(message.delay),
        "MessageGroupId": message.workspace,
    }
