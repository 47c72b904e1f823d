"""Realtime in one process: a hub that forgets what nobody takes in time."""

import asyncio
import weakref
from collections.abc import Callable
from functools import partial

from troupe.base.values import Json

WAITING = 256  # events a listener may be behind before it loses some
LAGGED: dict[str, Json] = {"type": "lagged"}


class Listener:
    """An async iterator over the events of one run, from the moment it was made until `aclose`."""

    def __init__(self, size: int, forget: Callable[["Listener"], None]) -> None:
        self._forget = forget
        self._events: asyncio.Queue[dict[str, Json] | None] = asyncio.Queue()
        self._size = size
        self._lagging = self._closed = False

    def offer(self, event: dict[str, Json]) -> None:
        """Take the event, or remember that one was lost: the gap is told where it is."""
        if self._lagging or self._closed:
            return
        if self._events.qsize() >= self._size:
            self._lagging = True
        else:
            self._events.put_nowait(event)

    def __aiter__(self) -> "Listener":
        return self

    async def __anext__(self) -> dict[str, Json]:
        if self._lagging and self._events.empty():
            self._lagging = False
            return dict(LAGGED)
        event = await self._events.get()
        if event is None:
            self._events.put_nowait(None)
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """Hear nothing more; whoever waits for the next event is let go."""
        self._closed, self._lagging = True, False
        self._forget(self)
        while not self._events.empty():
            self._events.get_nowait()
        self._events.put_nowait(None)


class Hub:
    """The realtime port. Publish and listen in one event loop."""

    def __init__(self, size: int = WAITING) -> None:
        self._size = size
        self._listeners: dict[str, weakref.WeakSet[Listener]] = {}

    def watched(self, run: str) -> bool:
        """Whether anybody listens to this run."""
        return bool(self._listeners.get(run))

    def publish(self, run: str, event: dict[str, Json]) -> None:
        """Offer an event to whoever listens; never waits."""
        for listener in list(self._listeners.get(run, ())):
            listener.offer(event)

    def listen(self, run: str) -> Listener:
        """Events from now on. A listener that is closed, or dropped, is forgotten."""
        listener = Listener(self._size, partial(self._forget, run))
        weakref.finalize(listener, self._tidy, run)  # called after the set's own, which is made later
        self._listeners.setdefault(run, weakref.WeakSet()).add(listener)
        return listener

    def _forget(self, run: str, listener: Listener) -> None:
        self._listeners.get(run, weakref.WeakSet[Listener]()).discard(listener)
        self._tidy(run)

    def _tidy(self, run: str) -> None:
        if run in self._listeners and not self._listeners[run]:
            del self._listeners[run]
