"""Connections over HTTP, and the catalogue of what can be connected."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from troupe.base.errors import NotFound, TroupeError
from troupe.catalog.registry import connectors
from troupe.features.accounts.deps import Admin, Reader, Viewer
from troupe.features.accounts.routes import away, base_of
from troupe.features.connections import consent, service
from troupe.features.connections.models import (
    Connection,
    ConnectionChange,
    ConnectionTool,
    ConnectorEntry,
    Connectors,
    NewConnection,
)
from troupe.features.idempotency.service import Idempotency
from troupe.features.pages import Cursor, Limit, Page, after, cut

router = APIRouter(tags=["connections"])


@router.get("/connectors")
async def list_connectors(_who: Reader) -> Connectors:
    """The kinds of services that can be connected, by id."""
    return Connectors(items=[ConnectorEntry.model_validate(e) for e in connectors().values()])


@router.get("/connectors/{id}")
async def get_connector(id: str, _who: Reader) -> ConnectorEntry:
    """One kind of service."""
    if (entry := connectors().get(id)) is None:
        raise NotFound(f"There is no connector {id!r}.")
    return ConnectorEntry.model_validate(entry)


@router.post("/connections", status_code=201, response_model=Connection)
async def create_connection(body: NewConnection, who: Reader, key: Idempotency) -> Response:
    """Connect a service. It is tried at once; `status` and `error` say how that went."""
    return await service.create(who, body, key)


@router.get("/connections")
async def list_connections(scope: Viewer, limit: Limit = 50, cursor: Cursor = None) -> Page[Connection]:
    """The workspace's connections, newest first."""
    return cut(await service.list_connections(scope, after(cursor), limit + 1), limit)


@router.get("/connections/consent/back", include_in_schema=False)
async def come_back(request: Request, who: Reader, code: str = "", state: str = "") -> Response:
    """What a browser brings back from a service's page; the page of the connection says how that went."""
    cookie, told = request.cookies.get(consent.COOKIE, ""), ""
    try:
        await consent.come_back(who, base_of(request), code, state, cookie)
    except TroupeError as wrong:
        told = f"&consent={wrong.code}"
    answer = RedirectResponse(f"/connections?id={quote(cookie.partition('.')[0])}{told}", status_code=303)
    answer.delete_cookie(consent.COOKIE, path=consent.BACK)
    return answer


@router.get("/connections/{id}/consent", include_in_schema=False)
async def leave_for_consent(request: Request, id: str, who: Reader) -> Response:
    """Send a browser to the page where a person grants access."""
    leaving = await consent.leave(who, id, base_of(request))
    return away(request, leaving, consent.COOKIE, consent.BACK)


@router.get("/connections/{id}")
async def get_connection(id: str, scope: Viewer) -> Connection:
    """One connection."""
    return await service.get(scope, id)


@router.patch("/connections/{id}")
async def update_connection(id: str, body: ConnectionChange, who: Reader) -> Connection:
    """Rename it, configure it anew, or give it another credential; it is tried at once."""
    return await service.update(who, id, body)


@router.delete("/connections/{id}", status_code=204)
async def remove_connection(id: str, scope: Admin) -> Response:
    """Forget it, its tools and its credential."""
    await service.remove(scope, id)
    return Response(status_code=204)


@router.post("/connections/{id}/test")
async def test_connection(id: str, who: Reader) -> Connection:
    """Try it without an effect."""
    return await service.check(who, id, load=False)


@router.post("/connections/{id}/refresh")
async def refresh_connection(id: str, who: Reader) -> Connection:
    """Ask it again what it can do. What is new or has changed is withheld until it is approved."""
    return await service.check(who, id, load=True)


@router.get("/connections/{id}/tools")
async def list_connection_tools(
    id: str,
    scope: Viewer,
    q: Annotated[str, Query(max_length=1000, description="Plain words: the tools that fit best come first.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ConnectionTool]:
    """What it can do."""
    return cut(await service.list_tools(scope, id, q, after(cursor), limit + 1), limit)


@router.post("/connections/{id}/tools/{name}/approve")
async def approve_connection_tool(id: str, name: str, scope: Admin) -> ConnectionTool:
    """Let a new or changed tool be used as it is now."""
    return await service.approve_tool(scope, id, name)
