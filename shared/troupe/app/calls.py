"""Calls: what each function of AWS does, once its door has unpacked the event."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from troupe.adapters.aws.below import Below
from troupe.adapters.aws.queue import Deliveries
from troupe.adapters.aws.realtime import Gateway
from troupe.adapters.aws.turn import turn_of
from troupe.app.cloud import Cloud
from troupe.app.messages import handlers
from troupe.app.wiring import Troupe
from troupe.base.errors import Unauthorized, Unavailable
from troupe.base.ids import RunId
from troupe.durable.upkeep.sweep import sweep as keep_house
from troupe.durable.worker import Worker

log = logging.getLogger("troupe.calls")

OVERDUE = 120.0  # seconds after which nobody comes for a run any more


async def advance(troupe: Troupe, run: str, leg: int, *, turn: int, began: float, seconds: float) -> dict[str, Any]:
    """One slice of a run in the `turn`th turn of a leg that began then; what its execution does next."""
    cloud = _cloud(troupe)
    async with working(troupe, seconds) as worker:
        outcome = await worker.advance(run, leg)
        now = worker.now()
    runs = await cloud.orchestrator.fan_out(run)
    await _tell(cloud, run)
    said = turn_of(outcome, run, leg, turn=turn, now=now, began=began, runs=runs)
    if said["kind"] == "next_leg":
        await cloud.orchestrator.end_leg(run, leg)
    return said


async def wait(troupe: Troupe, run: str, leg: int, token: str) -> bool:
    """Keep the token that ends an execution's wait; False where there was nothing to wait for, so that it is used."""
    cloud = _cloud(troupe)
    kept = await cloud.waits.keep(run, leg, token)
    if not kept:
        await cloud.orchestrator.tell(run, token)
    return kept


@asynccontextmanager
async def working(troupe: Troupe, seconds: float) -> AsyncGenerator[Worker]:
    """A worker for a call that has so many seconds left. Short runs below its runs are advanced in the same call, where
    a new run's first slice needs no execution."""
    cloud = _cloud(troupe)
    async with troupe.working(seconds) as worker:
        if not cloud.orchestrator.by_queue:
            worker.linger = 0.0  # the machine starts the runs below when the slice is over
            yield worker
            return
        async with Below(worker, cloud.orchestrator, partial(_first_slice, cloud, worker)):
            yield worker


def deliveries(troupe: Troupe, worker: Worker) -> Deliveries:
    """What is done with messages of the queue while the worker holds its lease."""
    cloud = _cloud(troupe)
    first_slice = partial(_first_slice, cloud, worker)
    return cloud.deliveries(handlers(troupe.upkeep, cloud.files, first_slice, lambda: troupe.parts))


async def _first_slice(cloud: Cloud, worker: Worker, run: RunId, leg: int) -> None:
    """A run that is not over then gets an execution, so that no message waits for a person."""
    outcome = await worker.advance(run, leg)
    if outcome.kind not in ("done", "failed"):
        await cloud.orchestrator.begin(run, leg)
    await cloud.orchestrator.after_slice(run)
    await _tell(cloud, run)


async def sweep(troupe: Troupe) -> dict[str, int]:
    """Free what dead functions held, look after runs that nobody comes for, remove what is old; how much there was."""
    cloud = _cloud(troupe)
    freed = await troupe.journal.take_over(troupe.settings.max_recoveries)
    found = await cloud.orchestrator.sweep(OVERDUE)
    removed = await keep_house(troupe.upkeep, troupe.settings.keep_runs_days, cloud.queue.wake)
    carried = await cloud.queue.relay()
    return {"freed": freed, "woken": found.woken, "restarted": found.restarted, "removed": removed, "carried": carried}


async def heard(troupe: Troupe, socket: str, text: str) -> None:
    """A socket said something: answer, and tell it of the run that it wants to follow."""
    from troupe.features.sockets import service as sockets

    gateway = _gateway(troupe)
    try:
        run = await sockets.heard(troupe.parts, socket, text, gateway.post)
    except Unauthorized as wrong:
        await gateway.post(socket, {"type": "error", "code": wrong.code, "message": wrong.message})
        await gateway.close_socket(socket)
        return
    if run is not None:
        await gateway.tell(run)


async def settled(troupe: Troupe, work: Callable[[Troupe], Awaitable[Any]]) -> Any:
    """What the work gives, once all that it set going has ended."""
    try:
        return await work(troupe)
    finally:
        await _cloud(troupe).errands.done()


async def _tell(cloud: Cloud, run: str) -> None:
    """Sockets hear of the slice's last events, whoever was told of those before."""
    if isinstance(cloud.realtime, Gateway):
        try:
            await cloud.realtime.tell(run)
        except Unavailable as down:
            log.warning("Sockets were not told of %s: %s", run, down.message)


def _cloud(troupe: Troupe) -> Cloud:
    assert troupe.cloud is not None, "functions run on AWS"
    return troupe.cloud


def _gateway(troupe: Troupe) -> Gateway:
    realtime = _cloud(troupe).realtime
    assert isinstance(realtime, Gateway), "there is no WebSocket API"
    return realtime
