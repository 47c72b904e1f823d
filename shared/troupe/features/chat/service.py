"""Conversations: begin, list, rename, remove; and what was said in one."""

from typing import Any, cast

from troupe.base.errors import BadInput, Problem
from troupe.base.ids import new_id
from troupe.features.agents.check import OWN
from troupe.features.agents.service import AGENT
from troupe.features.chat import sending, store
from troupe.features.chat.answers import answer_of
from troupe.features.chat.models import AgentName, Conversation, Message, StartConversation
from troupe.features.chat.steps import read_steps
from troupe.features.definitions import service as definitions
from troupe.features.runs import service as runs
from troupe.features.runs.models import Failure
from troupe.features.scope import Scope


async def start(scope: Scope, what: StartConversation) -> Conversation:
    """A new conversation with an agent, `name|id[@alias|@number]`. Raises NotFound, BadInput."""
    version = await definitions.resolve(scope.db, AGENT, what.agent)
    if own := [name for name in OWN if name in what.input]:
        raise BadInput(problems=[Problem(f"input.{name}", "taken", "This is no variable.") for name in own])
    _, at, pin = what.agent.partition("@")
    given = cast("dict[str, Any]", runs.clean_input(dict(what.input)))
    row = await store.insert_conversation(
        scope.db, new_id(), version.definition_id or "", at + pin, what.title, given, scope.actor
    )
    return view(row)


async def get(scope: Scope, id: str) -> Conversation:
    """One conversation. Raises NotFound."""
    return view(await sending.find(scope, id))


async def list_conversations(scope: Scope, agent: str | None, after: str | None, limit: int) -> list[Conversation]:
    """Conversations, newest first; `agent` is a name or an id."""
    return [view(row) for row in await store.list_conversations(scope.db, agent, after, limit)]


async def rename(scope: Scope, id: str, title: str) -> Conversation:
    """Another title. Raises NotFound."""
    await sending.find(scope, id)
    await store.update_title(scope.db, id, title)
    return await get(scope, id)


async def remove(scope: Scope, id: str) -> None:
    """Forget a conversation; what is being answered is ended. Raises NotFound."""
    row = await sending.lock(scope, id)
    await sending.end_running(scope, row.id, "the conversation was removed")
    await store.remove_conversation(scope.db, row.id)


async def list_messages(scope: Scope, id: str, after: int, limit: int) -> list[Message]:
    """Messages in the order they came, each with its answer as far as it is. Raises NotFound."""
    row = await sending.find(scope, id)
    await sending.settle(scope, row)
    return await views(scope, await store.list_messages(scope.db, row.id, after, limit))


async def get_message(scope: Scope, id: str, message: str) -> Message:
    """One message and its answer. Raises NotFound."""
    return (await views(scope, [await sending.find_message(scope, await sending.find(scope, id), message)]))[0]


async def views(scope: Scope, rows: list[store.MessageRow]) -> list[Message]:
    """Messages with their answers, read from the journals."""
    ids = [row.run_id for row in rows]
    there = {run.id: run for run in await store.list_runs(scope.db, ids)}
    steps = await read_steps(scope, ids)
    return [_message(row, there.get(row.run_id), steps.get(row.run_id, [])) for row in rows]


def view(row: store.ConversationRow) -> Conversation:
    """A conversation as a caller sees it."""
    agent = AgentName(id=row.agent_id, name=row.agent, ref=row.agent + row.pin)
    return Conversation(
        id=row.id, agent=agent, title=row.title, input=row.input, created_by=row.created_by, created_at=row.created_at
    )


def _message(row: store.MessageRow, run: store.RunRow | None, steps: list[store.StepRow]) -> Message:
    answer = answer_of(run, steps)
    if row.error:
        answer = answer.model_copy(update={"error": Failure.model_validate(row.error)})
    return Message(
        id=row.id, number=row.number, parent=row.parent_id, origin=row.origin_id, text=row.text,
        attachments=row.attachments, input=row.input, status=row.status, run_id=row.run_id, created_by=row.created_by,
        created_at=row.created_at, answer=answer,
    )  # fmt: skip
