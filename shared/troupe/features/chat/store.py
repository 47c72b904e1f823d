"""All SQL of conversations."""

from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from troupe.base.db import Db
from troupe.features.chat.models import Status


class ConversationRow(BaseModel, frozen=True):
    """A row of `conversations` with its agent's name."""

    id: str
    agent_id: str
    agent: str
    pin: str
    title: str
    input: dict[str, Any]
    created_by: str
    created_at: datetime


class MessageRow(BaseModel, frozen=True):
    """A row of `messages`."""

    id: str
    conversation_id: str
    number: int
    parent_id: str | None
    origin_id: str | None
    run_id: str
    text: str
    attachments: list[dict[str, Any]]
    input: dict[str, Any]
    status: Status
    error: dict[str, Any] | None
    created_by: str
    created_at: datetime


class StepRow(BaseModel, frozen=True):
    """A step of an answer."""

    run_id: str
    key: str
    block: str | None
    state: str
    ref: str | None
    result: Any
    cost_usd: float
    input_tokens: int
    output_tokens: int
    seconds: float


class RunRow(BaseModel, frozen=True):
    """What an answer shows of its run."""

    id: str
    status: str
    reason: str | None
    output: Any
    error: dict[str, Any] | None


_CONVERSATION: LiteralString = """
SELECT c.id, c.agent_id, d.name AS agent, c.pin, c.title, c.input, c.created_by, c.created_at
FROM conversations c JOIN definitions d ON d.id = c.agent_id
"""
_MESSAGE: LiteralString = """
SELECT id, conversation_id, number, parent_id, origin_id, run_id, text, attachments, input, status, error, created_by,
       created_at
FROM messages
"""


async def insert_conversation(
    db: Db, id: str, agent: str, pin: str, title: str, input: dict[str, Any], by: str
) -> ConversationRow:
    """A new conversation."""
    await db.execute(
        """INSERT INTO conversations (workspace_id, id, agent_id, pin, title, input, created_by)
           VALUES (%(workspace)s, %(id)s, %(agent)s, %(pin)s, %(title)s, %(input)s, %(by)s)""",
        id=id, agent=agent, pin=pin, title=title, input=input, by=by,
    )  # fmt: skip
    return await get_conversation(db, id)


async def get_conversation(db: Db, id: str) -> ConversationRow:
    """One conversation. Raises NotFound."""
    return await db.one(
        ConversationRow, _CONVERSATION + "WHERE c.workspace_id = %(workspace)s AND c.id = %(id)s", id=id
    )


async def lock_conversation(db: Db, id: str) -> bool:
    """Hold a conversation, so that what is sent, ended and started there comes one after the other; False: no such."""
    return bool(
        await db.value(
            "SELECT 1 FROM conversations WHERE workspace_id = %(workspace)s AND id = %(id)s FOR NO KEY UPDATE", id=id
        )
    )


async def list_conversations(db: Db, agent: str | None, after: str | None, limit: int) -> list[ConversationRow]:
    """Conversations, newest first; `agent` is a name or an id."""
    return await db.all(
        ConversationRow,
        _CONVERSATION
        + """WHERE c.workspace_id = %(workspace)s
               AND (%(agent)s::text IS NULL OR d.name = %(agent)s OR d.id::text = %(agent)s)
               AND (%(after)s::uuid IS NULL OR c.id < %(after)s::uuid)
             ORDER BY c.id DESC LIMIT %(limit)s""",
        agent=agent, after=after, limit=limit,
    )  # fmt: skip


async def update_title(db: Db, id: str, title: str) -> None:
    """Another title."""
    await db.execute(
        "UPDATE conversations SET title = %(title)s WHERE workspace_id = %(workspace)s AND id = %(id)s",
        id=id, title=title,
    )  # fmt: skip


async def remove_conversation(db: Db, id: str) -> None:
    """Forget a conversation and its messages."""
    await db.execute("DELETE FROM conversations WHERE workspace_id = %(workspace)s AND id = %(id)s", id=id)


async def insert_message(
    db: Db, conversation: str, id: str, run: str, parent: str | None, origin: str | None, text: str,
    attachments: list[dict[str, Any]], input: dict[str, Any], by: str,
) -> MessageRow:  # fmt: skip
    """One more message, queued. The conversation is locked."""
    await db.execute(
        """INSERT INTO messages (workspace_id, id, conversation_id, number, parent_id, origin_id, run_id, text,
                                 attachments, input, status, created_by)
           SELECT %(workspace)s, %(id)s, %(conversation)s, coalesce(max(number), 0) + 1, %(parent)s, %(origin)s,
                  %(run)s, %(text)s, %(attachments)s, %(input)s, 'queued', %(by)s
           FROM messages WHERE conversation_id = %(conversation)s""",
        conversation=conversation, id=id, run=run, parent=parent, origin=origin, text=text,
        attachments=Jsonb(attachments), input=input, by=by,
    )  # fmt: skip
    return await get_message(db, conversation, id)


async def get_message(db: Db, conversation: str, id: str) -> MessageRow:
    """One message of a conversation. Raises NotFound."""
    return await db.one(
        MessageRow,
        _MESSAGE + "WHERE workspace_id = %(workspace)s AND conversation_id = %(conversation)s AND id = %(id)s",
        conversation=conversation, id=id,
    )  # fmt: skip


async def find_message_of(db: Db, run: str) -> MessageRow | None:
    """The message that a run answers."""
    return await db.find(MessageRow, _MESSAGE + "WHERE workspace_id = %(workspace)s AND run_id = %(run)s", run=run)


async def find_last(db: Db, conversation: str) -> MessageRow | None:
    """The message that came last."""
    return await db.find(
        MessageRow,
        _MESSAGE
        + """WHERE workspace_id = %(workspace)s AND conversation_id = %(conversation)s
             ORDER BY number DESC LIMIT 1""",
        conversation=conversation,
    )


async def list_messages(db: Db, conversation: str, after: int, limit: int) -> list[MessageRow]:
    """Messages with a larger number, in order."""
    return await db.all(
        MessageRow,
        _MESSAGE
        + """WHERE workspace_id = %(workspace)s AND conversation_id = %(conversation)s AND number > %(after)s
             ORDER BY number LIMIT %(limit)s""",
        conversation=conversation, after=after, limit=limit,
    )  # fmt: skip


async def list_open(db: Db, conversation: str) -> list[MessageRow]:
    """Messages that are queued or being answered, in order."""
    return await db.all(
        MessageRow,
        _MESSAGE
        + """WHERE workspace_id = %(workspace)s AND conversation_id = %(conversation)s
               AND status IN ('queued', 'running') ORDER BY number""",
        conversation=conversation,
    )


async def list_branch(db: Db, message: str | None) -> list[MessageRow]:
    """A message and all above it, the first one first."""
    return await db.all(
        MessageRow,
        """WITH RECURSIVE up AS (
               SELECT m.*, 0 AS level FROM messages m WHERE m.workspace_id = %(workspace)s AND m.id = %(message)s
               UNION ALL SELECT m.*, up.level + 1 FROM up JOIN messages m ON m.id = up.parent_id)
           SELECT id, conversation_id, number, parent_id, origin_id, run_id, text, attachments, input, status, error,
                  created_by, created_at
           FROM up ORDER BY level DESC""",
        message=message,
    )


async def update_status(db: Db, id: str, status: Status, error: dict[str, Any] | None = None) -> None:
    """What has become of a message."""
    await db.execute(
        """UPDATE messages SET status = %(status)s, error = %(error)s
           WHERE workspace_id = %(workspace)s AND id = %(id)s""",
        id=id, status=status, error=error,
    )  # fmt: skip


async def list_runs(db: Db, runs: list[str]) -> list[RunRow]:
    """Those of these runs that there are."""
    return await db.all(
        RunRow,
        """SELECT id, status, reason, output, error FROM runs
           WHERE workspace_id = %(workspace)s AND id = ANY(%(runs)s::uuid[])""",
        runs=runs,
    )


async def list_steps(db: Db, runs: list[str]) -> list[StepRow]:
    """The steps of these runs that answers are made of, by the order of their ends."""
    return await db.all(
        StepRow,
        """SELECT run_id, key, block, state, ref, result, coalesce(cost_usd, 0)::float8 AS cost_usd,
                  coalesce(input_tokens, 0) AS input_tokens, coalesce(output_tokens, 0) AS output_tokens,
                  coalesce(seconds, 0)::float8 AS seconds
           FROM steps
           WHERE workspace_id = %(workspace)s AND run_id = ANY(%(runs)s::uuid[]) AND starts_with(key, 'turn/')
           ORDER BY run_id, seq NULLS LAST, key""",
        runs=runs,
    )
