"""Tokens and members over HTTP; signing in by a one-time link, a password, a token or the issuer, and out."""

from typing import Any, cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from troupe.base.errors import (
    BadInput,
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)  # fmt: skip
from troupe.base.pkce import MINUTES
from troupe.base.values import read_json
from troupe.features.accounts import code_flow, service
from troupe.features.accounts.deps import COOKIE, Admin, Owner, Viewer, refuse_foreign, secret_of, workspace_of
from troupe.features.accounts.models import (
    Me,
    Member,
    NewMember,
    NewRole,
    NewToken,
    SignIn,
    Token,
    TokenMade,
    Ways,
)  # fmt: skip
from troupe.features.accounts.passwords import MAX_BYTES
from troupe.features.pages import Cursor, Limit, Page, after, cut
from troupe.features.scope import Issuer

router = APIRouter(tags=["accounts"])
pages = APIRouter(include_in_schema=False)


@router.get("/me")
async def get_me(request: Request) -> Me:
    """Who asks, with which rights, and the workspaces that are open to them."""
    return await service.get_me(request.app.state.parts, secret_of(request), workspace_of(request))


@router.get("/sign-in")
async def get_ways(request: Request) -> Ways:
    """How a browser may sign in here, besides by a link and by a token; asked by who is nobody yet."""
    parts = request.app.state.parts
    return Ways(password=parts.settings.owner_password is not None, issuer=parts.issuer is not None)


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


@router.put("/members/{id}")
async def change_role(id: str, body: NewRole, scope: Admin) -> Member:
    """Say what a member may do."""
    return await service.change_role(scope, id, body.role)


@router.delete("/members/{id}", status_code=204)
async def remove_member(id: str, scope: Admin) -> Response:
    """Let a person in no longer."""
    await service.remove_member(scope, id)
    return Response(status_code=204)


@router.post("/login-codes", status_code=201)
async def create_login_code(request: Request, scope: Owner) -> SignIn:
    """A new link to sign a browser in."""
    return await service.create_link(scope, base_of(request))


@pages.get("/login")
async def login(request: Request, code: str = "") -> Response:
    """Trade a one-time code for a session cookie."""
    return _let_in(request, await service.redeem_code(request.app.state.parts.database, code))


@pages.post("/login")
async def login_with_secret(request: Request) -> Response:
    """Trade the owner's password, or a token, for a session cookie; a form or JSON `{password}` or `{token}`.

    A form is answered with the page, which says what was wrong.
    """
    refuse_foreign(request)
    parts = request.app.state.parts
    is_json = request.headers.get("content-type", "").startswith("application/json")
    body, address = await _small_body(request), request.client.host if request.client else ""
    try:
        kind, secret = _secret_in(body, is_json=is_json)
        session = await (service.sign_in if kind == "password" else service.sign_in_token)(parts, secret, address)
    except (BadInput, Unauthorized, TooManyRequests) as wrong:
        if is_json:
            raise
        return RedirectResponse(f"/?sign_in={wrong.code}", status_code=303)
    return _let_in(request, session)


@pages.get("/login/issuer")
async def leave_for_issuer(request: Request) -> Response:
    """Send a browser to the issuer."""
    return away(request, await code_flow.leave(_issuer(request), base_of(request)), code_flow.COOKIE, code_flow.BACK)


@pages.get(code_flow.BACK)
async def come_back(request: Request, code: str = "", state: str = "") -> Response:
    """Trade what a browser brings back from the issuer for a session cookie; the page says what was wrong."""
    cookie = request.cookies.get(code_flow.COOKIE, "")
    try:
        email = await code_flow.come_back(_issuer(request), base_of(request), code, state, cookie)
        answer = _let_in(request, await service.sign_in_person(request.app.state.parts, email))
    except (Unauthorized, Forbidden, Unavailable) as wrong:
        answer = RedirectResponse(f"/?sign_in={wrong.code}", status_code=303)
    answer.delete_cookie(code_flow.COOKIE, path=code_flow.BACK)
    return answer


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


def away(request: Request, leaving: code_flow.Leaving, cookie: str, back: str) -> Response:
    """To another site, with a cookie that only the way back sends along."""
    answer = RedirectResponse(leaving.url, status_code=303, headers={"cache-control": "no-store"})
    answer.set_cookie(
        cookie, leaving.cookie, max_age=MINUTES * 60, httponly=True, samesite="lax", secure=_is_secure(request),
        path=back,
    )  # fmt: skip
    return answer


def base_of(request: Request) -> str:
    """Where people reach us, without a slash at the end."""
    return (request.app.state.parts.settings.url or str(request.base_url)).rstrip("/")


def _issuer(request: Request) -> Issuer:
    issuer = request.app.state.parts.issuer
    if issuer is None:
        raise NotFound("Nobody signs in by an issuer here: TROUPE_OIDC_ISSUER is not set.")
    return issuer


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


def _secret_in(body: bytes, *, is_json: bool) -> tuple[str, str]:
    """`password` or `token`, and what it is. Raises BadInput where there is none of 1 to 1,024 bytes."""
    said: Any = read_json(body) if is_json else dict(parse_qsl(body.decode("utf-8", "replace")))
    given = cast("dict[str, Any]", said) if isinstance(said, dict) else {}
    kind = "token" if "token" in given else "password"
    secret = given.get(kind)
    if not isinstance(secret, str) or not 1 <= len(secret.encode("utf-8", "surrogatepass")) <= MAX_BYTES:
        raise BadInput(problems=[Problem(kind, "missing", f"Send a {kind} of 1 to 1,024 bytes.")])
    return kind, secret
