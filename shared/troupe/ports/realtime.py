"""Realtime: tell connected clients that something is in the journal. It may be lost; they look there themselves."""

from typing import Protocol

from troupe.base.values import Json


class News(Protocol):
    """An async iterator over what is told of a run. Close it: until then it listens."""

    def __aiter__(self) -> "News": ...
    async def __anext__(self) -> dict[str, Json]: ...
    async def aclose(self) -> None: ...


class Realtime(Protocol):
    """Live news of runs."""

    def watched(self, run: str) -> bool:
        """Whether anybody may hear of this run; if not, nothing needs to be said. Who does not know says yes."""
        ...

    def publish(self, run: str, event: dict[str, Json]) -> None:
        """Offer an event to whoever listens; never waits, drops for listeners that do not keep up."""
        ...

    def listen(self, run: str, quiet: float = 0.0) -> News:
        """Events from now on, until closed. `{"type": "lagged"}` where some were dropped, `{"type": "quiet"}` where
        the listener waited so many seconds for nothing."""
        ...
