"""Tokens and members over HTTP; signing in with a one-time link."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from troupe.features.accounts import service
from troupe.features.accounts.deps import COOKIE, Admin, Owner, Viewer
from troupe.features.accounts.models import Member, NewMember, NewToken, SignIn, Token, TokenMade
from troupe.features.pages import Cursor, Limit, Page, after, cut

router = APIRouter(tags=["accounts"])
pages = APIRouter(include_in_schema=False)


@router.post("/tokens", status_code=201)
async def create_token(body: NewToken, scope: Admin) -> TokenMade:
    """Make an API token; its secret is shown once."""
    return await service.create_token(scope, body)


@router.get("/tokens")
async def list_tokens(scope: Admin, limit: Limit = 50, cursor: Cursor = None) -> Page[Token]:
    """The workspace's API tokens."""
    return cut(await service.list_tokens(scope, after(cursor), limit + 1), limit)


@router.delete("/tokens/{id}", status_code=204)
async def revoke_token(id: str, scope: Admin) -> Response:
    """Make a token worthless."""
    await service.revoke_token(scope, id)
    return Response(status_code=204)


@router.post("/members", status_code=201)
async def add_member(body: NewMember, scope: Admin) -> Member:
    """Let a person in."""
    return await service.add_member(scope, body)


@router.get("/members")
async def list_members(scope: Viewer, limit: Limit = 50, cursor: Cursor = None) -> Page[Member]:
    """Who is in the workspace."""
    return cut(await service.list_members(scope, after(cursor), limit + 1), limit)


@router.post("/login-codes", status_code=201)
async def create_login_code(request: Request, scope: Owner) -> SignIn:
    """A new link to sign a browser in."""
    return await service.create_link(scope, (scope.parts.settings.url or str(request.base_url)).rstrip("/"))


@pages.get("/login")
async def login(request: Request, code: str = "") -> Response:
    """Trade a one-time code for a session cookie."""
    session = await service.redeem_code(request.app.state.parts.database, code)
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        COOKIE, session, max_age=service.SESSION_DAYS * 86400, httponly=True, samesite="lax",
        secure=request.url.scheme == "https", path="/",
    )  # fmt: skip
    return answer
