"""Follow an answer, or a conversation, as AG-UI events: what the journal holds, then what comes, resumable anywhere."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from troupe.base.errors import BadInput, NotFound, Problem
from troupe.base.ids import is_id
from troupe.base.values import read_json
from troupe.features.accounts import service as accounts
from troupe.features.approvals import service as approvals
from troupe.features.chat import sending, store
from troupe.features.chat.agui import AgUi, Telling, person, said_by
from troupe.features.chat.answers import FILE, KEY
from troupe.features.chat.models import Told
from troupe.features.chat.steps import read_steps
from troupe.features.chat.store import MessageRow
from troupe.features.runs import service as runs
from troupe.features.runs import store as journal
from troupe.features.runs.models import OVER, Event, Run
from troupe.features.runs.stream import ENDS, PING, follow, read_events
from troupe.features.scope import Caller

LOOK = 0.3  # seconds between two looks at a message that waits its turn
RESTS = ("run.review", "run.waiting")
KEPT = 200  # events read at once

Stream = AsyncGenerator[Told | None]


async def follow_message(
    who: Caller, conversation: str, message: str, after: int = 0, secret: str | None = None
) -> Stream:
    """The AG-UI events of one answer, until it is over or waits for a person; None each 15 s. Raises NotFound."""
    row = await _get_message(who, conversation, message)
    async for waited in _turn_comes(who, row, secret):
        yield waited
    row = await _get_message(who, conversation, message)
    telling = Telling(conversation, row.run_id, await _before(who, row))
    if row.error or not await _there(who, row.run_id):
        for told in _not_started(telling, row):
            yield told
        return
    await _catch_up(who, telling, after)
    for told in _group(telling.begin(again=after > 0), None):
        yield told
    if after and (waits := await _rests(who, telling)):
        for told in _group(waits, f"{row.run_id}:{after}"):
            yield told
        return
    async with contextlib.aclosing(follow(who, row.run_id, after, secret)) as events:
        async for event in events:
            told, over = await _tell(who, telling, event)
            if event is None and not told:
                yield None
            for one in _group(told, f"{row.run_id}:{event.seq}" if event and event.seq is not None else None):
                yield one
            if over:
                return


async def follow_conversation(who: Caller, conversation: str, after: str | None, secret: str | None) -> Stream:
    """The answers from `after` (`RUN:SEQ`) on, one after the other; else from the one under way, or the last."""
    message, seq = await first_message(who, conversation, after)
    while message is not None:
        last: Told | None = None
        async with contextlib.aclosing(follow_message(who, conversation, message.id, seq, secret)) as told:
            async for one in told:
                last = one or last
                yield one
        if last is not None and last.event.get("outcome", {}).get("type") == "interrupt":
            return
        message, seq = await _next_message(who, message), 0


async def list_told(who: Caller, conversation: str, after: str | None, limit: int) -> tuple[list[Told], str | None]:
    """What the journal holds after `after`, about `limit` events at most, and where to go on if there is more."""
    message, seq = await first_message(who, conversation, after, newest=False)
    found: list[Told] = []
    while message is not None:
        telling = Telling(conversation, message.run_id, await _before(who, message))
        if await _there(who, message.run_id):
            await _catch_up(who, telling, seq)
            found += _group(telling.begin(again=seq > 0), None)
            while kept := await read_events(who, message.run_id, seq, KEPT):
                for event in kept:
                    seq = event.seq or seq
                    told, _ = await _tell(who, telling, event)
                    found += _group(told, f"{message.run_id}:{seq}")
                    if len(found) >= limit and (told or event.type in ENDS):
                        return found, f"{message.run_id}:{seq}"
        message, seq = await _next_message(who, message), 0
    return found, None


def place_of(text: str) -> tuple[str, int]:
    """Run and seq of an event's id. Raises BadInput."""
    run, _, seq = text.partition(":")
    if not is_id(run) or not (seq.isascii() and seq.isdecimal()) or len(seq) > 9:
        raise BadInput(problems=[Problem("after", "bad_event_id", "Use the id of an event, RUN:SEQ.")])
    return run, int(seq)


async def first_message(
    who: Caller, conversation: str, after: str | None, *, newest: bool = True
) -> tuple[MessageRow | None, int]:
    """The message to begin with, and the seq after which. Raises NotFound, BadInput."""
    place = place_of(after) if after else None
    async with who.acting("viewer") as scope:
        row = await sending.find(scope, conversation)
        await sending.settle(scope, row)
        if place is not None:
            found = await store.find_message_of(scope.db, place[0])
            if found is None or found.conversation_id != row.id:
                problem = Problem("after", "bad_event_id", "This event is of another conversation.")
                raise BadInput(problems=[problem])
            return found, place[1]
        if not newest:
            return next(iter(await store.list_messages(scope.db, row.id, 0, 1)), None), 0
        waiting = await store.list_open(scope.db, row.id)
        return (waiting[0] if waiting else await store.find_last(scope.db, row.id)), 0


# ── the journal ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _get_message(who: Caller, conversation: str, message: str) -> MessageRow:
    async with who.acting("viewer") as scope:
        return await sending.find_message(scope, await sending.find(scope, conversation), message)


async def _next_message(who: Caller, message: MessageRow) -> MessageRow | None:
    async with who.acting("viewer") as scope:
        later = await store.list_messages(scope.db, message.conversation_id, message.number, 1)
    return later[0] if later else None


async def _there(who: Caller, run: str) -> bool:
    async with who.acting("viewer") as scope:
        return bool(await store.list_runs(scope.db, [run]))


async def _turn_comes(who: Caller, row: MessageRow, secret: str | None) -> Stream:
    """Until a queued message is no longer so; None each 15 s."""
    loop = asyncio.get_running_loop()
    ping = loop.time() + PING
    while row.status == "queued":
        async with who.acting("viewer") as scope:
            conversation = await sending.find(scope, row.conversation_id)
            await sending.settle(scope, conversation)
            row = await sending.find_message(scope, conversation, row.id)
        if row.status != "queued":
            return
        if loop.time() >= ping:
            ping = loop.time() + PING
            if secret is not None:
                await accounts.identify(who.parts, secret, who.workspace)
            yield None
        await asyncio.sleep(LOOK)


def _not_started(telling: Telling, row: MessageRow) -> list[Told]:
    wrong = row.error or {"message": "The message was stopped before its turn came.", "code": "stopped"}
    error: AgUi = {"type": "RUN_ERROR", "message": wrong["message"], "code": wrong["code"]}
    return _group([*telling.begin(again=False), error], None)


async def _before(who: Caller, row: MessageRow) -> list[AgUi]:
    """The branch above a message, and the message."""
    async with who.acting("viewer") as scope:
        branch = await store.list_branch(scope.db, row.id)
        above = [m.run_id for m in branch[:-1]]
        there = {run.id: run for run in await store.list_runs(scope.db, above)}
        steps = await read_steps(scope, above)
    told: list[AgUi] = []
    for message in branch:
        told.append(person(message))
        if message.id != row.id and (run := there.get(message.run_id)) is not None:
            told += said_by(run, steps.get(run.id, []))
    return told


async def _catch_up(who: Caller, telling: Telling, after: int) -> None:
    """Let it hear, silently, what a client has seen."""
    seq = 0
    while seq < after and (kept := await read_events(who, telling.run, seq, KEPT)):
        for event in kept:
            seq = event.seq or seq
            if seq <= after:
                telling.hear(await _whole(who, event))


async def _tell(who: Caller, telling: Telling, event: Event | None) -> tuple[list[AgUi], bool]:
    """What an event says, and whether the stream ends with it."""
    if event is not None and event.type in ENDS:
        return telling.ended(await _run(who, telling.run)), True
    if event is None or event.type in RESTS:
        waits = await _rests(who, telling)
        return waits, bool(waits)
    return telling.hear(await _whole(who, event)), False


async def _rests(who: Caller, telling: Telling) -> list[AgUi]:
    """The end of the stream, where the run rests for a person now."""
    run = await _run(who, telling.run)
    if run.status in OVER or run.status not in ("review", "waiting"):
        return []
    async with who.acting("viewer") as scope:
        asked = await approvals.list_below(scope, telling.run)
    if asked:
        return telling.interrupted(asked, None)
    return telling.interrupted([], run.reason) if run.status == "review" and run.reason != "approval" else []


async def _run(who: Caller, run: str) -> Run:
    async with who.acting("viewer") as scope:
        return await runs.get(scope, run)


async def _whole(who: Caller, event: Event) -> Event:
    """The event with what its step gave, where that is kept beside the journal."""
    if event.type != "step.completed" or not KEY.fullmatch(event.step or "") or event.data.get("output") is not None:
        return event
    async with who.acting("viewer") as scope:
        try:
            step = await journal.get_step(scope.db, event.run_id, event.step or "")
        except NotFound:
            return event
    if not step.ref or not step.ref.startswith(FILE):
        return event
    file = step.ref.removeprefix(FILE)
    value: Any = read_json(await who.parts.files.get(who.workspace, file))
    return event.model_copy(update={"data": {**event.data, "output": value, "output_file": file}})


def _group(told: list[AgUi], id: str | None) -> list[Told]:
    """Events that belong together: a stream can go on after the last of them."""
    return [Told(id=id if i == len(told) - 1 else None, event=event) for i, event in enumerate(told)]
