"""Budgets over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from troupe.features.accounts.deps import Admin, Viewer
from troupe.features.budgets import store
from troupe.features.budgets.store import Budget
from troupe.features.pages import Page

router = APIRouter(prefix="/budgets", tags=["budgets"])
ScopeName = Annotated[str, Path(pattern=r"^(workspace|(agent|workflow):[0-9a-f-]{36})$")]


class Limit(BaseModel, frozen=True, extra="forbid"):
    """What may be spent in a period."""

    limit_usd: float = Field(ge=0, le=1e9)
    period: Literal["run", "day", "month"]


@router.get("")
async def list_budgets(scope: Viewer) -> Page[Budget]:
    """Every limit and what is used of it."""
    return Page(items=await store.list_budgets(scope.db))


@router.put("/{name}")
async def put_budget(name: ScopeName, body: Limit, scope: Admin) -> Budget:
    """Set what a workspace, a workflow or an agent may spend."""
    await store.put_budget(scope.db, name, body.period, body.limit_usd)
    found = await store.list_budgets(scope.db)
    return next(b for b in found if b.scope == name and b.period == body.period)
