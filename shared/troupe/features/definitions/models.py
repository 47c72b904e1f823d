"""Definitions as a caller sees them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class Problem(BaseModel, frozen=True):
    """One thing wrong with a text."""

    path: str
    line: int | None = None
    column: int | None = None
    code: str
    message: str
    hint: str = ""


class Text(BaseModel, extra="forbid"):
    """A definition's text."""

    text: str = Field(max_length=1_000_000)


class NewText(Text):
    """A changed text, and the version it was changed from."""

    base_version: int


class Edge(BaseModel, frozen=True):
    """A node that waits for another of its frame: for what it gives, or (`after`) only for its end. Both are ids from
    the outside in, joined by `.`: `each_mail.sort`."""

    from_: str = Field(alias="from")
    to: str
    kind: Literal["data", "after"]


class Checked(BaseModel, frozen=True):
    """Everything the checker found, the edges of a workflow as far as it can be read, and what it takes and gives where
    nothing is wrong."""

    ok: bool
    problems: list[Problem]
    edges: list[Edge] = []
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None


class Definition(BaseModel, frozen=True):
    """A version of a workflow or an agent."""

    id: str
    name: str
    title: str
    version: int
    hash: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    aliases: dict[str, int] = {}
    path: str | None = None
    created_by: str
    created_at: datetime
    text: str | None = None


class Alias(BaseModel, frozen=True, extra="forbid"):
    """The version that a name shall stand for."""

    version: int = Field(ge=1)


class Change(BaseModel, frozen=True):
    """A value that differs between two versions."""

    path: str
    from_: Any = Field(None, alias="from")
    to: Any = None


class Diff(BaseModel, frozen=True):
    """What differs between two versions, by path."""

    added: list[str]
    removed: list[str]
    changed: list[Change]


class FileText(BaseModel, frozen=True, extra="forbid"):
    """A file of a folder of definitions."""

    path: str = Field(max_length=500)
    text: str = Field(max_length=1_000_000)


class Apply(BaseModel, frozen=True, extra="forbid"):
    """A folder's files; `dry_run` only says what would change."""

    files: list[FileText] = Field(max_length=1000)
    dry_run: bool = False


class Applied(BaseModel, frozen=True):
    """What became of a file."""

    path: str
    kind: Literal["workflow", "agent"]
    id: str | None
    action: Literal["create", "update", "none"]


class Changes(BaseModel, frozen=True):
    """What became of every file."""

    changes: list[Applied]


class Times(BaseModel, frozen=True):
    """Seconds from start to end of the runs that completed, waits included: half of them, and 95 %, took no longer."""

    p50: float
    p95: float


class ToolFigures(BaseModel, frozen=True):
    """How often a block, a tool of a connection (`connection/tool`), an agent or a workflow was used."""

    tool: str
    calls: int
    failed: int


class Figures(BaseModel, frozen=True):
    """How the runs of a definition went; dry runs are left out. `whole` is false where there were more in these days
    than are counted: then these are the newest, since `since`. A model call that the answer cache served is a hit."""

    days: int
    since: datetime | None
    whole: bool
    runs: int
    by_status: dict[str, int]
    seconds: Times | None
    input_tokens: int
    output_tokens: int
    cost_usd: float
    model_calls: int
    cache_hits: int
    cache_hit_rate: float | None
    tools: list[ToolFigures]
