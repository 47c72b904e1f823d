"""Events on an EventBridge bus: source `troupe`, detail-type the event's type, detail the CloudEvent as it is."""

from troupe.adapters.aws._client import Aws
from troupe.base.clock import Clock, SystemClock
from troupe.base.errors import Unavailable
from troupe.base.values import Json, dump
from troupe.ports.events import cloud_event

SOURCE = "troupe"
MOST = 250_000  # bytes of an entry's detail; EventBridge takes 256 KiB with all fields


class BusEvents:
    """The events port. Data that is too large stays out; `dataref` (CloudEvents extension) says where it is."""

    def __init__(self, aws: Aws, bus: str, clock: Clock | None = None) -> None:
        self.bus, self.clock = bus, clock or SystemClock()
        self._events = aws.client("events")

    async def publish(self, id: str, type: str, source: str, data: Json) -> None:
        """Put it on the bus. Raises Unavailable."""
        event = cloud_event(id, type, source, data, self.clock.now())
        detail = dump(event)
        if len(detail) > MOST:
            detail = dump({name: value for name, value in event.items() if name != "data"} | {"dataref": source})
        entry = {"EventBusName": self.bus, "Source": SOURCE, "DetailType": type, "Detail": detail.decode()}
        answer = await self._events.call("put_events", Entries=[entry])
        if answer.get("FailedEntryCount"):  # EventBridge answers 200 all the same
            raise Unavailable("EventBridge did not take the event.", code="aws_unavailable")
