"""The contract of the events port, the same for every adapter."""

import logging
from datetime import datetime

from troupe.adapters.embedded.events import LocalEvents


async def test_an_event_has_the_fields_of_cloudevents():
    events = LocalEvents()
    await events.publish("1", "run.completed", "/runs/r1", {"n": 1})
    [event] = events.recent
    assert datetime.fromisoformat(str(event.pop("time"))).tzinfo
    assert event == {
        "specversion": "1.0",
        "id": "1",
        "type": "run.completed",
        "source": "/runs/r1",
        "datacontenttype": "application/json",
        "data": {"n": 1},
    }


async def test_a_listener_that_fails_harms_neither_the_others_nor_the_publisher(caplog):
    events, heard = LocalEvents(), []

    async def broken(_):
        raise RuntimeError("broken")

    async def listens(event):
        heard.append(event["id"])

    events.listen(broken)
    events.listen(listens)
    with caplog.at_level(logging.ERROR):
        await events.publish("1", "t", "s", None)
    assert heard == ["1"]
    assert "A listener failed at event 1." in caplog.text
