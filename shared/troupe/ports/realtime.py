"""Realtime: tell connected clients that something is in the journal. It may be lost; they look there themselves."""

from collections.abc import AsyncIterator
from typing import Protocol

from troupe.base.values import Json


class Realtime(Protocol):
    """Live news of runs."""

    def watched(self, run: str) -> bool:
        """Whether anybody listens to this run here; if not, nothing needs to be said."""
        ...

    def publish(self, run: str, event: dict[str, Json]) -> None:
        """Offer an event to whoever listens; never waits, drops for listeners that do not keep up."""
        ...

    def listen(self, run: str) -> AsyncIterator[dict[str, Json]]:
        """Events from now on, until closed. `{"type": "lagged"}` where some were dropped."""
        ...
