"""Realtime in one process: a hub that forgets what nobody takes in time."""

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial

from troupe.base.values import Json

WAITING = 256  # events a listener may be behind before it loses some
LAGGED: dict[str, Json] = {"type": "lagged"}
QUIET: dict[str, Json] = {"type": "quiet"}


class Listener:
    """An async iterator over the events of one run, from the moment it was made until `aclose`."""

    def __init__(self, size: int, quiet: float, forget: "Callable[[weakref.ref[Listener]], None]") -> None:
        self.ref: weakref.ref[Listener] = weakref.ref(self, forget)
        self._forget = forget
        self._events: deque[dict[str, Json]] = deque()
        self._size, self._quiet = size, quiet
        self._lagging = self._closed = False
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._heard = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def closed(self) -> bool:
        """Whether it hears nothing more."""
        return self._closed

    def offer(self, event: dict[str, Json]) -> None:
        """Take the event, or remember that one was lost: the gap is told where it is."""
        if self._lagging or self._closed:
            return
        if len(self._events) >= self._size:
            self._lagging = True
            return
        self._events.append(event)
        self._wake()

    def __aiter__(self) -> "Listener":
        return self

    async def __anext__(self) -> dict[str, Json]:
        while not self._events:
            if self._lagging:
                self._lagging = False
                return dict(LAGGED)
            if self._closed:
                raise StopAsyncIteration
            await self._wait()
        return self._events.popleft()

    async def aclose(self) -> None:
        """Hear nothing more; whoever waits for the next event is let go."""
        self._closed, self._lagging = True, False
        self._events.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._forget(self.ref)
        self._wake()

    async def _wait(self) -> None:
        if self._timer is None and self._quiet:
            self._timer = self._loop.call_later(self._quiet, _look, self.ref)
        self._heard = self._loop.time()
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def look(self) -> None:
        """Say so where nothing came for long. One timer goes on for all events: one for each costs more than they."""
        left = self._quiet - (self._loop.time() - self._heard)
        if left <= 0:
            if not self._events and self._waiter is not None and not self._waiter.done():
                self._events.append(dict(QUIET))
                self._wake()
            left = self._quiet
        self._timer = self._loop.call_later(left, _look, self.ref)


def _look(listener: "weakref.ref[Listener]") -> None:
    there = listener()
    if there is not None and not there.closed:
        there.look()


class Hub:
    """The realtime port. Publish and listen in one event loop."""

    def __init__(self, size: int = WAITING) -> None:
        self._size = size
        self._listeners: dict[str, tuple[weakref.ref[Listener], ...]] = {}

    def watched(self, run: str) -> bool:
        """Whether anybody listens to this run."""
        return run in self._listeners

    def publish(self, run: str, event: dict[str, Json]) -> None:
        """Offer an event to whoever listens; never waits."""
        for there in self._listeners.get(run, ()):
            listener = there()
            if listener is not None:
                listener.offer(event)

    def listen(self, run: str, quiet: float = 0.0) -> Listener:
        """Events from now on. A listener that is closed, or dropped, is forgotten."""
        listener = Listener(self._size, quiet, partial(self._forget, run))
        self._listeners[run] = (*self._listeners.get(run, ()), listener.ref)
        return listener

    def _forget(self, run: str, gone: "weakref.ref[Listener]") -> None:
        rest = tuple(ref for ref in self._listeners.pop(run, ()) if ref is not gone)
        if rest:
            self._listeners[run] = rest
