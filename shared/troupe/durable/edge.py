"""The edge of the journal: which branches of a slice still play what it holds, and who waits until none does.

A branch is at the edge once it asks for what the journal does not hold, or holds unfinished. What a program decides
must hang on all of the journal and on no order in which its branches come by, so nothing new is decided before; and
what is decided inside of a node comes before what is decided beside it, for the node may fail by it.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import count, islice
from typing import Any, TypeAlias

from troupe.durable.models import StepRow

Branch: TypeAlias = "asyncio.Task[Any] | None"

ENDED = frozenset({"done", "failed", "skipped"})
_PART = re.compile(r"[/\[]")


class Edge:
    """`behind`: the branches that still replay, as tasks; none where the journal was empty.

    `steps` may grow later on: what counts as the journal is what it held at first.
    """

    __slots__ = ("_acting", "_count", "_deciding", "_keys", "_steps", "_turns", "behind")

    def __init__(self, steps: Mapping[str, StepRow]) -> None:
        self._steps, self._count = steps, len(steps)
        self._keys: set[str] | None = None
        self._acting: list[asyncio.Future[None]] = []
        self._turns = count()
        self._deciding: list[tuple[int, int, asyncio.Future[None], Branch]] = []
        self.behind: set[Branch] = set()

    def holds(self, key: str) -> bool:
        """Whether the journal held anything at or below this key."""
        if not self._count:
            return False
        if self._keys is None:
            self._keys = {part for journaled in islice(self._steps, self._count) for part in _above(journaled)}
        return key in self._keys

    async def decides(self, key: str) -> None:
        """This branch may go on with a new key; return once all others are at the edge, and it is its turn."""
        waiter = asyncio.get_running_loop().create_future()
        heappush(self._deciding, (-len(_PART.findall(key)), next(self._turns), waiter, asyncio.current_task()))
        self._reach()
        await waiter

    async def acts(self) -> None:
        """This branch has asked for a new key; return once nothing is left to replay and to decide."""
        self._reach()
        if self.behind:
            waiter = asyncio.get_running_loop().create_future()
            self._acting.append(waiter)
            await waiter

    # ── what branches do ────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, main: Branch) -> None:
        """The program's own branch begins."""
        if self._count:
            self.behind.add(main)

    def met(self, row: StepRow | None) -> None:
        """This branch asked for a row."""
        if row is None or row.state not in ENDED:
            self._reach()

    def split(self, branches: Iterable[Branch]) -> None:
        """This branch goes on as these."""
        me = asyncio.current_task()
        if me in self.behind:
            self.behind.update(branches)
            self.behind.remove(me)

    def joined(self, whole: Branch) -> None:
        """This branch has ended; the last of its group goes on as `whole`, which is None for the others."""
        if whole is not None and asyncio.current_task() in self.behind:
            self.behind.add(whole)
        self._reach()

    def _reach(self) -> None:
        self.behind.discard(asyncio.current_task())
        while not self.behind and self._deciding:
            *_, waiter, branch = heappop(self._deciding)
            if not waiter.done():
                self.behind.add(branch)
                waiter.set_result(None)
        if not self.behind:
            for waiter in self._acting:
                if not waiter.done():
                    waiter.set_result(None)
            self._acting.clear()


def _above(key: str) -> Iterator[str]:
    """`each[7]/fetch` stands below `each[7]` and `each`."""
    yield key
    for found in _PART.finditer(key):
        yield key[: found.start()]
