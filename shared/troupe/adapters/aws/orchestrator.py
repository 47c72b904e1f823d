"""Orchestrator on Step Functions: one execution of `statemachines/run.asl.json` a leg of a run.

The row of a run says what is to be done; an execution only comes back to it. So a start or a wake that is lost is found
by the sweep, and one too many does nothing: names make starts idempotent, and a token wakes once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.base.ids import RunId
from troupe.base.values import Json, dump
from troupe.durable.waits.store import ADVANCE_RUN, PgWaits, Resting, message_of
from troupe.ports.queue import Message, Queue

log = logging.getLogger("troupe.orchestrator")

ENDED = ("TaskTimedOut", "InvalidToken", "TaskDoesNotExist")  # whoever waited goes on already, or is no more
AT_ONCE = 2000  # runs looked at in one go; their ids are 80 KB of the 256 that a state may hand on
FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Swept:
    """What a sweep of the orchestrator found: executions that it woke, runs that it gave another one."""

    woken: int = 0
    restarted: int = 0


class StepFunctions:
    """The orchestrator port. `machine`: ARN. `by_queue`: a new run's first slice comes from the queue.

    The port's methods set errands going; the rest is for the functions that executions call.
    """

    def __init__(
        self, aws: Aws, machine: str, waits: PgWaits, queue: Queue, errands: Errands, *, by_queue: bool = True
    ) -> None:
        self.machine, self.waits, self.queue, self.errands, self.by_queue = machine, waits, queue, errands, by_queue
        self._states = aws.client("stepfunctions")

    # ── the port ────────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, run: RunId, leg: int) -> None:
        """See to it that the leg has an execution."""
        self.errands.begin(self.begin(run, leg))

    def wake(self, run: RunId) -> None:
        """The run may have something to do now."""
        self.errands.begin(self.rouse(run))

    def stop(self, run: RunId) -> None:
        """Its execution looks, and ends when it finds the run over."""
        self.wake(run)

    # ── what is done about it ───────────────────────────────────────────────────────────────────────────────────────

    async def begin(self, run: str, leg: int) -> None:
        """Start the execution of a leg. One of this name, still going or long over, is the same one."""
        given = dump({"run": run, "leg": leg}).decode()
        await self._states.call(
            "start_execution", fine=("ExecutionAlreadyExists",), stateMachineArn=self.machine,
            name=f"{run}-{leg}", input=given,
        )  # fmt: skip

    async def rouse(self, run: str) -> None:
        """Wake the execution that waits for this run, or see that a new run has one."""
        if resting := await self.waits.find(run):
            await self.go([resting])

    async def after_slice(self, run: str) -> None:
        """Do the same for the runs above and below one that has been advanced."""
        async for near in self.near(run):
            await self.go(near)

    async def fan_out(self, run: str) -> list[str]:
        """The same, but the runs below that are new are given back, for the machine to start executions of them."""
        new: list[str] = []
        async for near in self.near(run):
            fresh = [] if self.by_queue else [r for r in near if r.status == "queued"][: AT_ONCE - len(new)]
            new.extend(resting.id for resting in fresh)
            await self.go([resting for resting in near if resting not in fresh])
        return new

    async def end_leg(self, run: str, leg: int) -> None:
        """Hand the run over to its next leg."""
        if await self.waits.next_leg(run, leg):
            self.queue.wake()

    async def sweep(self, seconds: float) -> Swept:
        """Look after runs that nobody has come for since so many seconds. Raises Unavailable."""
        woken = restarted = 0
        for resting in await self.waits.list_overdue(seconds, AT_ONCE):
            if resting.token and await self.tell(resting.id, resting.token):
                woken += 1
            elif await self.waits.next_leg(resting.id, resting.leg):
                restarted += 1
        if restarted:
            log.warning("%d runs had lost their executions; they are given others.", restarted)
            self.queue.wake()
        return Swept(woken, restarted)

    async def near(self, run: str) -> AsyncIterator[list[Resting]]:
        """Of the runs above and below one those that are due and that nobody holds."""
        after = FIRST
        while near := await self.waits.list_near(run, after, AT_ONCE):
            yield near
            after = near[-1].id

    async def go(self, runs: Sequence[Resting]) -> None:
        """Wake who waits, begin what is new or has lost its holder. What else has no token is on its way to `wait`."""
        for resting in runs:
            if resting.token:
                await self.tell(resting.id, resting.token)
        new = [resting for resting in runs if resting.status == "queued" and not resting.token]
        lost = [resting for resting in runs if resting.status == "running" and not resting.token]  # its holder is gone
        if self.by_queue:
            await self.queue.send([_message(resting) for resting in new])
        else:
            lost += new
        await asyncio.gather(*(self.begin(resting.id, resting.leg) for resting in lost))

    async def tell(self, run: str, token: str) -> bool:
        """Wake an execution; False where nobody waits with this token any more."""
        answer: dict[str, Any] = await self._states.call("send_task_success", fine=ENDED, taskToken=token, output="{}")
        await self.waits.forget(run, token)
        return bool(answer)


def _message(resting: Resting) -> Message:
    body: dict[str, Json] = {"run": resting.id, "leg": resting.leg}
    return Message(message_of(resting.id, resting.leg), resting.workspace, ADVANCE_RUN, body)
