"""Models over HTTP: which there are, and which a workspace means by its routes."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from troupe.features.accounts.deps import Admin, Viewer
from troupe.features.models import store

router = APIRouter(prefix="/models", tags=["models"])
Name = Literal["default", "cheap", "fast", "best"]


class ModelRoutes(BaseModel, frozen=True):
    """The model of each route; null where it goes by `default`, and that by the providers that have a key."""

    default: str | None = None
    cheap: str | None = None
    fast: str | None = None
    best: str | None = None


class Choice(BaseModel, frozen=True, extra="forbid"):
    """`provider/model`, or null for none of its own."""

    model: str | None = Field(None, max_length=200, pattern=r"^[^/\s]+/\S+$")


@router.get("/routes")
async def get_model_routes(scope: Viewer) -> ModelRoutes:
    """What the workspace's routes name."""
    return ModelRoutes.model_validate(await store.list_routes(scope.db))


@router.put("/routes/{name}")
async def put_model_route(name: Name, body: Choice, scope: Admin) -> ModelRoutes:
    """Let a route name a model; within three seconds every process goes by it."""
    if body.model is None:
        await store.remove_route(scope.db, name)
    else:
        await store.put_route(scope.db, name, body.model)
    scope.after.append(lambda: scope.parts.choices.forget(scope.workspace))
    return ModelRoutes.model_validate(await store.list_routes(scope.db))
