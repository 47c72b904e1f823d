"""Events: what happened, for other systems (CloudEvents 1.0)."""

from datetime import datetime
from typing import Protocol

from troupe.base.values import Json


class Events(Protocol):
    """Publishes facts after they are committed."""

    async def publish(self, id: str, type: str, source: str, data: Json) -> None: ...


def cloud_event(id: str, type: str, source: str, data: Json, at: datetime) -> dict[str, Json]:
    """An event in the JSON form of CloudEvents 1.0."""
    return {
        "specversion": "1.0",
        "id": id,
        "type": type,
        "source": source,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
