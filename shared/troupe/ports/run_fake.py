"""A run in memory: what a program does, without a journal. For tests of programs and for measuring them.

`steps` keeps every key's outcome, so that playing a program again on the same FakeRun replays it; `decisions` and
`signals` answer waits by key or name; `as_children` makes `map` write its passes down as Child and hand them to `play`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from troupe.base.errors import StepFailed
from troupe.base.ids import RunId, WorkspaceId
from troupe.base.values import Json
from troupe.ports.run import Approval, Attempt, Child, Expired, Signal, Step

RUN, WORKSPACE = RunId("run-1"), WorkspaceId("workspace-1")


@dataclass
class FakeRun:
    """A RunContext that does each step at once and keeps what it gave. Asking for a key twice in one play raises."""

    id: RunId = RUN
    workspace_id: WorkspaceId = WORKSPACE
    dry_run: bool = False
    steps: "dict[str, Json | StepFailed]" = field(default_factory=dict[str, "Json | StepFailed"])
    asked: list[str] = field(default_factory=list[str])
    done: list[Step] = field(default_factory=list[Step])
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    slept: dict[str, float] = field(default_factory=dict[str, float])
    approvals: dict[str, Approval] = field(default_factory=dict[str, Approval])
    decisions: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    signals: dict[str, Json] = field(default_factory=dict[str, Json])
    play: Callable[["FakeRun", str, Child], Awaitable[Json]] | None = None
    as_children: bool = False
    version: str | None = None
    only: str | None = None
    outputs: dict[str, Json] = field(default_factory=dict[str, Json])

    def again(self) -> "FakeRun":
        """The same journal for another play of the program."""
        return FakeRun(self.id, self.workspace_id, self.dry_run, steps=self.steps, decisions=self.decisions,
                       signals=self.signals, play=self.play, as_children=self.as_children)  # fmt: skip

    def given(self) -> dict[str, Json]:
        return self.outputs

    def _ask(self, key: str) -> None:
        if key in self.asked:
            raise AssertionError(f"The key {key!r} was asked for twice.")
        self.asked.append(key)

    async def step(self, key: str, step: Step, args: Json) -> Json:
        self._ask(key)
        if key not in self.steps:
            self.steps[key] = await self._attempts(key, step, args)
        kept = self.steps[key]
        if isinstance(kept, StepFailed):
            raise kept
        return kept

    async def _attempts(self, key: str, step: Step, args: Json) -> "Json | StepFailed":
        failed = StepFailed()
        for number in range(1, step.retry.attempts + 1):
            self.done.append(step)
            try:
                return await step.fn(args, Attempt(self.id, self.workspace_id, key, number, key, step.timeout))
            except StepFailed as wrong:
                failed = wrong
                if not wrong.retryable or (step.retry.on and wrong.code not in step.retry.on):
                    break
        return failed

    async def wait(self, key: str, awaited: Signal | Approval) -> Json:
        self._ask(key)
        if isinstance(awaited, Approval):
            self.approvals[key] = awaited
            return self.decisions.get(key, {"decision": "approve", "arguments": None})
        if awaited.name not in self.signals:
            raise Expired
        return self.signals[awaited.name]

    async def sleep(self, key: str, *, seconds: float | None = None, until: datetime | None = None) -> None:
        self._ask(key)
        self.slept[key] = seconds or 0.0

    async def skip(self, key: str, reason: str) -> None:
        self._ask(key)
        self.skipped[key] = reason

    async def map(
        self,
        key: str,
        items: Sequence[Json],
        one: Callable[[int, Json], Awaitable[Json]],
        *,
        at_once: int,
        child: Callable[[int, Json], Child] | None = None,
    ) -> list[Json]:
        gate = asyncio.Semaphore(at_once)

        async def through(index: int, item: Json) -> Json:
            async with gate:
                if self.as_children and child is not None:
                    return await self.call(f"{key}[{index}]", child(index, item))
                return await one(index, item)

        return await _all([through(i, item) for i, item in enumerate(items)])

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        return await _all([branch() for branch in branches])

    async def begun(self, key: str) -> bool:
        return any(k == key or k.startswith((f"{key}/", f"{key}[")) for k in self.steps)

    async def transact(self, key: str, fn: Callable[[Any], Awaitable[Json]]) -> Json:
        self._ask(key)
        return await fn(None)

    async def call(self, key: str, child: Child) -> Json:
        if self.play is None:
            raise AssertionError(f"Nothing plays the child at {key!r}.")
        return await self.play(self, key, child)

    async def now(self, key: str) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC)


async def _all(branches: Sequence[Awaitable[Any]]) -> list[Any]:
    """Results in order, or the first failure once all have ended."""
    ended = await asyncio.gather(*branches, return_exceptions=True)
    for result in ended:
        if isinstance(result, BaseException):
            raise result
    return list(ended)
