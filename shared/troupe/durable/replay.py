"""Replay for the eye: what each step of a run was given, recomputed from its journal. Nothing is done or written."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from troupe.base.values import Json
from troupe.durable.edge import Edge
from troupe.durable.facts import EXPIRED, Facts
from troupe.durable.failures import failure_of
from troupe.durable.models import Journaled, Parked, Run, StepRow, instant
from troupe.ports.files import Files
from troupe.ports.run import Approval, Child, Expired, Program, Signal, Step


class Replay(Facts):
    """A RunContext that gives what the journal holds and stops each branch where it holds no more."""

    def __init__(self, run: Run, journaled: Journaled, files: Files) -> None:
        self.run, self.steps, self.files = run, journaled.steps, files
        self.inputs: dict[str, Json] = {}
        self.edge = Edge(self.steps)

    async def play(self, program: Program) -> dict[str, Json]:
        """The input of every step that was reached, by key; what a branch still waits for included."""
        with suppress(Exception, Parked):  # it ends as the run did, or where the journal does
            await program(self, self.run.input)
        return self.inputs

    async def step(self, key: str, step: Step, args: Json) -> Json:
        self.inputs[key] = args
        return await self._value(self._ended(key))

    async def wait(self, key: str, awaited: Signal | Approval) -> Json:
        self.inputs[key] = awaited.arguments if isinstance(awaited, Approval) else awaited.name
        row = self._ended(key)
        if row.ref == EXPIRED and isinstance(awaited, Signal):
            raise Expired(key)
        if isinstance(awaited, Approval) and isinstance(row.result, dict):
            return {k: v for k, v in row.result.items() if k != "request"}
        return await self._value(row)

    async def sleep(self, key: str, *, seconds: float | None = None, until: datetime | None = None) -> None:
        self._ended(key)

    async def skip(self, key: str, reason: str) -> None:
        return None

    async def now(self, key: str) -> datetime:
        return instant(float(self._ended(key).result))  # pyright: ignore[reportArgumentType]

    async def transact(self, key: str, fn: Callable[[Any], Awaitable[Json]]) -> Json:
        return await self._value(self._ended(key))

    async def call(self, key: str, child: Child) -> Json:
        self.inputs[key] = child.input
        return await self._value(self._ended(key))

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        results: list[Any] = []
        stopped: BaseException | None = None
        for branch in branches:
            try:
                results.append(await branch())
            except (Exception, Parked) as wrong:
                stopped = stopped or wrong
        if stopped is not None:
            raise stopped
        return results

    async def map(
        self, key: str, items: Sequence[Json], one: Callable[[int, Json], Awaitable[Json]], *, at_once: int,
        child: Callable[[int, Json], Child] | None = None,
    ) -> list[Json]:  # fmt: skip
        def branch(index: int, item: Json) -> Callable[[], Awaitable[Json]]:
            if child is not None and f"{key}[{index}]" in self.steps:
                asked = child(index, item)
                return lambda: self.call(f"{key}[{index}]", asked)
            return lambda: one(index, item)

        return await self.together(*[branch(i, item) for i, item in enumerate(items)])

    async def begun(self, key: str) -> bool:
        return self.edge.holds(key)

    def _ended(self, key: str) -> StepRow:
        row = self.steps.get(key)
        if row is None or row.state not in ("done", "failed"):
            raise Parked
        if row.state == "failed":
            raise failure_of(row)
        return row
