"""Conversations over HTTP; streams are AG-UI events by SSE."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from troupe.features.accounts.deps import Editor, Reader, Viewer, secret_of
from troupe.features.chat import sending, service
from troupe.features.chat.models import (
    ChangeConversation,
    Conversation,
    Edit,
    Message,
    Retry,
    Say,
    Sent,
    StartConversation,
    Told,
)
from troupe.features.chat.stream import Stream, first_message, follow_conversation, follow_message, list_told
from troupe.features.idempotency.service import Idempotency, Key
from troupe.features.pages import Cursor, Limit, Page, after, cut
from troupe.features.runs.stream import ended
from troupe.features.scope import Caller, Scope

router = APIRouter(prefix="/conversations", tags=["conversations"])
SSE = "text/event-stream"
STREAMS: dict[int | str, dict[str, Any]] = {200: {"content": {SSE: {}}, "description": "AG-UI events"}}
STOP_SECONDS = 5.0  # that a stop waits for the end of what it stops
Accept = Annotated[str, Header()]
After = Annotated[str | None, Query(max_length=60, description="The id of an event, RUN:SEQ.")]


@router.post("", status_code=201, response_model=Conversation)
async def start_conversation(body: StartConversation, scope: Editor, once: Idempotency) -> Response:
    """Begin a conversation with an agent."""

    async def start() -> tuple[int, Any, dict[str, str]]:
        made = await service.start(scope, body)
        return 201, made, {"location": f"/api/v1/conversations/{made.id}"}

    return await once.answer(scope, "POST /conversations", body, start)


@router.get("")
async def list_conversations(
    scope: Viewer, agent: Annotated[str | None, Query(max_length=100)] = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[Conversation]:
    """Conversations, newest first; `agent` is a name or an id."""
    return cut(await service.list_conversations(scope, agent, after(cursor), limit + 1), limit)


@router.get("/{id}")
async def get_conversation(id: str, scope: Viewer) -> Conversation:
    """One conversation."""
    return await service.get(scope, id)


@router.patch("/{id}")
async def rename_conversation(id: str, body: ChangeConversation, scope: Editor) -> Conversation:
    """Another title."""
    return await service.rename(scope, id, body.title)


@router.delete("/{id}", status_code=204)
async def remove_conversation(id: str, scope: Editor) -> None:
    """Forget a conversation; an answer under way is ended."""
    await service.remove(scope, id)


@router.get("/{id}/messages")
async def list_messages(
    id: str, scope: Viewer, limit: Limit = 50, cursor: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> Page[Message]:
    """Messages in the order they came, with their answers; the cursor is a number."""
    found = await service.list_messages(scope, id, cursor, limit + 1)
    more = str(found[limit - 1].number) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{id}/messages/{message}")
async def get_message(id: str, message: str, scope: Viewer) -> Message:
    """One message with its answer."""
    return await service.get_message(scope, id, message)


@router.post("/{id}/messages", status_code=202, response_model=Sent, responses=STREAMS)
async def send_message(
    id: str, body: Say, request: Request, who: Reader, once: Idempotency, accept: Accept = ""
) -> Response:
    """Say something: the answer as AG-UI events where `Accept: text/event-stream` asks for them."""

    async def send(scope: Scope) -> Sent:
        return await sending.send(scope, id, body)

    return await _sent(who, request, once, f"POST /conversations/{id}/messages", body, accept, send)


@router.post("/{id}/messages/{message}/retry", status_code=202, response_model=Sent, responses=STREAMS)
async def retry_message(
    id: str, message: str, body: Retry, request: Request, who: Reader, once: Idempotency, accept: Accept = ""
) -> Response:
    """A new answer to a message, beside the old one."""

    async def send(scope: Scope) -> Sent:
        return await sending.retry(scope, id, message, body)

    return await _sent(who, request, once, f"POST /conversations/{id}/messages/{message}/retry", body, accept, send)


@router.post("/{id}/messages/{message}/edit", status_code=202, response_model=Sent, responses=STREAMS)
async def edit_message(
    id: str, message: str, body: Edit, request: Request, who: Reader, once: Idempotency, accept: Accept = ""
) -> Response:
    """A message said otherwise, beside the old one."""

    async def send(scope: Scope) -> Sent:
        return await sending.edit(scope, id, message, body)

    return await _sent(who, request, once, f"POST /conversations/{id}/messages/{message}/edit", body, accept, send)


@router.post("/{id}/stop")
async def stop_conversation(id: str, who: Reader) -> Page[Sent]:
    """End the answer under way, if there is one; what was said stays. What is queued comes next."""
    async with who.acting("editor") as scope:
        stopped = await sending.stop(scope, id)
    for one in stopped:
        await ended(who, one.run_id, STOP_SECONDS)
    async with who.acting("editor") as scope:
        found = [await sending.after_stop(scope, one.run_id) for one in stopped]
    return Page(
        items=[s.model_copy(update={"status": "stopped"}) if f else s for s, f in zip(stopped, found, strict=True)]
    )


@router.get("/{id}/events", response_model=Page[Told], responses=STREAMS)
async def conversation_events(
    id: str, request: Request, who: Reader, after: After = None, accept: Accept = "", limit: Limit = 200,
    last_event_id: Annotated[str | None, Header(max_length=60)] = None,
) -> Response:  # fmt: skip
    """The answers as AG-UI events, after the one with this id: as a stream where `Accept` asks for one."""
    if SSE in accept:
        await first_message(who, id, last_event_id or after)
        return _stream(follow_conversation(who, id, last_event_id or after, secret_of(request)))
    items, cursor = await list_told(who, id, after, limit)
    return JSONResponse(Page(items=items, next_cursor=cursor).model_dump(mode="json"))


async def _sent(
    who: Caller, request: Request, once: Key, route: str, body: BaseModel, accept: str,
    send: Callable[[Scope], Awaitable[Sent]],
) -> Response:  # fmt: skip
    """Send once per key, then answer with what was kept or with the stream of its answer."""

    async with who.acting("editor") as scope:

        async def work() -> tuple[int, Any, dict[str, str]]:
            made = await send(scope)
            return 202, made, {"x-run-id": made.run_id}

        kept = await once.answer(scope, route, body, work)
    if SSE not in accept:
        return kept
    sent = Sent.model_validate_json(bytes(kept.body))
    events = follow_message(who, request.path_params["id"], sent.message_id, secret=secret_of(request))
    return _stream(events, {"x-run-id": sent.run_id, "x-message-id": sent.message_id})


def _stream(events: Stream, headers: dict[str, str] | None = None) -> Response:
    return StreamingResponse(_sse(events), media_type=SSE, headers={"x-accel-buffering": "no", **(headers or {})})


async def _sse(events: Stream) -> AsyncGenerator[bytes]:
    async with contextlib.aclosing(events):
        async for told in events:
            yield b": ping\n\n" if told is None else line(told)


def line(told: Told) -> bytes:
    """One event in the form of Server-Sent Events."""
    id = f"id: {told.id}\n".encode() if told.id else b""
    return id + b"data: " + orjson.dumps(told.event) + b"\n\n"
