"""Definitions over HTTP: the same routes for every kind."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query

from troupe.features.accounts.deps import Editor, Reader, Viewer
from troupe.features.definitions import figures, service
from troupe.features.definitions.kind import Kind
from troupe.features.definitions.models import (
    Alias,
    Apply,
    Changes,
    Checked,
    Definition,
    Diff,
    Figures,
    NewText,
    Text,
)
from troupe.features.pages import Cursor, Limit, Page, after, cut

Number = Annotated[int, Query(ge=1, le=2**31 - 1)]
Days = Annotated[int, Query(ge=1, le=90, description="So many days back.")]
Before = Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)]


def routes(kind: Kind) -> APIRouter:
    """Check, keep, read, compare and alias definitions of one kind, at the kind's plural."""
    one, many = kind.name, f"{kind.name}s"
    router = APIRouter(prefix=f"/{many}", tags=[many])

    @router.post("/check", name=f"check_{one}")
    async def check(body: Text, _who: Reader) -> Checked:
        """Everything wrong with a text, at once."""
        return service.check(kind, body.text)

    @router.post("", status_code=201, name=f"create_{one}")
    async def create(body: Text, scope: Editor) -> Definition:
        """Keep a new definition, version 1."""
        return await service.create(scope, kind, body.text)

    @router.get("", name=f"list_{many}")
    async def list_newest(scope: Viewer, limit: Limit = 50, cursor: Cursor = None) -> Page[Definition]:
        """The newest version of each."""
        return cut(await service.list_newest(scope, kind, after(cursor), limit + 1), limit)

    @router.get("/{id}", name=f"get_{one}")
    async def get(id: str, scope: Viewer) -> Definition:
        """The newest version with its text."""
        return await service.get(scope, kind, id)

    @router.put("/{id}", name=f"update_{one}")
    async def update(id: str, body: NewText, scope: Editor) -> Definition:
        """Keep the next version."""
        return await service.update(scope, kind, id, body.text, body.base_version)

    @router.get("/{id}/versions", name=f"list_{one}_versions")
    async def list_versions(id: str, scope: Viewer, limit: Limit = 50) -> Page[Definition]:
        """Every version, newest first."""
        return cut(await service.list_versions(scope, kind, id, None, limit + 1), limit)

    @router.get("/{id}/versions/{number}", name=f"get_{one}_version")
    async def get_version(id: str, number: int, scope: Viewer) -> Definition:
        """One version with its text."""
        return await service.view_number(scope, kind, id, number)

    @router.get("/{id}/diff", name=f"diff_{one}")
    async def diff(id: str, scope: Viewer, before: Before, to: Number) -> Diff:
        """What differs between two versions; comments and layout do not count."""
        return await service.diff(scope, kind, id, before, to)

    @router.put("/{id}/aliases/{alias}", name=f"move_{one}_alias")
    async def move_alias(id: str, alias: str, body: Alias, scope: Editor) -> Definition:
        """Let a name stand for a version."""
        return await service.move_alias(scope, kind, id, alias, body.version)

    @router.get("/{id}/figures", name=f"get_{one}_figures")
    async def get_figures(id: str, scope: Viewer, days: Days = 7) -> Figures:
        """How its runs went: by status, how long, what they cost, which tools failed."""
        return await figures.figures(scope, kind, id, days)

    return router


def apply_route(kinds: Mapping[str, Kind]) -> APIRouter:
    """`POST /apply`, for files of these kinds."""
    router = APIRouter(tags=["definitions"])

    @router.post("/apply")
    async def apply(body: Apply, scope: Editor) -> Changes:
        """Make the workspace what a folder's files say."""
        return Changes(changes=await service.apply(scope, kinds, body))

    return router
