"""Branches of a run: side by side, at rest, awake.

A branch that works or may go on holds a token; one that rests has given its token away, and whoever wakes it gives it
back. With no token left, nothing can happen without news from outside.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from troupe.durable.edge import Edge
from troupe.durable.models import BadRow, Diverged, Fenced, Journaled, Run, SignalRow, Stopped
from troupe.durable.rows import Rows

if TYPE_CHECKING:
    from troupe.durable.worker import Worker


@dataclass(slots=True, eq=False)
class Rest:
    kind: str  # time | signal | approval | unknown | child | again | long
    key: str
    future: "asyncio.Future[Any]"
    due: float | None = None
    name: str = ""
    expires: bool = False  # its due time ends the wait rather than fulfils it


class _Group:
    __slots__ = ("left", "whole")

    def __init__(self, left: int) -> None:
        self.left = left
        self.whole = asyncio.current_task()


class Branches(Rows):
    """A slice as the one who counts its branches. `bell` rings when there may be something to do for who drives it."""

    def __init__(self, worker: "Worker", run: Run, journaled: Journaled) -> None:
        super().__init__(worker, run, journaled)
        self.signals = journaled.signals
        self.taken = {row.ref for row in self.steps.values() if row.ref}
        self.edge = Edge(self.steps)
        self.rests: dict[str, Rest] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        self.live = 1
        self.bell = asyncio.Event()
        self.poked = False
        self.stopping = False
        self.fatal: BaseException | None = None

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        """Branches side by side."""
        if len(branches) == 1:
            return [await branches[0]()]
        if not branches:
            return []
        group = _Group(len(branches))
        self.live += len(branches) - 1  # our own token goes to one of them and comes back from the last
        tasks = [self._spawn(branch, group) for branch in branches]
        if self.edge.behind:
            self.edge.split(tasks)
        await asyncio.wait(tasks)
        return _results(tasks)

    async def begun(self, key: str) -> bool:
        """Whether the journal holds anything at or below a key."""
        if self.edge.holds(key):
            return True
        if self.edge.behind:
            await self.edge.decides(key)
        return False

    async def _all_at_edge(self) -> None:
        """Nothing acts before every branch has replayed, and nothing where one of them diverged."""
        if self.edge.behind:
            await self.edge.acts()
        if self.fatal is not None:
            raise self.fatal

    def _spawn(self, branch: Callable[[], Awaitable[Any]], group: _Group) -> asyncio.Task[Any]:
        async def go() -> Any:
            try:
                return await branch()
            except (Diverged, Fenced, Stopped, BadRow) as wrong:  # ends the slice, whatever its other branches do
                self.fatal = self.fatal or wrong
                self.bell.set()
                raise
            finally:
                group.left -= 1
                if self.edge.behind:
                    self.edge.joined(None if group.left else group.whole)
                if group.left:
                    self._give_token()

        task = asyncio.get_running_loop().create_task(go())
        self.tasks.add(task)
        task.add_done_callback(self._branch_over)
        return task

    def _branch_over(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who awaits the branch deals with it; after the slice's end nobody does

    def _give_token(self) -> None:
        self.live -= 1
        if not self.live:
            self.bell.set()

    async def _rest(
        self, kind: str, key: str, *, due: float | None = None, name: str = "", expires: bool = False
    ) -> Any:
        if self.stopping:
            raise Stopped
        rest = Rest(kind, key, asyncio.get_running_loop().create_future(), due, name, expires)
        self.rests[key] = rest
        self._give_token()
        try:
            return await rest.future
        finally:
            self.rests.pop(key, None)

    def _wake(self, rest: Rest, value: Any) -> None:
        if not rest.future.done():
            self.live += 1
            rest.future.set_result(value)

    def poke(self) -> None:
        """There may be news for this run."""
        self.poked = True
        self.bell.set()

    def _message(self, name: str) -> SignalRow | None:
        return next((s for s in self.signals if s.name == name and s.id not in self.taken), None)


def _results(tasks: list[asyncio.Task[Any]]) -> list[Any]:
    failures = [t.exception() for t in tasks if t.cancelled() is False and t.exception() is not None]
    for wrong in sorted((f for f in failures if f), key=lambda w: isinstance(w, Exception)):
        raise wrong
    return [t.result() for t in tasks]
