"""Queue: messages between doors, delivered at least once, in any order."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from troupe.base.errors import BadInput, TroupeError
from troupe.base.ids import WorkspaceId
from troupe.base.values import Json, read_json

LONGEST_PAUSE = 600.0  # seconds between two tries


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


def read_message(text: str) -> Message:
    """A message as a queue outside carries it, `{id, workspace, kind, body}`. Raises BadInput."""
    said: Any = read_json(text)
    if isinstance(said, dict):
        fields = cast("dict[str, Any]", said)
        names = [fields.get(name) for name in ("id", "workspace", "kind")]
        body = fields.get("body")
        if all(isinstance(name, str) for name in names) and isinstance(body, dict):
            id, workspace, kind = cast("list[str]", names)
            return Message(id, WorkspaceId(workspace), kind, cast("dict[str, Any]", body))
    raise BadInput('A message is {"id": …, "workspace": …, "kind": …, "body": {…}}.', code="bad_message")


def pause_before(tries: int, first: float) -> float:
    """Seconds after so many tries: twice as long each time, less up to a half, so that what failed together does not
    come back together."""
    return min(LONGEST_PAUSE, first * 2 ** (tries - 1)) * random.uniform(0.5, 1.0)  # noqa: S311


def reason_of(wrong: Exception) -> str:
    """What is kept of a failure: our own sentence, else the kind of error, for a foreign text may hold anything."""
    if isinstance(wrong, TroupeError):
        return f"{wrong.code}: {wrong.message}"
    return "It took too long." if isinstance(wrong, TimeoutError) else type(wrong).__name__
