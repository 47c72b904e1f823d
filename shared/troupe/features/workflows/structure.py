"""The structure of a definition: its keys and their plain types; every misfit is placed, then left out."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# (what a text says may be anything)

from copy import deepcopy
from difflib import get_close_matches
from typing import Any, cast

from pydantic import ValidationError

from troupe.base.errors import Problem
from troupe.base.values import Json
from troupe.features.workflows.definition import Approve, EachOf, Keys, LoopUntil, Node, RetryPolicy, Workflow
from troupe.features.workflows.document import Document, steps_of
from troupe.features.workflows.template import pointer

ROUNDS = 5
_WORDS = (
    (" or instance of Node", ""), ("a valid dictionary", "a map"), ("a valid string", "a text"),
    ("a valid list", "a list"), ("a valid integer", "an integer"), ("a valid boolean", "true or false"),
)  # fmt: skip
_PARTS: dict[str, type[Keys]] = {"retry": RetryPolicy, "approve": Approve, "each": EachOf, "loop": LoopUntil}
_INSTEAD: dict[str, Json] = {"troupe": "workflow/v1", "name": "unnamed", "nodes": {}, "items": []}


def structure(document: Document) -> tuple[Workflow | None, list[Problem]]:
    """The definition without what misfits, so that the rest can be checked too; None where nothing is left to check."""
    value: Any = document.value
    if not isinstance(value, dict):
        line, column = document.place("")
        return None, [Problem("", "wrong_type", "A definition is a map of keys.", "", line, column)]
    problems: list[Problem] = []
    for round in range(ROUNDS):
        try:
            return Workflow.model_validate(value), problems
        except ValidationError as wrong:
            value = deepcopy(value) if round == 0 else value
            for error in wrong.errors(include_url=False, include_context=True):
                path = _path(value, error["loc"], missing=error["type"] == "missing")
                _add(problems, _problem(document, path, error))
                _leave_out(value, path, missing=error["type"] == "missing")
    return None, problems


def _add(problems: list[Problem], problem: Problem) -> None:
    if not any(p.path == problem.path and p.code == problem.code for p in problems):
        problems.append(problem)


def _path(value: Any, loc: tuple[int | str, ...], *, missing: bool) -> str:
    """The pointer of pydantic's location, without the names of alternatives it adds."""
    path, here = "", value
    for i, step in enumerate(loc):
        if (isinstance(here, dict) and step in here) or (isinstance(here, list) and isinstance(step, int)):
            here = cast(Any, here)[step]
        else:
            return path + pointer(step) if missing and i == len(loc) - 1 else path
        path += pointer(step)
    return path


def _problem(document: Document, path: str, error: Any) -> Problem:
    kind, steps = error["type"], steps_of(path)
    name = steps[-1] if steps else ""
    line, column = document.place(path, key=kind == "extra_forbidden")
    if kind == "extra_forbidden":
        known = _keys_at(steps[:-1])
        near = get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
        return Problem(path, "unknown_key", f"There is no key {name!r} here.", hint, line, column)
    if kind == "missing":
        return Problem(path, "missing", f"The key {name!r} is missing.", "", line, column)
    said = str(error["msg"]).removeprefix("Value error, ")
    for theirs, ours in _WORDS:
        said = said.replace(theirs, ours)
    return Problem(path, "bad_value", f"{name}: {said[0].lower()}{said[1:]}.", "", line, column)


def _keys_at(steps: list[str]) -> list[str]:
    part = Workflow if not steps else Node if len(steps) > 1 and steps[-2] == "nodes" else _PARTS.get(steps[-1], Node)
    return [field.alias or name for name, field in part.model_fields.items()]


def _leave_out(value: Any, path: str, *, missing: bool) -> None:
    """Take the misfit out, or put something harmless where something must stand."""
    *above, name = steps_of(path) or [""]
    for step in above:
        value = value[int(step)] if isinstance(value, list) else value.get(step)
        if value is None:
            return
    if isinstance(value, list):
        if int(name) < len(value):
            del value[int(name)]
    elif above and above[-1] == "nodes":
        value[name] = {}
    elif missing or (name in _INSTEAD and (not above or name == "items")):
        value[name] = deepcopy(_INSTEAD.get(name))
    else:
        value.pop(name, None)
