"""Agents over HTTP: beside the routes of every definition, starting a run of one."""

from typing import Any

from fastapi import APIRouter, Response

from troupe.features.accounts.deps import Editor
from troupe.features.agents import service
from troupe.features.agents.models import StartAgentRun
from troupe.features.idempotency.service import Idempotency
from troupe.features.runs.models import Run

router = APIRouter(prefix="/agents", tags=["agents"])


@router.post("/{id}/runs", status_code=202, response_model=Run)
async def start_agent_run(id: str, body: StartAgentRun, scope: Editor, once: Idempotency) -> Response:
    """Start a run of an agent: by id or name, with @alias or @version."""

    async def start() -> tuple[int, Any, dict[str, str]]:
        run = await service.start(scope, id, body)
        return 202, run, {"location": f"/api/v1/runs/{run.id}"}

    return await once.answer(scope, f"POST /agents/{id}/runs", body, start)
