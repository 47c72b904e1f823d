"""The contract of the events port, the same for every adapter."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.servers.aws import make_bus
from troupe.adapters.aws.events import MOST, BusEvents
from troupe.adapters.embedded.events import LocalEvents
from troupe.base.errors import Unavailable
from troupe.ports.events import Events

Told = tuple[Events, Callable[[], list[dict[str, Any]]]]


@pytest.fixture(params=["local", "bus"])
def told(request: pytest.FixtureRequest) -> Told:
    """The port, and the events that came out at its other side."""
    if request.param == "local":
        events = LocalEvents()
        return events, lambda: list(events.recent)
    aws = request.getfixturevalue("aws")
    bus, heard = make_bus(aws)
    return BusEvents(aws, bus), lambda: [entry["detail"] for entry in heard()]


async def test_an_event_has_the_fields_of_cloudevents(told: Told):
    events, came = told
    await events.publish("1", "run.completed", "/runs/r1", {"n": 1})
    [event] = came()
    assert datetime.fromisoformat(str(event.pop("time"))).tzinfo
    assert event == {
        "specversion": "1.0",
        "id": "1",
        "type": "run.completed",
        "source": "/runs/r1",
        "datacontenttype": "application/json",
        "data": {"n": 1},
    }


async def test_on_the_bus_a_rule_finds_an_event_by_its_source_and_type(aws):
    bus, heard = make_bus(aws, {"source": ["troupe"], "detail-type": ["run.failed"]})
    events = BusEvents(aws, bus)
    await events.publish("1", "run.completed", "/runs/r1", None)
    await events.publish("2", "run.failed", "/runs/r2", None)
    assert [(entry["detail-type"], entry["detail"]["id"]) for entry in heard()] == [("run.failed", "2")]


async def test_data_too_large_for_the_bus_stays_out_and_is_pointed_at(aws):
    bus, heard = make_bus(aws)
    await BusEvents(aws, bus).publish("1", "run.completed", "/runs/r1", "x" * MOST)
    [entry] = heard()
    assert (entry["detail"]["dataref"], "data" in entry["detail"]) == ("/runs/r1", False)
    assert len(json.dumps(entry["detail"])) < 1000


async def test_a_bus_that_is_not_there_is_unavailable(aws):
    with pytest.raises(Unavailable):
        await BusEvents(aws, "of-nobody").publish("1", "t", "s", None)


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
