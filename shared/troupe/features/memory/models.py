"""Memories as a person sees them."""

from datetime import datetime

from pydantic import BaseModel, Field


class Memory(BaseModel, frozen=True):
    """One entry. `run_id` and `step`: where it was written; none where a person wrote it.

    `trusted`: by a person, or by an agent that had read nothing from outside in that run.
    """

    id: str
    text: str
    trusted: bool
    run_id: str | None
    step: str | None
    created_by: str
    created_at: datetime
    changed_at: datetime | None


class NewText(BaseModel, frozen=True, extra="forbid"):
    """What an entry says."""

    text: str = Field(min_length=1, max_length=10_000)
