"""Calls: what each function of AWS does, once its door has unpacked the event."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from troupe.adapters.aws.below import Below
from troupe.adapters.aws.queue import Deliveries
from troupe.adapters.aws.realtime import Gateway
from troupe.adapters.aws.turn import turn_of
from troupe.app.cloud import Cloud
from troupe.app.messages import handlers
from troupe.app.wiring import LONGEST_CALL, LONGEST_WORK, TO_END, Troupe
from troupe.base.errors import BadInput, Unauthorized, Unavailable
from troupe.base.ids import RunId, is_id
from troupe.durable.models import Outcome
from troupe.durable.upkeep.sweep import sweep as keep_house
from troupe.durable.worker import Worker

log = logging.getLogger("troupe.calls")

OVERDUE = 120.0  # seconds after which nobody comes for a run any more


@dataclass(frozen=True)
class Turn:
    """What an execution asks for: the `number`th turn of a leg that `began` then, in seconds since the epoch."""

    run: str
    leg: int
    number: int
    began: float


def read_turn(event: Any) -> Turn:
    """`{run, leg, last, began}`, `last` being the answer of the turn before. Raises BadInput."""
    try:
        run, leg, last = event["run"], event["leg"], event["last"]
        if isinstance(run, str) and is_id(run) and isinstance(leg, int):
            return Turn(run, leg, int(last.get("turn", 0)) + 1, datetime.fromisoformat(event["began"]).timestamp())
    except (TypeError, KeyError, ValueError, AttributeError):
        pass
    raise BadInput('Send {"run": id, "leg": n, "last": {...}, "began": time}.', code="bad_event")


async def advance(troupe: Troupe, turn: Turn, seconds: float, longest: float = LONGEST_CALL) -> dict[str, Any]:
    """One slice of a run; what its execution does next. `longest`: seconds of a step that this call has time for."""
    cloud, run, leg = _cloud(troupe), turn.run, turn.leg
    async with working(troupe, seconds, longest) as worker:
        outcome = await worker.advance(run, leg)
        now = worker.now()
    runs: list[str] = []
    if outcome.kind == "long":  # its execution waits for a worker, and starts none
        await cloud.orchestrator.after_slice(run)
    else:
        runs = await cloud.orchestrator.fan_out(run)
    await _tell(cloud, run)
    _relay(cloud, outcome)
    queue = troupe.settings.work_queue
    said = turn_of(outcome, run, leg, turn=turn.number, now=now, began=turn.began, runs=runs, queue=queue)
    if said["kind"] == "next_leg":
        await cloud.orchestrator.end_leg(run, leg)
    return said


async def work(troupe: Troupe, wait: float = 20.0) -> bool:
    """Do the next slice that functions have no time for; False where none comes within so many seconds.

    Raises Unavailable, BadInput. Whatever ends this before the slice is done leaves it to the next worker.
    """
    cloud = _cloud(troupe)
    queue = cloud.work
    if queue is None:
        raise BadInput("A worker needs TROUPE_WORK_QUEUE.", code="bad_setting")
    taken = await queue.take(wait)
    if taken is None:
        return False
    turn = read_turn(taken.event)
    async with queue.holding(taken):
        seen = await troupe.journal.outlook(turn.run)
        if seen is not None and seen.held:  # by a worker that had this message before, or died with it
            await queue.leave(taken, troupe.settings.lease_seconds)
            return True
        if seen is not None and seen.leg > turn.leg:
            said = turn_of(Outcome("done"), turn.run, turn.leg, turn=turn.number, now=0.0, began=0.0)
        else:
            await cloud.waits.take_up(turn.run)
            said = await advance(troupe, turn, LONGEST_WORK + TO_END, LONGEST_WORK)
        await queue.answer(taken, said)
    return True


async def wait(troupe: Troupe, run: str, leg: int, token: str) -> bool:
    """Keep the token that ends an execution's wait; False where there was nothing to wait for, so that it is used."""
    cloud = _cloud(troupe)
    kept = await cloud.waits.keep(run, leg, token)
    if not kept:
        await cloud.orchestrator.tell(run, token)
    return kept


@asynccontextmanager
async def working(troupe: Troupe, seconds: float, longest: float = LONGEST_CALL) -> AsyncGenerator[Worker]:
    """A worker for a call that has so many seconds left. Short runs below its runs are advanced in the same call, where
    a new run's first slice needs no execution."""
    cloud = _cloud(troupe)
    async with troupe.working(seconds, longest) as worker:
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
    _relay(cloud, outcome)


def _relay(cloud: Cloud, outcome: Outcome) -> None:
    """What a run that ended, or that waits for a person, has for other systems."""
    if cloud.events is not None and outcome.kind in ("done", "failed", "wait"):
        cloud.queue.wake()


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
