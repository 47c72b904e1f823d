"""Work: the queue of slices that functions have no time for. An execution sends each with its token and waits.

A message is there until its slice is done: it is kept from others while a worker has it, and comes to the next one
where that worker is gone. The run's lease says who of two may work; the queue only brings them.
"""

import asyncio
import contextlib
import json
import logging
import urllib.request
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from troupe.adapters.aws._client import Aws
from troupe.adapters.aws.orchestrator import ENDED
from troupe.base.errors import Unavailable
from troupe.base.tasks import end
from troupe.base.values import Json, dump

log = logging.getLogger("troupe.work")

HIDDEN = 90.0  # seconds for which a message is kept from others, renewed three times in that time
ANSWER_IN = 35.0  # seconds: a look at an empty queue takes 20
GUARDED = 48 * 60  # minutes, the most that ECS protects a task for


@dataclass(frozen=True)
class Taken:
    """A message: `event` is what `functions/advance` gets, `token` answers the execution that sent it."""

    event: dict[str, Any]
    token: str
    receipt: str


class WorkQueue:
    """`guard`: the URL by which a task of ECS speaks of itself; without it nothing ends tasks of its own accord."""

    def __init__(self, aws: Aws, url: str, guard: str | None = None, *, hidden: float = HIDDEN) -> None:
        self.url, self.guard, self.hidden = url, guard, hidden
        self._sqs = aws.client("sqs", timeout=ANSWER_IN)
        self._states = aws.client("stepfunctions")

    async def take(self, wait: float = 20.0) -> Taken | None:
        """The next message, or None where none comes within so many seconds (20 at most). What is no message of an
        execution stays, and SQS puts it aside in the end. Raises Unavailable."""
        answer = await self._sqs.call(
            "receive_message", QueueUrl=self.url, MaxNumberOfMessages=1, WaitTimeSeconds=round(wait),
            VisibilityTimeout=round(self.hidden),
        )  # fmt: skip
        for message in answer.get("Messages", []):
            try:
                event: dict[str, Any] = json.loads(message["Body"])
                return Taken(event, str(event.pop("token")), message["ReceiptHandle"])
            except (ValueError, KeyError, AttributeError, TypeError):
                log.warning("Message %s is none of an execution.", message["MessageId"])
        return None

    @asynccontextmanager
    async def holding(self, taken: Taken) -> AsyncGenerator[None]:
        """Keep it from others meanwhile, and this task from being ended because there is less to do."""
        keeping = asyncio.create_task(self._keep(taken))
        await self._protect(on=True)
        try:
            yield
        finally:
            await end(keeping)
            await self._protect(on=False)

    async def answer(self, taken: Taken, turn: dict[str, Json]) -> None:
        """The slice is done: its execution goes on, the message goes. Raises Unavailable."""
        output = dump(turn).decode()
        await self._states.call("send_task_success", fine=ENDED, taskToken=taken.token, output=output)
        await self._sqs.call("delete_message", QueueUrl=self.url, ReceiptHandle=taken.receipt)

    async def leave(self, taken: Taken, seconds: float) -> None:
        """Another worker may have it after so many seconds."""
        with contextlib.suppress(Unavailable):
            await self._hide(taken, seconds)

    async def _keep(self, taken: Taken) -> None:
        while True:
            await asyncio.sleep(self.hidden / 3)
            with contextlib.suppress(Unavailable):
                await self._hide(taken, self.hidden)

    async def _hide(self, taken: Taken, seconds: float) -> None:
        await self._sqs.call(
            "change_message_visibility", QueueUrl=self.url, ReceiptHandle=taken.receipt,
            VisibilityTimeout=round(seconds),
        )  # fmt: skip

    async def _protect(self, *, on: bool) -> None:
        """By the agent of ECS. A task that is ended all the same leaves its run to the next one."""
        if self.guard is not None:
            try:
                await asyncio.to_thread(_tell, self.guard, on)
            except OSError as wrong:
                log.warning("ECS was not told whether this task is at work: %s", wrong)


def _tell(guard: str, on: bool) -> None:
    said: dict[str, Any] = {"ProtectionEnabled": on} | ({"ExpiresInMinutes": GUARDED} if on else {})
    request = urllib.request.Request(  # noqa: S310  the agent's own address, link-local, given by ECS
        f"{guard}/task-protection/v1/state", dump(said), {"Content-Type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
