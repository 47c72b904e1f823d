"""Queue: messages between doors, delivered at least once, in any order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from troupe.base.values import Json


@dataclass(frozen=True)
class Message:
    """`kind` chooses the handler; `body` holds ids, never content; `delay` in seconds."""

    id: str
    kind: str
    body: dict[str, Json]
    delay: float = 0.0


Handler = Callable[[Message], Awaitable[None]]


class Queue(Protocol):
    """Hands messages to whoever serves the queue; a failed one comes again, then is a dead letter."""

    async def send(self, messages: list[Message]) -> None: ...
