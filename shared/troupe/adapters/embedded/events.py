"""Events in one process: logged, and handed to whoever listens here (CloudEvents 1.0, JSON form)."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable

from troupe.base.clock import Clock, SystemClock
from troupe.base.values import Json
from troupe.ports.events import cloud_event

log = logging.getLogger(__name__)
Listen = Callable[[dict[str, Json]], Awaitable[None]]


class LocalEvents:
    """The events port. `recent` holds the last thousand, newest last."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.recent: deque[dict[str, Json]] = deque(maxlen=1000)
        self._listeners: list[Listen] = []

    def listen(self, listener: Listen) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    async def publish(self, id: str, type: str, source: str, data: Json) -> None:
        """Tell it to all; a listener that fails harms neither the others nor the publisher."""
        event = cloud_event(id, type, source, data, self.clock.now())
        self.recent.append(event)
        log.info("event %s", type, extra={"fields": {"event_id": id, "source": source}})
        for listener in self._listeners:
            try:
                await listener(event)
            except Exception:
                log.exception("A listener failed at event %s.", id)
