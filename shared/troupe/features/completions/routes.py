"""The doors of OpenAI's clients, at the root: `/v1`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Protocol

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.routing import APIRoute

from troupe.base.errors import TroupeError
from troupe.base.values import read_json
from troupe.features.accounts.deps import Viewer, caller
from troupe.features.completions import chat, kept, responses, service
from troupe.features.completions.asked import Answer
from troupe.features.completions.follow import answer_of, follow
from troupe.features.completions.service import Started
from troupe.features.idempotency.service import Key, key
from troupe.features.scope import Caller


class Direct(APIRoute):
    """A route whose function takes the request as it is: solving dependencies would cost more than the rest of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


router = APIRouter(prefix="/v1", tags=["openai"])
doors = APIRouter(route_class=Direct)
Pieces = AsyncGenerator[str | Answer | None]


class Form(Protocol):
    """The events of one wire form."""

    def begin(self) -> bytes: ...
    def text(self, piece: str) -> bytes: ...
    def end(self, answer: Answer) -> bytes: ...
    def failed(self, wrong: TroupeError) -> bytes: ...


_ending: set[asyncio.Task[None]] = set()


@router.get("/models")
async def list_models(scope: Viewer) -> dict[str, Any]:
    """The agents of the workspace, and the models that can be named."""
    return {"object": "list", "data": await service.list_models(scope)}


@router.get("/models/{id:path}")
async def get_model(id: str, scope: Viewer) -> dict[str, Any]:
    """One agent or model."""
    return await service.get_model(scope, id)


@doors.post("/chat/completions", openapi_extra=chat.OPENAPI)
async def create_chat_completion(request: Request) -> Response:
    """Ask an agent or a model, in the form of OpenAI's Chat Completions."""
    who = await caller(request)
    given = chat.read(read_json(await request.body()))
    started = await service.start(who, given.asked, {"kind": "chat"}, await _key_of(request))
    run, created, model = started.run.id, int(time.time()), given.asked.model
    if not given.asked.stream:
        answer = await answer_of(who, started)
        return _json(chat.whole(run, created, model, answer), run)
    chunks = chat.Chunks(run, created, model, with_usage=given.with_usage)
    return await _stream(who, started, chunks)


@doors.post("/responses", openapi_extra=responses.OPENAPI)
async def create_response(request: Request) -> Response:
    """Ask an agent or a model, in the form of OpenAI's Responses."""
    who = await caller(request)
    given = responses.read(read_json(await request.body()))
    asked = await kept.continued(who, given)
    started = await service.start(who, asked, given.door(), await _key_of(request))
    run = started.run.id
    made = responses.Made(run, int(started.run.created_at.timestamp()), given.door())
    if asked.stream:
        return await _stream(who, started, responses.Events(made))
    answer = await answer_of(who, started)
    return _json(made.over(answer), run)


@router.get("/responses/{id}")
async def get_response(id: str, scope: Viewer) -> Response:
    """A response that was kept, as it stands now."""
    return _json(await kept.get_response(scope, id), id)


router.include_router(doors)


async def _key_of(request: Request) -> Key:
    return await key(request.headers.get("idempotency-key"))


def _json(body: dict[str, Any], run: str) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers={"x-run-id": run})


async def _stream(who: Caller, started: Started, form: Form) -> Response:
    """Events as the answer comes. What fails before the first word is an error with a status of its own."""
    pieces = follow(who, started)
    first = await anext(pieces)
    headers = {"x-run-id": started.run.id, "x-accel-buffering": "no", "cache-control": "no-store"}
    return StreamingResponse(_events(who, started, form, pieces, first), 200, headers, "text/event-stream")


async def _events(
    who: Caller, started: Started, form: Form, pieces: Pieces, first: str | Answer | None
) -> AsyncGenerator[bytes]:
    over = False
    try:
        async with aclosing(pieces):
            yield form.begin() + _event(form, first)
            async for piece in pieces:
                yield _event(form, piece)
        over = True
    except TroupeError as failed:
        over = True
        yield form.failed(failed)
    finally:
        if not over and not started.lasting:  # nobody will read it, and every further token costs
            task = asyncio.ensure_future(service.stop(who, started.run.id))
            _ending.add(task)
            task.add_done_callback(_ending.discard)


def _event(form: Form, piece: str | Answer | None) -> bytes:
    if isinstance(piece, str):
        return form.text(piece)
    return b": ping\n\n" if piece is None else form.end(piece)
