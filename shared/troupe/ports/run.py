"""The run a program is given: its only way to do anything that lasts.

A program is `async def program(run: RunContext, input: Json) -> Json`. It awaits nothing but methods of its run (and
`run.together` for concurrency); between them it is plain deterministic code, because it is replayed from the journal.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeAlias

from troupe.base.ids import RunId, WorkspaceId
from troupe.base.values import Json


class Effect(StrEnum):
    """What repeating a step would do to the world, from harmless to harmful."""

    PURE = "pure"  # nothing: may be recomputed
    READ = "read"  # nothing: may be asked again
    IDEMPOTENT = "idempotent"  # nothing, if repeated with the same effect key
    ONCE = "once"  # harm: an unclear end is `unknown`, never repeated by itself

    @property
    def rank(self) -> int:
        """0 for pure to 3 for once; a node may only raise it."""
        return _RANKS[self]

    @property
    def lasting(self) -> bool:
        """Whether an attempt leaves something outside, so that its intent is committed before it starts."""
        return self is Effect.IDEMPOTENT or self is Effect.ONCE


_RANKS = {effect: rank for rank, effect in enumerate(Effect)}


pure, read, idempotent, once = Effect.PURE, Effect.READ, Effect.IDEMPOTENT, Effect.ONCE

Verdict: TypeAlias = Literal["happened", "not_happened", "unclear"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an attempt used. `cost_usd` is the price actually owed; `seconds` of the attempt are added by the engine."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )


@dataclass(slots=True)
class Attempt:
    """One attempt of a step, as its function sees it. `meter` collects usage; `effect_key` goes to the far side."""

    run_id: RunId
    workspace_id: WorkspaceId
    step: str
    number: int
    effect_key: str
    seconds_left: float
    usage: Usage = field(default_factory=Usage)
    tell: Callable[[str, Json], None] = lambda _kind, _data: None  # transient progress (tokens); never journaled

    def meter(self, used: Usage) -> None:
        """Add to what this attempt has used so far."""
        self.usage = self.usage + used


StepFunction: TypeAlias = Callable[[Json, Attempt], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Retry:
    """How failures are tried again: `attempts` in all, waits of first·factorⁿ up to `max` seconds, jittered.

    `on` holds retryable codes of the error tree; empty means every retryable one. `once` retries on NotDone only.
    """

    attempts: int = 1
    first: float = 1.0
    factor: float = 2.0
    max: float = 60.0
    on: frozenset[str] = frozenset()


NO_RETRY = Retry()


@dataclass(frozen=True, slots=True)
class Step:
    """Everything about a step but its key and its input.

    `check(effect_key)` tells whether an unclear attempt happened. `key_holds`: seconds the far side honours an effect
    key (None: as long as the run lives). `price`: dollars reserved before each attempt, None when it costs nothing.
    `simulated`: what a dry run gives instead of an idempotent or once effect. `last`: the program ends with it, so that
    what it cost is committed with the run's end.
    """

    effect: Effect
    fn: StepFunction
    block: str = ""
    retry: Retry = NO_RETRY
    timeout: float = 600.0
    check: Callable[[str], Awaitable[Verdict]] | None = None
    key_holds: float | None = None
    price: float | None = None
    simulated: Json = None
    node: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """Wait for a named message. `expires` is seconds from the first time the wait is reached, None for ever."""

    name: str
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Wait for a person's decision on exactly these arguments.

    The wait gives `{"decision": "approve" | "refuse" | "expired", "arguments", "reason", "decided_by"}`.
    """

    title: str
    arguments: Json
    block: str = ""
    effect: Effect = once
    by: tuple[str, ...] = ()
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A run to start below this one: a registered program, the definition's version it is pinned to, its input.

    After `timeout` seconds it is ended and TimedOut raised; None: it may take for ever.
    """

    program: str
    input: Json
    version: str | None = None
    subject: str | None = None  # "workflow:ID" or "agent:ID", for lists and budgets
    timeout: float | None = None


class Expired(Exception):
    """A wait ended by its time, not by what it waited for."""


class RunContext(Protocol):
    """What a program may do. Keys are names the definition gives, unique in the run, ≤ 512 bytes of UTF-8.

    Every method journals its outcome under `key`, gives the journaled one on replay, and raises the same StepFailed
    again where the journal holds a failure. What unwinds a program that rests is a BaseException, so that no program
    takes it for a failure of its own.
    """

    @property
    def id(self) -> RunId: ...
    @property
    def workspace_id(self) -> WorkspaceId: ...
    @property
    def version(self) -> str | None:
        """The id of the definition's version this run is pinned to."""
        ...

    @property
    def only(self) -> str | None:
        """The one node to run, None for all."""
        ...

    @property
    def dry_run(self) -> bool: ...

    def given(self) -> dict[str, Json]:
        """Results that the caller gave instead of having steps done, by key."""
        ...

    async def step(self, key: str, step: Step, args: Json) -> Json:
        """Do one unit of work once. Raises StepFailed when its attempts are used up."""
        ...

    async def wait(self, key: str, awaited: Signal | Approval) -> Json:
        """Rest until the signal's payload or the decision is there. Raises Expired (Signal only)."""
        ...

    async def sleep(self, key: str, *, seconds: float | None = None, until: datetime | None = None) -> None:
        """Rest for `seconds` or until an instant; the due time is fixed the first time."""
        ...

    async def skip(self, key: str, reason: str) -> None:
        """Journal that the step at `key` is left out."""
        ...

    async def map(
        self,
        key: str,
        items: Sequence[Json],
        one: Callable[[int, Json], Awaitable[Json]],
        *,
        at_once: int,
        child: Callable[[int, Json], Child] | None = None,
    ) -> list[Json]:
        """`one(index, item)` for every item, `at_once` at a time, results in item order.

        Its steps use keys that start with `key[index]/`. Where `child` is given and the items are many, each pass is a
        run of its own. The first failure is raised when the passes already going have ended.
        """
        ...

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        """Run branches side by side; results in order, or the first failure once all have ended."""
        ...

    async def begun(self, key: str) -> bool:
        """Whether anything at or below `key` was journaled before this playing of the program.

        False is said once every branch has played what is in the journal, so that what a program decides then hangs on
        all of it, and on no order of its branches.
        """
        ...

    async def transact(self, key: str, fn: Callable[[Any], Awaitable[Json]]) -> Json:
        """`fn(db)` on our own tables and the journal row in one transaction; `db` is bound to the workspace."""
        ...

    async def call(self, key: str, child: Child) -> Json:
        """Start another run and rest until it ends; its output, or its failure raised."""
        ...

    def now(self, key: str) -> Awaitable[datetime]:
        """The time, journaled the first time."""
        ...


Program: TypeAlias = Callable[[RunContext, Json], Awaitable[Json]]
