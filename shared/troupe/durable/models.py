"""The data of the durable core: a run, a step, a signal, and what is written about them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias, cast

from troupe.base.ids import RunId, WorkspaceId
from troupe.base.values import Json
from troupe.ports.run import Program

Row: TypeAlias = dict[str, Any]

OVER = ("completed", "failed", "terminated")
LONG = "worker"  # the name in `wakes_on` of a run that rests until a worker with more time takes it


@dataclass(slots=True)
class Run:
    """A claimed run as its holder knows it. Times are seconds of the database's clock."""

    id: RunId
    workspace_id: WorkspaceId
    root_id: RunId
    program: str
    input: Json
    epoch: int
    wake: int = 0
    seq: int = 1
    status: str = "queued"
    reason: str | None = None
    parent_id: RunId | None = None
    parent_key: str | None = None
    major: int = 1
    version_id: str | None = None
    subject: str | None = None
    origin_id: RunId | None = None
    dry_run: bool = False
    only_node: str | None = None
    stop: str | None = None
    leg: int = 1
    recoveries: int = 0
    budget_usd: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    input_ref: str | None = None


@dataclass(slots=True)
class StepRow:
    """One row of the journal. `due` and `started_at` are seconds of the database's clock; `input_hash` is hex."""

    key: str
    state: str
    attempt: int = 1
    epoch: int = 0
    effect: str | None = None
    effect_key: str | None = None
    input_hash: str | None = None
    block: str | None = None
    due: float | None = None
    started_at: float = 0.0
    result: Json = None
    ref: str | None = None
    origin: Row | None = None
    seq: int | None = None


@dataclass(slots=True)
class SignalRow:
    """A message that came for a run; ids sort by arrival."""

    id: str
    name: str
    payload: Json


@dataclass(slots=True)
class Ended:
    """How a child run ended."""

    id: RunId
    status: str
    output: Json
    error: Row | None
    output_ref: str | None = None


@dataclass(slots=True)
class Journaled:
    """All that a slice starts from."""

    steps: dict[str, StepRow]
    signals: list[SignalRow]
    inherited: dict[str, StepRow]  # effect rows of the run this one was forked from


@dataclass(slots=True)
class News:
    """What came for a run since: `wake` as read before the rest, so that nothing between is missed."""

    wake: int
    stop: str | None
    signals: list[SignalRow]
    ended: list[Ended]


@dataclass(slots=True)
class Batch:
    """Rows of many runs that become true together. `held` is the epoch of every run that has a row here."""

    held: dict[str, int] = field(default_factory=dict[str, int])
    inserts: list[Row] = field(default_factory=list[Row])
    updates: list[Row] = field(default_factory=list[Row])
    events: list[Row] = field(default_factory=list[Row])
    runs: list[Row] = field(default_factory=list[Row])
    children: list[Row] = field(default_factory=list[Row])
    settled: list[Row] = field(default_factory=list[Row])
    stops: list[Row] = field(default_factory=list[Row])

    @property
    def plain(self) -> bool:
        """Whether it is steps only."""
        return not (self.events or self.runs or self.children or self.settled or self.stops)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a commit did: `refused` runs are not ours any more, `moved` were woken while they were to be parked."""

    refused: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()


NOTHING_REFUSED = Verdicts()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a slice ended; only ids and times cross to an orchestrator. `long`: the next one needs a worker's time."""

    kind: Literal["done", "failed", "again", "wait", "long", "next_leg"]
    due: float | None = None
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """A run that could not be held. `due`: when it goes on, None for never by itself; `awaits`: what else wakes it,
    `worker` where it rests for one (LONG)."""

    status: str
    leg: int
    held: bool
    due: float | None
    awaits: str | None


@dataclass(frozen=True, slots=True)
class Registered:
    """A program the engine can run: its major version changes when old journals cannot be replayed by it."""

    name: str
    fn: Callable[..., Awaitable[Json]] | Program
    major: int = 1


class Fenced(BaseException):
    """The run has another holder now; nothing of this slice counts any more."""


class Left(Fenced):
    """The database does not answer: the run is left as it stands, and whoever holds it next goes on from there."""


class Parked(BaseException):
    """The run leaves memory; its program is unwound here and replayed later."""


class Stopped(BaseException):
    """The run is being terminated."""


class Diverged(BaseException):
    """The program asked for something else than its journal holds."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key, self.why = key, why


class Journal(Protocol):
    """Where the durable core keeps what is true. SQL in store.py, in memory in the simulation."""

    async def register(self, worker: str, lease: float) -> float:
        """A new worker row with epoch 1; the database's time in seconds."""
        ...

    async def renew(self, worker: str, epoch: int, lease: float) -> float | None:
        """Extend the lease from now; the database's time, None where somebody raised the epoch."""
        ...

    async def claim(self, worker: str, runs: list[str]) -> list[Run]:
        """Hold these runs, those that nobody holds and that are not over."""
        ...

    async def claim_due(
        self, worker: str, most: int, per_workspace: int, busy: dict[str, int], alone: bool
    ) -> list[Run]:
        """Hold runs that are due, going round the workspaces. `alone`: one that crashed before, and only such."""
        ...

    async def wakes(self, worker: str) -> dict[str, int]:
        """`wake` of every run this worker holds."""
        ...

    async def next_due(self) -> float | None:
        """Seconds from now until some run is due (0 or less: already), None where nothing is."""
        ...

    async def alone_due(self) -> bool:
        """Whether a run is due that may only be advanced alone."""
        ...

    async def take_over(self, max_recoveries: int) -> int:
        """Fence workers whose lease ended and make their runs due; how many runs."""
        ...

    async def peek(self, run: str) -> Run: ...
    async def outlook(self, run: str) -> Outlook | None:
        """A run as somebody meets it who could not hold it; None where it is not there any more."""
        ...

    async def release(self, worker: str, runs: list[str]) -> int:
        """Make runs of this worker due for anybody; how many."""
        ...

    async def load(self, run: Run, *, fresh: bool = False) -> Journaled: ...
    async def news(self, run: Run, children: list[str]) -> News: ...

    async def commit(self, worker: str, epoch: int, batch: Batch) -> Verdicts:
        """All of the batch, less the rows of refused runs. Raises BadRow where the database refuses a value."""
        ...

    async def written(self, worker: str, batch: Batch) -> Verdicts | None:
        """After a lost connection: what the same commit did, None where it did nothing."""
        ...

    async def commit_unless_woken(self, worker: str, epoch: int, run: Run, update: Row) -> bool:
        """Update one step under the run's row lock; False, and nothing done, where `wake` has moved."""
        ...

    async def reserve(self, run: Run, key: str, attempt: int, amount: float) -> bool:
        """Reserve dollars with every budget that applies; False where one does not cover it."""
        ...

    async def transact(
        self, worker: str, epoch: int, run: Run, insert: Callable[[Json], Row], fn: Callable[[Any], Awaitable[Json]]
    ) -> Json:
        """`fn` on the workspace's tables and the journal row of its result in one transaction. Raises Fenced."""
        ...


class BadRow(BaseException):
    """The database cannot take a value of this batch."""


Now: TypeAlias = Callable[[], float]


def instant(seconds: float) -> datetime:
    """Seconds of the database's clock as a UTC time."""
    from datetime import UTC

    return datetime.fromtimestamp(seconds, UTC)


def as_dict(value: Any) -> Row:
    """A JSON object, or an empty one for anything else."""
    return cast(Row, value) if isinstance(value, dict) else {}
