"""Approvals as a caller sees them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

Status = Literal["pending", "approved", "refused", "expired", "cancelled"]


class Approval(BaseModel, frozen=True):
    """What is asked, of whom, until when; and what was decided."""

    id: str
    run_id: str
    step: str
    title: str
    block: str | None
    arguments: JsonValue
    arguments_hash: str
    effect: str
    risk: Literal["low", "medium", "high"]
    requested_by: str
    deciders: list[str]
    expires_at: datetime | None
    status: Status
    decided_by: str | None = None
    reason: str | None = None
    created_at: datetime


class Decide(BaseModel, frozen=True, extra="forbid"):
    """A decision on the arguments whose hash one has seen; `arguments` lets them pass changed."""

    decision: Literal["approve", "refuse"]
    arguments_hash: str = Field(max_length=100)
    arguments: JsonValue = None
    reason: str = Field("", max_length=2000)
