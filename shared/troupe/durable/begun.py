"""A function's work begun here and now: what ends without waiting for anything needs neither a timer nor a task."""

from collections.abc import Awaitable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """An awaitable, stepped once. `over`: it has ended and `value` is what it gave; else await it for the rest."""

    __slots__ = ("_first", "_rest", "over", "value")

    value: T

    def __init__(self, work: Awaitable[T]) -> None:
        self._rest = work.__await__()
        self.over = False
        try:
            self._first = next(self._rest)
        except StopIteration as end:
            self.over, self.value = True, end.value

    def __await__(self) -> Generator[Any, Any, T]:
        waits_for = self._first
        while True:
            try:
                yield waits_for
            except BaseException as thrown:  # a cancel, or what it waited for failed: for the work to deal with
                go_on = partial(self._rest.throw, thrown)
            else:
                go_on = partial(next, self._rest)
            try:
                waits_for = go_on()
            except StopIteration as end:
                return end.value
