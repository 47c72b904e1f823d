"""Approvals over HTTP. GET never decides."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from troupe.features.accounts.deps import Editor, Viewer
from troupe.features.approvals import service
from troupe.features.approvals.models import Approval, Decide, Status
from troupe.features.pages import Limit, Page

router = APIRouter(prefix="/approvals", tags=["approvals"])


@router.get("")
async def list_approvals(
    scope: Viewer, status: Status | None = None, run: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 50, cursor: datetime | None = None,
) -> Page[Approval]:  # fmt: skip
    """What waits for a person, newest first; the cursor is a time."""
    found = await service.list_approvals(scope, status, cursor, limit + 1, run)
    more = found[limit - 1].created_at.isoformat() if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{id}")
async def get_approval(id: str, scope: Viewer) -> Approval:
    """One approval with its exact arguments."""
    return await service.get(scope, id)


@router.post("/{id}/decide")
async def decide(id: str, body: Decide, scope: Editor) -> Approval:
    """Approve, approve changed, or refuse."""
    return await service.decide(scope, id, body)
