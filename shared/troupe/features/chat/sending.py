"""Sending: a message, another answer to it, or it said otherwise; what waits its turn, and what is stopped.

A conversation answers one message at a time. Its row is locked by whoever sends, ends or starts one; so a queued
message is started once: by the run that ends before it (program), after a stop (app/messages), or by whoever looks.
"""

from typing import Any, cast

from pydantic import JsonValue

from troupe.base.errors import BadInput, Conflict, NotFound, Problem, TroupeError
from troupe.base.ids import is_id, new_id
from troupe.features.agents.check import OWN
from troupe.features.agents.service import AGENT, PROGRAM, read_kept
from troupe.features.chat import attached, store
from troupe.features.chat.branch import given_of
from troupe.features.chat.models import Busy, Edit, Retry, Say, Sent, Status
from troupe.features.chat.store import ConversationRow, MessageRow
from troupe.features.definitions import service as definitions
from troupe.features.definitions.store import VersionRow
from troupe.features.runs import service as runs
from troupe.features.runs.models import OVER
from troupe.features.scope import Scope

ENDED: dict[str, Status] = {"completed": "done", "failed": "failed", "terminated": "stopped"}
TITLE = 80  # characters of the first message

# ── send ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def send(scope: Scope, id: str, what: Say) -> Sent:
    """A message. Raises NotFound, BadInput, and Conflict `busy` where the agent does not take it now."""
    row = await lock(scope, id)
    own = [Problem(f"input.{name}", "taken", "This is no variable.") for name in OWN if name in what.input]
    if own:
        raise BadInput(problems=own)
    files = await attached.check(scope, what.attachments)
    input = cast("dict[str, Any]", runs.clean_input(dict(what.input)))
    parent = await _parent(scope, row, what)
    return await _add(scope, row, parent, None, what.text, files, input, what.when_busy)


async def retry(scope: Scope, id: str, message: str, what: Retry) -> Sent:
    """A new answer to a message, beside the old one. Raises NotFound, Conflict."""
    row = await lock(scope, id)
    old = await find_message(scope, row, message)
    return await _add(scope, row, old.parent_id, old.id, old.text, old.attachments, old.input, what.when_busy)


async def edit(scope: Scope, id: str, message: str, what: Edit) -> Sent:
    """A message said otherwise, beside the old one. Raises NotFound, Conflict."""
    row = await lock(scope, id)
    old = await find_message(scope, row, message)
    return await _add(scope, row, old.parent_id, old.id, what.text, old.attachments, old.input, what.when_busy)


async def _parent(scope: Scope, row: ConversationRow, what: Say) -> str | None:
    if what.parent is not None:
        return (await find_message(scope, row, what.parent)).id
    last = None if "parent" in what.model_fields_set else await store.find_last(scope.db, row.id)
    return last.id if last else None


async def _add(
    scope: Scope, row: ConversationRow, parent: str | None, origin: str | None, text: str, files: list[dict[str, Any]],
    input: dict[str, Any], when_busy: Busy | None,
) -> Sent:  # fmt: skip
    version = await _version(scope, row)
    definitions.check_input(version, cast(JsonValue, {**row.input, **input, "message": text}))
    if await go_on(scope, row):
        how = when_busy or read_kept(version.text).when_busy
        if how == "reject":
            hint = "Wait for its end, stop it, or say `when_busy`: queue or interrupt."
            raise Conflict("An answer is under way in this conversation.", code="busy", hint=hint)
        if how == "interrupt":
            await end_running(scope, row.id, "interrupted by another message")
    if not row.title:
        await store.update_title(scope.db, row.id, " ".join(text.split())[:TITLE])
    made = await store.insert_message(
        scope.db, row.id, new_id(), new_id(), parent, origin, text, files, input, scope.actor
    )
    await go_on(scope, row)
    made = await store.get_message(scope.db, row.id, made.id)
    return Sent(message_id=made.id, run_id=made.run_id, status=made.status)


# ── go on ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def go_on(scope: Scope, row: ConversationRow) -> bool:
    """Note what has ended and start what is next; whether an answer is under way then. The conversation is locked."""
    waiting = await store.list_open(scope.db, row.id)
    running = [m for m in waiting if m.status == "running"]
    status = {run.id: run.status for run in await store.list_runs(scope.db, [m.run_id for m in running])}
    for message in running:
        if (ended := status.get(message.run_id, "failed")) in OVER:
            await store.update_status(scope.db, message.id, ENDED[ended])
    if any(status.get(m.run_id, "failed") not in OVER for m in running):
        return True
    for message in waiting:
        if message.status == "queued" and await _start(scope, row, message):
            return True
    return False


async def settle(scope: Scope, row: ConversationRow) -> None:
    """For whoever looks: nothing that was left behind stays so."""
    if await store.list_open(scope.db, row.id) and await store.lock_conversation(scope.db, row.id):
        await go_on(scope, row)


async def _start(scope: Scope, row: ConversationRow, message: MessageRow) -> bool:
    """Start the run of a queued message; False where that cannot be, which the message then says."""
    try:
        version = await _version(scope, row)
        definitions.check_input(version, cast(JsonValue, {**row.input, **message.input, "message": message.text}))
        given = await given_of(scope, row, message, read_kept(version.text).context.result)
        await runs.launch(scope, PROGRAM, given, version=version, id=message.run_id)
    except (NotFound, BadInput) as wrong:
        await store.update_status(scope.db, message.id, "failed", _told(wrong))
        return False
    await store.update_status(scope.db, message.id, "running")
    return True


def _told(wrong: TroupeError) -> dict[str, Any]:
    return {"code": wrong.code, "message": wrong.message, "hint": wrong.hint, "retryable": wrong.retryable}


async def _version(scope: Scope, row: ConversationRow) -> VersionRow:
    """The version that the conversation's agent stands for now."""
    return await definitions.resolve(scope.db, AGENT, row.agent_id + row.pin)


# ── stop ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def stop(scope: Scope, id: str) -> list[Sent]:
    """Ask what is being answered to end; what was said stays. Raises NotFound."""
    row = await lock(scope, id)
    await go_on(scope, row)
    return await end_running(scope, row.id, "stopped by a person")


async def end_running(scope: Scope, id: str, reason: str) -> list[Sent]:
    """Ask the runs under way to end. What is queued starts when they have."""
    found = [m for m in await store.list_open(scope.db, id) if m.status == "running"]
    for message in found:
        await runs.terminate(scope, message.run_id, reason)
    return [Sent(message_id=m.id, run_id=m.run_id, status=m.status) for m in found]


async def after_stop(scope: Scope, run: str) -> bool:
    """A run was asked to end: if it answers a message, go on there once it has; False where it has not yet."""
    message = await store.find_message_of(scope.db, run)
    if message is None or not await store.lock_conversation(scope.db, message.conversation_id):
        return True
    await go_on(scope, await store.get_conversation(scope.db, message.conversation_id))
    return (await store.get_message(scope.db, message.conversation_id, message.id)).status != "running"


# ── find ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def find(scope: Scope, id: str) -> ConversationRow:
    """A conversation. Raises NotFound."""
    if is_id(id):
        try:
            return await store.get_conversation(scope.db, id)
        except NotFound:
            pass
    raise NotFound("No conversation with this id in this workspace.")


async def lock(scope: Scope, id: str) -> ConversationRow:
    """A conversation, held until the scope commits. Raises NotFound."""
    if not is_id(id) or not await store.lock_conversation(scope.db, id):
        raise NotFound("No conversation with this id in this workspace.")
    return await find(scope, id)


async def find_message(scope: Scope, row: ConversationRow, id: str) -> MessageRow:
    """A message of a conversation. Raises NotFound."""
    if is_id(id):
        try:
            return await store.get_message(scope.db, row.id, id)
        except NotFound:
            pass
    raise NotFound("No message with this id in this conversation.")
