"""The definition of a workflow, `troupe: workflow/v1`: every key that its text may have."""

import re
from typing import Any, Literal

from pydantic import Field

from troupe.base.values import Json, hash_of
from troupe.features.definitions.keys import DAY, DEFINITION_NAME, Duration, Keys
from troupe.features.definitions.structure import Shape
from troupe.features.workflows.expressions import RESERVED

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TAKEN = frozenset({"input", "item", "index", "previous", "run", "has", "default"}) | RESERVED


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
    name: str = Field(pattern=DEFINITION_NAME)
    title: str = ""
    note: str = ""
    input: dict[str, Any] | bool = True
    nodes: dict[str, Node]
    output: Any = None
    view: Any = None


def expression_text(value: str | bool) -> str:
    """The CEL source of a bare condition; YAML's true and false are themselves."""
    return value if isinstance(value, str) else str(value).lower()


_PARTS: dict[str, type[Keys]] = {"retry": RetryPolicy, "approve": Approve, "each": EachOf, "loop": LoopUntil}


def _part_of(steps: list[str]) -> type[Keys]:
    return Workflow if not steps else Node if len(steps) > 1 and steps[-2] == "nodes" else _PARTS.get(steps[-1], Node)


SHAPE = Shape(
    Workflow, _part_of, {"troupe": "workflow/v1", "name": "unnamed", "nodes": {}, "items": []}, maps=("nodes",)
)


def meaning(value: Json) -> dict[str, Any]:
    """The definition as JSON, without `view` and without what says no more than a default."""
    workflow = Workflow.model_validate(value)
    return workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"view"})


def version_hash(workflow: Workflow) -> str:
    """SHA-256 of the meaning, 64 hex digits."""
    return hash_of(workflow.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"view"}))
