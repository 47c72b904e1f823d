"""Tasks over HTTP."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import JsonValue, RootModel

from troupe.base.errors import BadInput, ServerFailed
from troupe.features.accounts.deps import Reader
from troupe.features.idempotency.service import Idempotency
from troupe.features.runs.stream import ended
from troupe.features.tasks import service
from troupe.features.tasks.service import TASKS, Done

router = APIRouter(prefix="/tasks", tags=["tasks"])
Given = RootModel[dict[str, JsonValue]]
Seconds = Annotated[float, Query(ge=0, le=600, description="How long to wait; then 202, and the run goes on.")]


def _route(task: str) -> None:
    body = {"content": {"application/json": {"schema": service.schema_of(task)}}, "required": True}

    @router.post(
        f"/{task}", name=f"{task}_task", response_model=Done, responses={202: {"model": Done}},
        openapi_extra={"requestBody": body}, description=f"{task.capitalize()} a text; `model` may be a route.",
    )  # fmt: skip
    async def run(body: Given, who: Reader, once: Idempotency, wait: Seconds = 120.0) -> Response:
        async def start() -> tuple[int, Any, dict[str, str]]:
            made = await service.start(scope, task, body.root)
            return 202, made, {"location": f"/api/v1/runs/{made.id}"}

        async with who.acting("editor") as scope:
            started = await once.answer(scope, f"POST /tasks/{task}", body, start)
        made = await ended(who, orjson.loads(bytes(started.body))["id"], wait)
        if (failed := made.error) is not None:  # what will not help to repeat was the caller's: a model, an input
            kind = ServerFailed if failed.retryable else BadInput
            raise kind(failed.message, code=failed.code, hint=failed.hint)
        status = 200 if made.status == "completed" else 202
        return JSONResponse(service.done(made).model_dump(mode="json"), status, {"x-run-id": made.id})


for _task in TASKS:
    _route(_task)
