"""A branch: what an agent is told of the conversation above a message, and the message."""

from typing import cast

from pydantic import JsonValue

from troupe.catalog.contract import Message
from troupe.features.agents.pictures import named
from troupe.features.chat import attached, store
from troupe.features.chat.answers import history_of
from troupe.features.chat.steps import read_steps
from troupe.features.chat.store import ConversationRow, MessageRow
from troupe.features.scope import Scope


async def given_of(scope: Scope, row: ConversationRow, message: MessageRow, result: int) -> JsonValue:
    """The input of a message's run; `result`: characters of a tool's result that the history holds."""
    told = await history_above(scope, message.parent_id, result)
    given = {
        **row.input, **message.input, "conversation": row.id, "attachments": message.attachments,
        "history": [said.model_dump(exclude_defaults=True) for said in told],
        "message": await attached.into(scope, message.text, message.attachments),
    }  # fmt: skip
    return cast(JsonValue, given)


async def history_above(scope: Scope, last: str | None, result: int) -> list[Message]:
    """What was said from the beginning to a message and its answer, as models read it."""
    if last is None:
        return []
    branch = await store.list_branch(scope.db, last)
    ids = [m.run_id for m in branch]
    runs = {run.id: run for run in await store.list_runs(scope.db, ids)}
    steps = await read_steps(scope, ids, results=True)
    told: list[Message] = []
    for message in branch:
        text = await attached.into(scope, message.text, message.attachments)
        told.append(Message(role="user", text=text, images=named([*message.attachments])))
        if (run := runs.get(message.run_id)) is not None:
            told += history_of(run, steps.get(run.id, []), result)
    return told
