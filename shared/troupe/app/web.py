"""The web app: its built files, and its first page for every address that is none of ours."""

from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

DIST = Path(__file__).parents[3] / "frontend" / "dist"
OURS = ("api/", "v1/", "ws", "login", "logout")  # never a page of the app, whatever stands there
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}  # names of assets change with what is in them
NOT_BUILT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Troupe</title><p>The web app is not built here: '
    'scripts/run builds it. The API is at <a href="/api/docs">/api/docs</a>.</p></html>'
)


def install(app: FastAPI) -> None:
    """Answer with the app where no route is meant: another method at one of ours stays what it is."""
    nothing = app.router.not_found

    async def shown(scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        answer = find(scope["path"].lstrip("/")) if asked else None
        await (answer or nothing)(scope, receive, send)

    app.router.default = shown


def find(path: str) -> Response | None:
    """A file of the app, or its first page; None below the API and for a part that is not there."""
    if path.startswith(OURS):
        return None
    if path in _files():
        return FileResponse(DIST / path, headers=FOR_EVER if path.startswith("assets/") else {})
    if path.startswith("assets/"):
        return None
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache"}
    if "index.html" in _files():
        return FileResponse(DIST / "index.html", headers=headers)
    return HTMLResponse(NOT_BUILT, 503, headers)


@lru_cache(1)
def _files() -> frozenset[str]:
    """What was built when this process started, by path: no other path is ever opened."""
    return frozenset(str(file.relative_to(DIST)) for file in DIST.rglob("*") if file.is_file() and file.name[0] != ".")
