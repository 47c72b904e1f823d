"""Tokens and members over HTTP; signing in with a one-time link or the owner's password, and out."""

from typing import Any, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from troupe.base.errors import BadInput, Problem, TooLarge, TooManyRequests, Unauthorized
from troupe.base.values import read_json
from troupe.features.accounts import service
from troupe.features.accounts.deps import COOKIE, WORKSPACE, Admin, Owner, Viewer, refuse_foreign, secret_of
from troupe.features.accounts.models import Me, Member, NewMember, NewToken, SignIn, Token, TokenMade
from troupe.features.accounts.passwords import MAX_BYTES
from troupe.features.pages import Cursor, Limit, Page, after, cut

router = APIRouter(tags=["accounts"])
pages = APIRouter(include_in_schema=False)


@router.get("/me")
async def get_me(request: Request) -> Me:
    """Who asks, with which rights, and the workspaces that are open to them."""
    return await service.get_me(request.app.state.parts, secret_of(request), request.headers.get(WORKSPACE, ""))


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
    return _let_in(request, await service.redeem_code(request.app.state.parts.database, code))


@pages.post("/login")
async def login_with_password(request: Request) -> Response:
    """Trade the owner's password for a session cookie; a form or JSON `{password}`.

    A form is answered with the page, which says what was wrong.
    """
    refuse_foreign(request)
    is_json = request.headers.get("content-type", "").startswith("application/json")
    body, address = await _small_body(request), request.client.host if request.client else ""
    try:
        session = await service.sign_in(request.app.state.parts, _password_in(body, is_json=is_json), address)
    except (BadInput, Unauthorized, TooManyRequests) as wrong:
        if is_json:
            raise
        return RedirectResponse(f"/?sign_in={wrong.code}", status_code=303)
    return _let_in(request, session)


@pages.post("/logout")
async def logout(request: Request) -> Response:
    """Make this browser's session worthless."""
    refuse_foreign(request)
    if session := request.cookies.get(COOKIE):
        await service.sign_out(request.app.state.parts.database, session)
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_is_secure(request), path="/")
    return answer


def _let_in(request: Request, session: str) -> Response:
    answer = RedirectResponse("/", status_code=303, headers={"cache-control": "no-store"})
    answer.set_cookie(
        COOKIE, session, max_age=service.SESSION_DAYS * 86400, httponly=True, samesite="lax",
        secure=_is_secure(request), path="/",
    )  # fmt: skip
    return answer


def _is_secure(request: Request) -> bool:
    """Whether browsers come by https: to us, or to what stands before us."""
    said = request.app.state.parts.settings.url or ""
    return request.url.scheme == "https" or said.startswith("https://")


async def _small_body(request: Request) -> bytes:
    """Raises TooLarge beyond what a password may take."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > 4 * MAX_BYTES:
            raise TooLarge("A password may have 1,024 bytes.")
    return body


def _password_in(body: bytes, *, is_json: bool) -> str:
    """Raises BadInput where there is none of 1 to 1,024 bytes."""
    if is_json:
        said: Any = read_json(body)
        password = cast("dict[str, Any]", said).get("password") if isinstance(said, dict) else None
    else:
        password = dict(parse_qsl(body.decode("utf-8", "replace"))).get("password")
    if not isinstance(password, str) or not 1 <= len(password.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
        raise BadInput(problems=[Problem("password", "missing", "Send a password of 1 to 1,024 bytes.")])
    return password
