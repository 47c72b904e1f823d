"""Who may: the dependencies that routes name in their signatures."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from troupe.base.errors import Forbidden, Unauthorized
from troupe.features.accounts import service
from troupe.features.scope import Caller, Parts, Scope

COOKIE = "troupe_session"
WORKSPACE = "x-troupe-workspace"  # the header by which a member of several says which
CHOSEN = "troupe_workspace"  # the cookie by which their browser does
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def secret_of(request: HTTPConnection) -> str:
    """The secret a request shows: bearer first, then the browser's cookie. Raises Unauthorized."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    if cookie := request.cookies.get(COOKIE):
        refuse_foreign(request)
        return cookie
    raise Unauthorized("Send `Authorization: Bearer TOKEN`, or sign in with the link that `scripts/run` prints.")


def workspace_of(request: HTTPConnection) -> str:
    """The workspace that a request names; empty for the first that is open to whom asks."""
    chosen = "" if "authorization" in request.headers else request.cookies.get(CHOSEN, "")
    return request.headers.get(WORKSPACE) or chosen


def refuse_foreign(request: HTTPConnection) -> None:
    """A browser sends its cookie along for any page; only our own may change things with it. Raises Forbidden.

    Browsers say in `Sec-Fetch-Site` how a page is related to the address they asked, whoever stands between; where they
    do not (plain http from another machine), they name the page in `Origin`. A page can forge neither. What is no
    browser sends none of the two, and is no one's deputy.
    """
    if request.scope.get("method", "GET") in SAFE and request.scope["type"] == "http":
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    foreign = origin is not None and origin.split("://", 1)[-1] != request.headers.get("host", "")
    if foreign if site is None else site not in ("same-origin", "none"):
        raise Forbidden("This request comes from another site.")


async def caller(request: HTTPConnection) -> Caller:
    """Who asks, without a transaction."""
    parts = cast(Parts, request.app.state.parts)
    who = await service.identify(parts, secret_of(request), workspace_of(request))
    return Caller(parts, who.workspace_id, who.role, f"{who.kind}:{who.id}")


def at_least(role: str) -> Callable[..., AsyncGenerator[Scope]]:
    """A scope for callers of this role or more; commits before the answer leaves."""

    async def scope(who: Annotated[Caller, Depends(caller)]) -> AsyncGenerator[Scope]:
        async with who.acting(role) as made:
            yield made

    return scope


Reader = Annotated[Caller, Depends(caller)]
Viewer = Annotated[Scope, Depends(at_least("viewer"), scope="function")]
Editor = Annotated[Scope, Depends(at_least("editor"), scope="function")]
Admin = Annotated[Scope, Depends(at_least("admin"), scope="function")]
Owner = Annotated[Scope, Depends(at_least("owner"), scope="function")]

Route = Callable[[Request], Awaitable[object]]
