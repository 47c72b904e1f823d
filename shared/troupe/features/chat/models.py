"""Conversations as a caller sees them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue

from troupe.features.runs.models import Failure, Used

Busy = Literal["reject", "queue", "interrupt"]
Status = Literal["queued", "running", "done", "failed", "stopped"]


class AgentName(BaseModel, frozen=True):
    """The agent spoken with; `ref` is it as it was given, with its alias or number."""

    id: str
    name: str
    ref: str


class Conversation(BaseModel, frozen=True):
    """Messages to one agent, and its answers."""

    id: str
    agent: AgentName
    title: str
    input: dict[str, JsonValue]
    created_by: str
    created_at: datetime


class StartConversation(BaseModel, frozen=True, extra="forbid"):
    """`agent`: name or id, with @alias or @number; `input`: its variables, for every message."""

    agent: str = Field(max_length=200)
    input: dict[str, JsonValue] = {}
    title: str = Field("", max_length=200)


class ChangeConversation(BaseModel, frozen=True, extra="forbid"):
    """Another title."""

    title: str = Field(max_length=200)


class Attachment(BaseModel, frozen=True, extra="ignore"):
    """A file of this workspace."""

    file: str = Field(alias="$file", max_length=100)


class Say(BaseModel, frozen=True, extra="forbid"):
    """A message. `parent`: the message it follows, the last one where it is left out, null for a new beginning;
    `when_busy`: instead of the agent's own, what becomes of it while an answer is under way; `input`: variables for
    this message alone."""

    text: str = Field(min_length=1, max_length=1_000_000)
    attachments: list[Attachment] = Field(default=[], max_length=20)
    parent: str | None = Field(None, max_length=100)
    when_busy: Busy | None = None
    input: dict[str, JsonValue] = {}


class Retry(BaseModel, frozen=True, extra="forbid"):
    """A new answer to a message."""

    when_busy: Busy | None = None


class Edit(BaseModel, frozen=True, extra="forbid"):
    """A message said otherwise."""

    text: str = Field(min_length=1, max_length=1_000_000)
    when_busy: Busy | None = None


class Sent(BaseModel, frozen=True):
    """A message that was kept, and the run that answers it, or will."""

    message_id: str
    run_id: str
    status: Status


class Call(BaseModel, frozen=True):
    """A tool that was called for. `result` is its result where it is small, else `result_file` names it;
    `approval_id` is what waits for a person; `seconds` are those of the tool's own work."""

    id: str
    name: str
    arguments: str
    status: Literal["pending", "running", "waiting", "done", "failed", "unknown"]
    result: JsonValue = None
    result_file: str | None = None
    error: Failure | None = None
    approval_id: str | None = None
    seconds: float | None = None


class Turn(BaseModel, frozen=True):
    """What the model said at once, and what it called for. `partial`: it broke off."""

    number: int
    text: str
    partial: bool = False
    calls: list[Call] = []


class Answer(BaseModel, frozen=True):
    """What the agent made of a message so far. `text` is its last turn's, `data` where its output has a schema."""

    turns: list[Turn] = []
    text: str = ""
    partial: bool = False
    data: JsonValue = None
    model: str | None = None
    run_status: str | None = None
    reason: str | None = None
    error: Failure | None = None
    usage: Used = Used()


class Message(BaseModel, frozen=True):
    """What a person said, and its answer. `origin`: the message that it is a retry or an edit of."""

    id: str
    number: int
    parent: str | None
    origin: str | None
    role: Literal["user"] = "user"
    text: str
    attachments: list[dict[str, Any]]
    input: dict[str, JsonValue]
    status: Status
    run_id: str
    created_by: str
    created_at: datetime
    answer: Answer


class Told(BaseModel, frozen=True):
    """One AG-UI event; `id` is where a stream may go on after it, null inside of what belongs together."""

    id: str | None
    event: dict[str, Any]
