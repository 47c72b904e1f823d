"""Calls that come while others are under way go together in the next round: one statement and one commit for many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """`do(items)` gives one result for each item, in order; what it raises, every caller of that round gets."""

    def __init__(self, do: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int = 100) -> None:
        self._do, self._most = do, most
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._task is None

    async def __call__(self, item: T) -> R:
        """The result for one item."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, told))
        if self._task is None:
            self._task = loop.create_task(self._work())
        return await told

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._round(batch)
        finally:
            self._task = None

    async def _round(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._do([item for item, _ in batch])
        except BaseException as wrong:
            for _, told in batch:
                _fail(told, wrong)
            if not isinstance(wrong, Exception):
                raise
            return
        for (_, told), result in zip(batch, results, strict=True):
            if not told.done():
                told.set_result(result)


def _fail(told: asyncio.Future[R], wrong: BaseException) -> None:
    if told.done():
        return
    if isinstance(wrong, Exception):
        told.set_exception(wrong)
    else:
        told.cancel()
