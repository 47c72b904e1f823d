"""The definition of a workflow, `troupe: workflow/v1`: every key that its text may have."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from troupe.features.workflows.expressions import RESERVED

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TAKEN = frozenset({"input", "item", "index", "previous", "run", "has", "default"}) | RESERVED
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
DAY = 86_400.0


def seconds(value: object) -> float:
    """`1s`, `2m`, `3h`, `4d` (also `500ms`, `1.5h`) in seconds. Raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration is a number with its unit: 500ms, 30s, 2m, 3h or 4d")
    return float(found[1]) * _UNITS[found[2]]


Duration = Annotated[float, BeforeValidator(seconds)]


class Keys(BaseModel):
    """A map with fixed keys; any other is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RetryPolicy(Keys):
    """How a failed step is tried again: `attempts` in all, waits of first·factorⁿ up to `max`, for codes in `on`."""

    attempts: int = Field(default=3, ge=1, le=100)
    first: Duration = 1.0
    factor: float = Field(default=2.0, ge=1, le=10)
    max: Duration = 60.0
    on: list[str] = []


class Approve(Keys):
    """Who may decide before the node acts, and until when."""

    by: list[str] = []
    expires: Duration | None = None


class EachOf(Keys):
    """A pass for each item: `items` is a list or an expression that gives one; `at_once` passes go side by side."""

    items: Any
    at_once: int = Field(default=10, ge=1, le=1000)


class LoopUntil(Keys):
    """Pass after pass until the condition holds, or `max` passes are done."""

    until: str | bool | None = None
    max: int = Field(default=100, ge=1, le=10_000)


class Node(Keys):
    """One node: exactly one of `block`, `each`, `loop`; the last two with `nodes` inside."""

    block: str | None = None
    with_: dict[str, Any] = Field(default={}, alias="with")
    each: EachOf | None = None
    loop: LoopUntil | None = None
    nodes: "dict[str, Node] | None" = None
    output: Any = None
    when: str | bool | None = None
    after: list[str] = []
    retry: RetryPolicy | None = None
    timeout: Duration | None = Field(default=None, gt=0, le=30 * DAY)
    on_error: Literal["fail", "continue"] = "fail"
    effect: Literal["once", "idempotent"] | None = None
    approve: Approve | None = None
    title: str = ""
    note: str = ""


class Workflow(Keys):
    """A whole definition. `view` is the canvas: outside the version's hash and diff."""

    troupe: Literal["workflow/v1"]
    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    title: str = ""
    note: str = ""
    input: dict[str, Any] | bool = True
    nodes: dict[str, Node]
    output: Any = None
    view: Any = None


def expression_text(value: str | bool) -> str:
    """The CEL source of a bare condition; YAML's true and false are themselves."""
    return value if isinstance(value, str) else str(value).lower()
