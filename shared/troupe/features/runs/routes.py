"""Runs over HTTP."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime

from troupe.features.accounts.deps import Editor, Reader, Viewer, secret_of
from troupe.features.idempotency.service import Idempotency
from troupe.features.pages import Cursor, Limit, Page, after, cut
from troupe.features.runs import figures, service
from troupe.features.runs.models import (
    Event,
    ForkRun,
    Resume,
    Run,
    RunStatus,
    SendSignal,
    Settle,
    SignalKept,
    StartRun,
    Step,
    Terminate,
    Which,
    WorkspaceFigures,
)
from troupe.features.runs.stream import check_run, follow, read_events

router = APIRouter(prefix="/runs", tags=["runs"])
all_figures = APIRouter(tags=["runs"])
Name = Annotated[str | None, Query(max_length=100)]
Time = Annotated[AwareDatetime | None, Query()]
Offset = Annotated[int, Query(ge=-840, le=840, description="Minutes by which the days begin before those of UTC.")]


@router.post("", status_code=202, response_model=Run)
async def start_run(body: StartRun, scope: Editor, once: Idempotency) -> Response:
    """Start a run of a workflow or of a text."""

    async def start() -> tuple[int, Any, dict[str, str]]:
        run = await service.start(scope, body)
        return 202, run, {"location": f"/api/v1/runs/{run.id}"}

    return await once.answer(scope, "POST /runs", body, start)


@router.get("")
async def list_runs(
    scope: Viewer, status: RunStatus | None = None, workflow: Name = None, agent: Name = None, since: Time = None,
    until: Time = None, parent: Name = None, limit: Limit = 50, cursor: Cursor = None,
) -> Page[Run]:  # fmt: skip
    """Runs, newest first: those that no other run started, or with `parent` those that it did. `workflow` and `agent`
    are an id or a name; made from `since` until before `until`."""
    which = Which(status=status, workflow=workflow, agent=agent, since=since, until=until, parent=parent)
    return cut(await service.list_runs(scope, which, after(cursor), limit + 1), limit)


@router.get("/{id}")
async def get_run(id: str, scope: Viewer) -> Run:
    """One run."""
    return await service.get(scope, id)


@router.get("/{id}/steps")
async def list_steps(
    id: str, scope: Viewer, key: Annotated[str | None, Query(max_length=512)] = None, limit: Limit = 200,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> Page[Step]:  # fmt: skip
    """The steps of a run by key; `key` is a prefix, the cursor a key."""
    steps = await service.list_steps(scope, id, key, cursor, limit + 1)
    return Page(items=steps[:limit], next_cursor=steps[limit - 1].key if len(steps) > limit else None)


@router.get("/{id}/events", response_model=Page[Event], responses={200: {"content": {"text/event-stream": {}}}})
async def list_events(
    id: str, request: Request, who: Reader, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    last_event_id: Annotated[str | None, Header()] = None, accept: Annotated[str, Header()] = "", limit: Limit = 200,
) -> Response:  # fmt: skip
    """Kept events after a seq; as a stream where `Accept: text/event-stream` asks for one."""
    if "text/event-stream" in accept:
        start = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
        await check_run(who, id)
        events = follow(who, id, min(start, 2**31 - 1), secret_of(request))
        return StreamingResponse(_sse(events), media_type="text/event-stream", headers={"x-accel-buffering": "no"})
    items = await read_events(who, id, after, limit + 1)
    cursor = str(items[limit - 1].seq) if len(items) > limit else None
    return JSONResponse(Page(items=items[:limit], next_cursor=cursor).model_dump(mode="json"))


async def _sse(events: AsyncGenerator[Event | None]) -> AsyncGenerator[bytes]:
    async for event in events:
        yield b": ping\n\n" if event is None else line(event)


def line(event: Event) -> bytes:
    """One event in the form of Server-Sent Events; a live one has no id."""
    id = f"id: {event.seq}\n" if event.seq is not None else ""
    return f"{id}event: {event.type}\ndata: {event.model_dump_json()}\n\n".encode()


@router.post("/{id}/settle")
async def settle(id: str, body: Settle, scope: Editor) -> Run:
    """Say what became of an unclear step."""
    return await service.settle(scope, id, body)


@router.post("/{id}/resume")
async def resume(id: str, body: Resume, scope: Editor) -> Run:
    """Let a run out of quarantine."""
    return await service.resume(scope, id, body.note)


@router.post("/{id}/signals", status_code=202)
async def send_signal(id: str, body: SendSignal, scope: Editor) -> SignalKept:
    """Send a run a message."""
    return await service.signal(scope, id, body)


@router.post("/{id}/fork", status_code=202, response_model=Run)
async def fork(id: str, body: ForkRun, scope: Editor, once: Idempotency) -> Response:
    """Start again at a step."""

    async def start() -> tuple[int, Any, dict[str, str]]:
        run = await service.fork(scope, id, body)
        return 202, run, {"location": f"/api/v1/runs/{run.id}"}

    return await once.answer(scope, f"POST /runs/{id}/fork", body, start)


@router.post("/{id}/terminate")
async def terminate(id: str, body: Terminate, scope: Editor) -> Run:
    """End a run and those below it."""
    return await service.terminate(scope, id, body.reason)


@all_figures.get("/figures")
async def get_figures(
    scope: Viewer, since: AwareDatetime, until: AwareDatetime, offset: Offset = 0
) -> WorkspaceFigures:
    """How the workspace's runs of a time went: in all, by day, by workflow and agent."""
    return await figures.figures(scope, since, until, offset)
