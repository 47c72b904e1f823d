"""Queue: messages between doors, delivered at least once, in any order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from troupe.base.ids import WorkspaceId
from troupe.base.values import Json


@dataclass(frozen=True)
class Message:
    """`kind` chooses the handler; `body` holds ids, never content; `delay` in seconds."""

    id: str
    workspace: WorkspaceId
    kind: str
    body: dict[str, Json]
    delay: float = 0.0


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up after so many tries, and the reason of the last."""

    message: Message
    tries: int
    reason: str


Handler = Callable[[Message], Awaitable[None]]


class Queue(Protocol):
    """Hands messages to whoever serves the queue; a failed one comes again, then is a dead letter."""

    async def send(self, messages: list[Message]) -> None:
        """Keep them; one whose id was sent before changes nothing."""
        ...

    def wake(self) -> None:
        """There may be something to deliver: rows that came into the outbox with the transaction of their cause."""
        ...

    async def list_dead(self, limit: int) -> list[DeadLetter]:
        """What was given up, the oldest first."""
        ...

    async def redrive(self, ids: list[str]) -> int:
        """Deliver dead letters again, as if they were new; how many there were."""
        ...
