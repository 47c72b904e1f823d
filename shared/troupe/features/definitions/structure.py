"""The structure of a definition: its keys and their plain types; every misfit is placed, then left out."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# (what a text says may be anything)

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from troupe.base.errors import Problem
from troupe.base.values import Json
from troupe.features.definitions.document import Document, pointer, steps_of
from troupe.features.definitions.keys import Keys

ROUNDS = 5
_WORDS = (
    (" or instance of Node", ""), ("a valid dictionary", "a map"), ("a valid string", "a text"),
    ("a valid list", "a list"), ("a valid integer", "an integer"), ("a valid boolean", "true or false"),
)  # fmt: skip
M = TypeVar("M", bound=Keys)


@dataclass(frozen=True, slots=True)
class Shape(Generic[M]):
    """A kind of definition: its model, what may stand below a path of it, and what to put where something must stand.

    `maps` are keys whose map has names of the author's as keys; a misfit there becomes an empty map.
    """

    model: type[M]
    part_of: Callable[[list[str]], type[Keys]]
    instead: dict[str, Json]
    maps: tuple[str, ...] = ()


def structure(document: Document, shape: Shape[M]) -> tuple[M | None, list[Problem]]:
    """The definition without what misfits, so that the rest can be checked too; None where nothing is left to check."""
    value: Any = document.value
    if not isinstance(value, dict):
        line, column = document.place("")
        return None, [Problem("", "wrong_type", "A definition is a map of keys.", "", line, column)]
    problems: list[Problem] = []
    for round in range(ROUNDS):
        try:
            return shape.model.model_validate(value), problems
        except ValidationError as wrong:
            value = deepcopy(value) if round == 0 else value
            for error in wrong.errors(include_url=False, include_context=True):
                path = _path(value, error["loc"], missing=error["type"] == "missing")
                _add(problems, _problem(document, path, error, shape))
                _leave_out(value, path, shape, missing=error["type"] == "missing")
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


def _problem(document: Document, path: str, error: Any, shape: Shape[Any]) -> Problem:
    kind, steps = error["type"], steps_of(path)
    name = steps[-1] if steps else ""
    line, column = document.place(path, key=kind == "extra_forbidden")
    if kind == "extra_forbidden":
        known = [field.alias or name for name, field in shape.part_of(steps[:-1]).model_fields.items()]
        near = get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
        return Problem(path, "unknown_key", f"There is no key {name!r} here.", hint, line, column)
    if kind == "missing":
        return Problem(path, "missing", f"The key {name!r} is missing.", "", line, column)
    said = str(error["msg"]).removeprefix("Value error, ")
    for theirs, ours in _WORDS:
        said = said.replace(theirs, ours)
    return Problem(path, "bad_value", f"{name}: {said[0].lower()}{said[1:]}.", "", line, column)


def _leave_out(value: Any, path: str, shape: Shape[Any], *, missing: bool) -> None:
    """Take the misfit out, or put something harmless where something must stand."""
    *above, name = steps_of(path) or [""]
    for step in above:
        value = value[int(step)] if isinstance(value, list) else value.get(step)
        if value is None:
            return
    if isinstance(value, list):
        if int(name) < len(value):
            del value[int(name)]
    elif above and above[-1] in shape.maps:
        value[name] = {}
    elif missing or (name in shape.instead and (not above or name == "items")):
        value[name] = deepcopy(shape.instead.get(name))
    else:
        value.pop(name, None)
