"""Tasks: start one as a run of one node."""

from typing import Any, cast

from pydantic import BaseModel, JsonValue

from troupe.base.errors import BadInput
from troupe.base.values import Json, dump
from troupe.catalog.registry import catalogue
from troupe.features.definitions.schema import Schema, check_value, inline
from troupe.features.runs import service as runs
from troupe.features.runs.models import Run, StartRun, Used
from troupe.features.scope import Scope

TASKS = {"summarize": ("ai.summarize", "cheap"), "extract": ("ai.extract", "fast"), "classify": ("ai.classify", "fast")}


class Done(BaseModel, frozen=True):
    """What a task came to. While it is still going on, `output` is null and the run tells more."""

    run_id: str
    status: str
    output: JsonValue = None
    usage: Used = Used()


def schema_of(task: str) -> Schema:
    """What a task takes: the input of its block."""
    return inline(catalogue()[TASKS[task][0]]["input_schema"])


async def start(scope: Scope, task: str, given: dict[str, JsonValue]) -> Run:
    """A run of the task's block. Raises BadInput with every place that does not fit."""
    block, route = TASKS[task]
    if problems := check_value(cast(Json, given), schema_of(task)):
        raise BadInput(problems=problems)
    given = {"model": route, **{k: v for k, v in given.items() if v != ""}}
    filled = {name: f"{{{{ input.{name} }}}}" for name in sorted(given)}
    definition: dict[str, Any] = {
        "troupe": "workflow/v1", "name": f"task_{task}", "nodes": {"task": {"block": block, "with": filled}},
        "output": "{{ task }}",
    }  # fmt: skip
    return await runs.start(scope, StartRun.model_validate({"text": dump(definition).decode(), "input": given}))


def done(run: Run) -> Done:
    """A run as the answer of a task."""
    return Done(run_id=run.id, status=run.status, output=run.output, usage=run.usage)
