"""Workflows over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from troupe.features.accounts.deps import Editor, Reader, Viewer
from troupe.features.pages import Cursor, Limit, Page, after, cut
from troupe.features.workflows import service
from troupe.features.workflows.models import Alias, Apply, Changes, Checked, Definition, Diff, NewText, Text

router = APIRouter(tags=["workflows"])
Number = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.post("/workflows/check")
async def check_workflow(body: Text, _who: Reader) -> Checked:
    """Everything wrong with a text, at once."""
    return service.check(body.text)


@router.post("/workflows", status_code=201)
async def create_workflow(body: Text, scope: Editor) -> Definition:
    """Keep a new workflow."""
    return await service.create(scope, body.text)


@router.get("/workflows")
async def list_workflows(scope: Viewer, limit: Limit = 50, cursor: Cursor = None) -> Page[Definition]:
    """The newest version of every workflow."""
    return cut(await service.list_workflows(scope, after(cursor), limit + 1), limit)


@router.get("/workflows/{id}")
async def get_workflow(id: str, scope: Viewer) -> Definition:
    """The newest version with its text."""
    return await service.get(scope, id)


@router.put("/workflows/{id}")
async def update_workflow(id: str, body: NewText, scope: Editor) -> Definition:
    """Keep the next version."""
    return await service.update(scope, id, body.text, body.base_version)


@router.get("/workflows/{id}/versions")
async def list_workflow_versions(id: str, scope: Viewer, limit: Limit = 50) -> Page[Definition]:
    """Every version, newest first."""
    return cut(await service.list_versions(scope, id, None, limit + 1), limit)


@router.get("/workflows/{id}/versions/{number}")
async def get_workflow_version(id: str, number: int, scope: Viewer) -> Definition:
    """One version with its text."""
    return await service.view_number(scope, id, number)


@router.get("/workflows/{id}/diff")
async def diff_workflow(id: str, scope: Viewer, before: Annotated[int, Query(alias="from", ge=1)], to: Number) -> Diff:
    """What differs between two versions; comments and layout do not count."""
    return await service.diff(scope, id, before, to)


@router.put("/workflows/{id}/aliases/{alias}")
async def move_workflow_alias(id: str, alias: str, body: Alias, scope: Editor) -> Definition:
    """Let a name stand for a version."""
    return await service.move_alias(scope, id, alias, body.version)


@router.post("/apply")
async def apply(body: Apply, scope: Editor) -> Changes:
    """Make the workspace what a folder's files say."""
    return Changes(changes=await service.apply(scope, body))
