"""Spoken: what goes over a WebSocket that follows runs, whoever holds it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from troupe.features.runs.models import Event

MAX_SUBSCRIPTIONS = 100
MAX_MESSAGE = 10_000
NAMES = {
    "run.queued": "run.started", "run.started": "run.started", "run.completed": "run.completed",
    "run.failed": "run.failed", "run.terminated": "run.terminated",
}  # fmt: skip


class Subscribe(BaseModel, frozen=True):
    """Follow a run from after a seq on."""

    type: Literal["subscribe"]
    run_id: str
    after: int = Field(0, ge=0, le=2**31 - 1)


class Unsubscribe(BaseModel, frozen=True):
    """Hear no more of a run."""

    type: Literal["unsubscribe"]
    run_id: str


class Ping(BaseModel, frozen=True):
    """Ask for a pong."""

    type: Literal["ping"]


Said = TypeAdapter[Subscribe | Unsubscribe | Ping](
    Annotated[Subscribe | Unsubscribe | Ping, Field(discriminator="type")]
)


def message_of(event: Event) -> dict[str, Any]:
    """An event in the socket's words: a run's start and end by name, all between as progress."""
    kind = NAMES.get(event.type, "run.progress")
    data: dict[str, Any] = dict(event.data)
    if kind == "run.progress":
        data = {"event": event.type, "step": event.step, "at": event.at.isoformat(), **data}
        if event.type.startswith("run."):
            data |= {"status": event.type.removeprefix("run."), "reason": event.data.get("reason")}
    return {"type": kind, "run_id": event.run_id, "seq": event.seq, "data": data}
