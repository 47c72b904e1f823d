"""Events: what happened, for other systems (CloudEvents fields)."""

from typing import Protocol

from troupe.base.values import Json


class Events(Protocol):
    """Publishes facts after they are committed."""

    async def publish(self, id: str, type: str, source: str, data: Json) -> None: ...
