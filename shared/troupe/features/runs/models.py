"""Runs as a caller sees them."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue

RunStatus = Literal["queued", "running", "review", "waiting", "completed", "failed", "terminated"]
StepStatus = Literal["pending", "running", "done", "failed", "skipped", "waiting", "unknown"]
OVER = ("completed", "failed", "terminated")


class Subject(BaseModel, frozen=True):
    """The version that a run is of."""

    id: str
    name: str
    version: int


class Place(BaseModel, frozen=True):
    """A step of another run."""

    run_id: str
    step: str | None = None


class Used(BaseModel, frozen=True):
    """Tokens, dollars, and seconds of attempts added up."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0


class Failure(BaseModel):
    """Why a run or a step failed, and what to do. `partial` is what a model had said before it broke off."""

    code: str
    message: str
    node: str | None = None
    step: str | None = None
    retryable: bool = False
    hint: str = ""
    partial: str = ""


class Run(BaseModel, frozen=True):
    """One durable execution."""

    id: str
    workflow: Subject | None = None
    agent: Subject | None = None
    status: RunStatus
    reason: str | None = None
    input: JsonValue = None
    output: JsonValue = None
    error: Failure | None = None
    parent: Place | None = None
    origin: Place | None = None
    dry_run: bool = False
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    wakes_on: dict[str, Any] | None = None
    usage: Used = Used()


class Step(BaseModel, frozen=True):
    """One recorded unit of work."""

    key: str
    node: str
    block: str | None = None
    effect: str | None = None
    status: StepStatus
    attempt: int = 1
    input: JsonValue = None
    output: JsonValue = None
    output_file: str | None = None
    error: Failure | None = None
    effect_key: str | None = None
    reused_from: Place | None = None
    simulated: bool = False
    usage: Used = Used()
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Event(BaseModel, frozen=True):
    """Something that happened in a run; `seq` counts within it, and is null for what is only live."""

    seq: int | None
    type: str
    at: datetime
    run_id: str
    step: str | None = None
    data: dict[str, Any] = {}


class StartRun(BaseModel, frozen=True, extra="forbid"):
    """What to run: a workflow by name or id, `@alias` or `@number`; or a text as it is."""

    workflow: str | None = Field(None, max_length=200)
    text: str | None = Field(None, max_length=1_000_000)
    input: JsonValue = Field(default_factory=dict)
    dry_run: bool = False
    budget: float | None = Field(None, ge=0, description="Dollars this run and those below it may spend.")
    only: str | None = Field(
        None, max_length=1000,
        description="Run this one node, on `outputs` of those it needs; one in a frame by its step's key "
        "(`each_mail[2]/sort`) or its path (`each_mail.sort`: the first pass), on `each_mail[2]/item` and the like.",
    )  # fmt: skip
    outputs: dict[str, JsonValue] = {}


class ForkRun(BaseModel, frozen=True, extra="forbid"):
    """Where to start again and with what changed."""

    from_step: str
    version: int | None = None
    input: JsonValue = None
    outputs: dict[str, JsonValue] = {}
    repeat_effects: list[str] = []


class Settle(BaseModel, frozen=True, extra="forbid"):
    """What became of an unclear step."""

    step: str
    outcome: Literal["happened", "not_happened", "give_up"]
    output: JsonValue = None
    note: str = Field("", max_length=2000)


class Resume(BaseModel, frozen=True, extra="forbid"):
    """Why a run may go on."""

    note: str = Field("", max_length=2000)


class Terminate(BaseModel, frozen=True, extra="forbid"):
    """Why a run is ended."""

    reason: str = Field("", max_length=2000)


class Which(BaseModel, frozen=True):
    """The runs that are asked for: those that no other run started, or with `parent` those that it did."""

    status: RunStatus | None = None
    workflow: str | None = None
    agent: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    parent: str | None = None


class SendSignal(BaseModel, frozen=True, extra="forbid"):
    """A message for a run; the same `dedupe` again is the same message."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^$]")
    payload: JsonValue = None
    dedupe: str | None = Field(None, max_length=200)


class SignalKept(BaseModel, frozen=True):
    """`delivered`: it was new."""

    id: str
    delivered: bool


class Tally(BaseModel, frozen=True):
    """What runs came to. `p50` and `p95` are seconds of those that completed; runs that others started count in what
    was used, not in `runs`."""

    runs: int = 0
    failed: int = 0
    p50: float | None = None
    p95: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class DayTally(Tally, frozen=True):
    """The runs of one day."""

    day: date


class SubjectTally(Tally, frozen=True):
    """The runs of one workflow or agent; all others (texts, programs of Troupe's own) have neither id nor name."""

    kind: str | None
    id: str | None
    name: str | None


class WorkspaceFigures(BaseModel, frozen=True):
    """How the runs of a workspace went; dry runs are left out. `whole` is false where there were more than are
    counted: then these are the newest."""

    since: datetime
    until: datetime
    whole: bool
    total: Tally
    days: list[DayTally]
    subjects: list[SubjectTally]
