"""The web app: its built files, and its first page for every address that is none of ours."""

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from troupe.base.errors import NotFound

router = APIRouter(include_in_schema=False)
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


@router.get("/{path:path}")
async def page(path: str, request: Request) -> Response:
    """A file of the app, or its first page. Raises NotFound below the API and for a file that is not there."""
    if path.startswith(OURS):
        raise NotFound(f"There is nothing at {request.url.path}.")
    if path in _files():
        return FileResponse(DIST / path, headers=FOR_EVER if path.startswith("assets/") else {})
    if path.startswith("assets/"):
        raise NotFound(f"There is nothing at {request.url.path}.")
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache"}
    if "index.html" in _files():
        return FileResponse(DIST / "index.html", headers=headers)
    return HTMLResponse(NOT_BUILT, 503, headers)


@lru_cache(1)
def _files() -> frozenset[str]:
    """What was built when this process started, by path: no other path is ever opened."""
    return frozenset(str(file.relative_to(DIST)) for file in DIST.rglob("*") if file.is_file() and file.name[0] != ".")
