"""What a node gives its block, against the block's input schema: missing, unknown, mistyped; expressions included."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# (schemas come as JSON)

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from troupe.base.errors import Problem
from troupe.base.values import Json
from troupe.features.definitions.document import pointer
from troupe.features.definitions.schema import check_value
from troupe.features.workflows.expressions import Schema, kinds, may_fit

Types = Callable[[str], Schema]
_WORDS = {
    "array": "a list", "object": "a map", "string": "a text", "integer": "an integer", "number": "a number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip


def misfits(value: Json, schema: Any, path: str, types: Types) -> list[Problem]:
    """What is certainly wrong, without places. `types(text)` gives the schema of a text that holds braces."""
    if not isinstance(schema, dict) or not schema:
        return []
    if not _moving(value):
        return check_value(value, schema, path=path)
    if isinstance(value, str):
        given = types(value)
        return [] if may_fit(given, schema) else [_mistyped(path, given, schema)]
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return min((misfits(value, a, path, types) for a in alternatives), key=len)
    wanted = kinds(schema)
    if wanted and ("object" if isinstance(value, dict) else "array") not in wanted:
        return [_mistyped(path, {"type": "object" if isinstance(value, dict) else "array"}, schema)]
    if isinstance(value, dict):
        return _map_misfits(value, schema, path, types)
    items: list[Any] = value if isinstance(value, list) else []
    return [p for i, v in enumerate(items) for p in misfits(v, schema.get("items"), path + pointer(i), types)]


def _map_misfits(value: dict[str, Json], schema: Schema, path: str, types: Types) -> list[Problem]:
    fields: dict[str, Any] = schema.get("properties", {})
    more = schema.get("additionalProperties", True)
    found = [
        Problem(path + pointer(name), "missing", f"{name} is missing.")
        for name in schema.get("required", [])
        if name not in value
    ]
    for name, inner in value.items():
        if name in fields:
            found.extend(misfits(inner, fields[name], path + pointer(name), types))
        elif more is False:
            found.append(Problem(path + pointer(name), "unknown_field", f"There is no field {name!r} here."))
        else:
            found.extend(misfits(inner, more, path + pointer(name), types))
    return found


def _moving(value: Json) -> bool:
    if isinstance(value, str):
        return "{{" in value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_moving(v) for v in inner)


def _mistyped(path: str, given: Schema, wanted: Schema) -> Problem:
    if "const" in given and "enum" in wanted:
        return Problem(path, "wrong_type", f"This must be one of {wanted['enum']}.")
    return Problem(path, "wrong_type", f"This must be {_said(wanted)}, and is {_said(given)}.")


def _said(schema: Schema) -> str:
    return " or ".join(sorted(_WORDS.get(k, k) for k in kinds(schema))) or "something else"


def as_inputs(problems: list[Problem], known: list[str], path: str) -> list[Problem]:
    """The same problems in the words of a node's inputs, with what was perhaps meant."""
    told: list[Problem] = []
    for p in problems:
        name = p.path.removeprefix(path + "/")
        if "/" in name:
            told.append(p)
        elif p.code == "missing":
            told.append(Problem(p.path, "missing_input", f"The input {name!r} is missing."))
        elif p.code == "unknown_field":
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(known) or 'nothing'}."
            told.append(Problem(p.path, "unknown_input", f"The block has no input {name!r}.", hint))
        else:
            told.append(p)
    return told
