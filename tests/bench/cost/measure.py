"""Measure: play a shape on AWS as moto plays it, with the real functions and the real state machine, and count."""

import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from tests.bench.cost.prices import Counts
from tests.bench.cost.shapes import MODEL_SECONDS, Shape
from tests.functions.stage import TOGETHER
from tests.parity.houses import OVER, OnAws, on_aws
from tests.servers.provider import Say
from troupe.adapters.aws._client import Client

DAY = 86_400.0


class Meter:
    """Calls of functions, how long they took, and what was asked of SQS."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.seconds = 0.0

    def clear(self) -> None:
        self.calls.clear()
        self.asked.clear()
        self.seconds = 0.0

    def timed(self, name: str, event: Any, context: Any) -> Any:
        """A function's call."""
        self.calls[name] += 1
        began = time.perf_counter()
        try:
            return TOGETHER[name](event, context)
        finally:
            self.seconds += time.perf_counter() - began


@asynccontextmanager
async def metered(url: str, monkeypatch: pytest.MonkeyPatch, first_slice: str) -> AsyncGenerator[tuple[OnAws, Meter]]:
    """AWS with a meter. `first_slice`: queue or machine."""
    meter, call = Meter(), Client.call

    async def counted(self: Client, operation: str, **more: Any) -> Any:
        meter.asked[operation] += 1
        return await call(self, operation, **more)

    monkeypatch.setattr(Client, "call", counted)
    together = {name: partial(meter.timed, name) for name in TOGETHER}
    more = {"TROUPE_FIRST_SLICE": first_slice}
    async with on_aws(monkeypatch, url, "http://127.0.0.1:1", more, together=together) as house:
        yield house, meter


async def count(house: OnAws, meter: Meter, shape: Shape, seconds: float = 1200.0) -> Counts:
    """One run of a shape."""
    await house.quiet()
    before = set(house.stage.executions())
    meter.clear()
    house.provider.say(*[Say(**said) for said in shape.says])
    run = await _start(house, shape)
    if shape.decides:
        await house.until(run, "review")
        await house.quiet()
        await house.move(DAY)
        await _approve(house)
    assert await house.until(run, *OVER, seconds=seconds) == "completed"
    await house.quiet(seconds)
    new = [name for name in house.stage.executions() if name not in before]
    entered = sum(len(house.stage.visited(name)) for name in new)
    asked = meter.asked["send_message_batch"] + 2 * meter.calls["jobs"]  # each call: a receive and a delete
    waits = shape.models * MODEL_SECONDS
    calls = meter.calls.total() + 1 + shape.decides  # the API is a function too
    return Counts(entered + len(new), calls, round(meter.seconds + waits, 3), asked, 1 + shape.decides)


async def _start(house: OnAws, shape: Shape) -> str:
    if shape.says:
        await house.call("POST", "/apply", {"files": [{"path": "a.yaml", "text": shape.text}]})
        return (await house.call("POST", "/agents/worker/runs", {"message": "Go."}))["id"]
    return await house.stage.start(shape.text)


async def _approve(house: OnAws) -> None:
    [asked] = (await house.call("GET", "/approvals?status=pending"))["items"]
    said = {"decision": "approve", "arguments_hash": asked["arguments_hash"]}
    await house.call("POST", f"/approvals/{asked['id']}/decide", said)
