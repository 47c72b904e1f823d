"""Realtime: tell connected clients that something is in the journal. It may be lost; they look there themselves."""

from collections.abc import AsyncIterator
from typing import Protocol

from troupe.base.ids import RunId
from troupe.base.values import Json


class Realtime(Protocol):
    """Live news of runs."""

    def publish(self, run: RunId, event: dict[str, Json]) -> None:
        """Offer an event to whoever listens; never waits, drops for listeners that do not keep up."""
        ...

    def listen(self, run: RunId) -> AsyncIterator[dict[str, Json]]:
        """Events from now on, until closed. `{"type": "lagged"}` where some were dropped."""
        ...
