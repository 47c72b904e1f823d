"""Messages: what is done with one of each kind, whichever queue brings it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from troupe.base.errors import BadInput
from troupe.base.ids import RunId, is_id, new_id
from troupe.durable.upkeep.removal import remove_run
from troupe.durable.upkeep.store import REMOVE_RUN, PgUpkeep
from troupe.durable.waits.store import ADVANCE_RUN
from troupe.features.runs.service import STOPPED
from troupe.features.scope import Caller, Parts
from troupe.ports.files import Files
from troupe.ports.queue import Handler, Message

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 30.0  # seconds between two looks at a run that is being ended
Advance = Callable[[RunId, int], Awaitable[None]]


def handlers(upkeep: PgUpkeep, files: Files, advance: Advance, parts: Callable[[], Parts]) -> dict[str, Handler]:
    """By kind. `advance` sees to it that a leg of a run goes on; `parts` are those of the process."""

    async def advance_run(message: Message) -> None:
        await advance(_run_of(message), _leg_of(message))

    async def take_away(message: Message) -> None:
        await remove_run(upkeep, files, message.workspace, _run_of(message))

    async def stopped(message: Message) -> None:
        await _after_stop(parts(), message)

    return {ADVANCE_RUN: advance_run, REMOVE_RUN: take_away, STOPPED: stopped}


async def _after_stop(parts: Parts, message: Message) -> None:
    """A conversation goes on when its stopped run has ended; until then the message comes again."""
    from troupe.features.chat.sending import after_stop

    async with Caller(parts, message.workspace, "editor", "system").acting("editor") as scope:
        over = await after_stop(scope, _run_of(message))
    if not over:
        before = message.body.get("pause")
        pause = min(2 * before, LONGEST_PAUSE) if isinstance(before, int | float) else FIRST_PAUSE
        await parts.queue.send([replace(message, id=new_id(), body={**message.body, "pause": pause}, delay=pause)])


def _run_of(message: Message) -> RunId:
    run = message.body.get("run")
    if not isinstance(run, str) or not is_id(run):
        raise BadInput("The message names no run.", code="bad_message")
    return RunId(run)


def _leg_of(message: Message) -> int:
    leg = message.body.get("leg", 1)
    if not isinstance(leg, int) or isinstance(leg, bool):
        raise BadInput("The leg of a message is a whole number.", code="bad_message")
    return leg
