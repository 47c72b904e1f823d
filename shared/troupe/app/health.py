"""Health: what is on and what answers."""

import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from troupe import __version__
from troupe.base.errors import TroupeError
from troupe.features.scope import Parts

router = APIRouter(tags=["health"])


class Dependency(BaseModel, frozen=True):
    """Something Troupe needs, and how long it took to answer."""

    name: str
    ok: bool
    ms: float
    detail: str | None = None


class Health(BaseModel, frozen=True):
    """`status` is "ok", or "degraded" where a dependency does not answer."""

    status: str
    version: str
    features: dict[str, bool]
    dependencies: list[Dependency]


@router.get("/health", response_model=Health, responses={503: {"model": Health}})
async def health(request: Request) -> Response:
    """What is on and what answers. Needs no token."""
    parts: Parts = request.app.state.parts
    found = await look(parts)
    return JSONResponse(found.model_dump(mode="json"), 200 if found.status == "ok" else 503)


async def look(parts: Parts) -> Health:
    """Ask every dependency."""
    start = time.perf_counter()
    detail: str | None = None
    try:
        async with parts.database.connection() as line:
            await line.execute("SELECT 1")
    except TroupeError as down:
        detail = down.message
    took = round((time.perf_counter() - start) * 1000, 2)
    dependencies = [Dependency(name="postgres", ok=detail is None, ms=took, detail=detail)]
    return Health(
        status="ok" if all(d.ok for d in dependencies) else "degraded",
        version=__version__,
        features=features(parts),
        dependencies=dependencies,
    )


def features(parts: Parts) -> dict[str, bool]:
    """What this Troupe can do, as settings have it."""
    settings: Any = parts.settings
    return {
        "runs": parts.runner is not None,
        "smtp": settings.smtp_url is not None,
        "real_models": settings.real_models == "on"
        and any((settings.providers, settings.openai_api_key, settings.anthropic_api_key, settings.gemini_api_key)),
    }
