"""JSON Schemas (2020-12): of what a workflow takes and gives, and checking values against them.

Schemas are passed on without references: `inline` writes each in its place, `{}` where one contains itself.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# (schemas come from outside)

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from troupe.base.errors import Problem
from troupe.base.values import Json
from troupe.features.definitions.document import pointer
from troupe.features.workflows.expressions import ExpressionError, Schema, infer, of_value, union
from troupe.features.workflows.expressions.types import Names
from troupe.features.workflows.template import Need, Template, needs, scan

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_PARTS = 20_000
MAX_REFERENCES = 20  # one inside the other
TEXT: Schema = {"type": "string"}
ERROR: Schema = {
    "type": "object",
    "properties": {
        "code": TEXT,
        "message": TEXT,
        "retryable": {"type": "boolean"},
        "hint": TEXT,
        "node": {"type": ["string", "null"]},
        "step": {"type": ["string", "null"]},
    },
    "additionalProperties": False,
}
RUN: Schema = {
    "type": "object",
    "properties": {"id": TEXT, "dry_run": {"type": "boolean"}, "workflow": TEXT},
    "additionalProperties": False,
}


def inline(schema: Any) -> Schema:
    """The schema with its own `#/…` references written out, as far as that ends."""
    return _Inliner(schema).write(schema, 0) if isinstance(schema, dict) else {}


class _Inliner:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.left = MAX_PARTS

    def write(self, part: Any, depth: int) -> Any:
        if isinstance(part, list):
            return [self.write(p, depth) for p in part]
        if not isinstance(part, dict):
            return part
        self.left -= 1
        if self.left < 0 or depth > MAX_REFERENCES:
            return {}
        ref = part.get("$ref")
        beside = {
            k: v if k in ("const", "enum", "default", "examples") else self.write(v, depth)
            for k, v in part.items()
            if k not in ("$ref", "$defs", "definitions")
        }
        if not isinstance(ref, str):
            return beside
        return {**self.write(self._at(ref), depth + 1), **beside}

    def _at(self, ref: str) -> dict[str, Any]:
        found: Any = self.root if ref.startswith("#") else {}
        for step in ref.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


# ── checking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def wrong_schema(schema: Any) -> str:
    """What is wrong with a JSON Schema, or "". Nothing is fetched: references may only point into it."""
    if not isinstance(schema, (dict, bool)):
        return "A JSON Schema is a map, or true for anything."
    outside = _outside(schema)
    if outside:
        return f"The reference {outside[:80]!r} points outside of the schema."
    if isinstance(schema, dict) and schema.get("$schema", DIALECT) not in (DIALECT, DIALECT + "#"):
        return f"Schemas here are of the dialect {DIALECT}."
    try:
        jsonschema_rs.meta.validate(schema)
        _validator(orjson.dumps(schema))
    except (ValueError, jsonschema_rs.ReferencingError) as wrong:
        return str(getattr(wrong, "message", wrong)).split("\n")[0][:300]
    return ""


def _outside(schema: Any) -> str:
    level = [schema]
    while level:
        one = level.pop()
        if isinstance(one, dict):
            for key in ("$ref", "$dynamicRef", "$recursiveRef"):
                ref = one.get(key)
                if isinstance(ref, str) and not ref.startswith("#"):
                    return ref
            level.extend(one.values())
        elif isinstance(one, list):
            level.extend(one)
    return ""


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")


@lru_cache(maxsize=1024)
def _validator(schema: bytes) -> Any:
    return jsonschema_rs.Draft202012Validator(orjson.loads(schema), validate_formats=True, retriever=_refuse)


def check_value(value: Json, schema: Json, *, path: str = "") -> list[Problem]:
    """Everything wrong with a value by a JSON Schema, each with the JSON pointer of where; the first hundred."""
    found: list[Problem] = []
    for wrong in _validator(orjson.dumps(schema)).iter_errors(value):
        found.extend(_problems(wrong, path))
        if len(found) >= 100:
            break
    return found


def _problems(wrong: Any, path: str) -> list[Problem]:
    where = path + "".join(pointer(step) for step in wrong.instance_path)
    keyword = str(wrong.schema_path[-1]) if wrong.schema_path else "never"
    if keyword == "required":
        name = str(wrong.kind.property)
        return [Problem(where + pointer(name), "missing", f"{name} is missing.")]
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        names = [str(n) for n in wrong.kind.unexpected]
        return [Problem(where + pointer(n), "unknown_field", f"There is no field {n!r} here.") for n in names]
    code = {"type": "wrong_type", "False schema": "never"}.get(keyword, keyword)
    return [Problem(where, code, str(wrong.message)[:300])]


# ── computing ───────────────────────────────────────────────────────────────────────────────────────────────────────

Absent = Callable[[Need], bool]


def of_template(value: Json, names: Names, absent: Absent) -> Schema:
    """The schema of a filled tree; fields that need what may be absent are optional."""
    if isinstance(value, dict):
        fields = {key: of_template(inner, names, absent) for key, inner in value.items()}
        required = [key for key, inner in value.items() if isinstance(inner, dict) or not may_lack(inner, absent)]
        shape: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
        return {**shape, "required": required} if required else shape
    if isinstance(value, list):
        return {"type": "array", "items": union(*[of_template(v, names, absent) for v in value]) if value else {}}
    if not isinstance(value, str) or "{{" not in value:
        return of_value(value)
    try:
        holes = Template(value).holes
    except ExpressionError:  # told by the checker
        return {}
    if len(holes) != 1 or not holes[0].whole:
        return TEXT if holes else of_value("".join(p for p in scan(value) if isinstance(p, str)))
    return infer(holes[0].expression, names)[0]


def may_lack(value: Json, absent: Absent) -> bool:
    """Whether a tree needs what may be absent."""
    try:
        return any(absent(need) for need in needs(Template(value).refs()))
    except ExpressionError:
        return False


def of_output(value: Json, names: Names, absent: Absent) -> Schema:
    """The schema of a frame's or a workflow's output; one that is no map may be null as a whole."""
    shape = of_template(value, names, absent)
    return shape if isinstance(value, dict) or not may_lack(value, absent) else union(shape, {"type": "null"})


def with_error(shape: Schema) -> Schema:
    """The schema of a node that goes on where it failed: its `error` may be there."""
    failed: Schema = {"type": "object", "properties": {"error": ERROR}, "additionalProperties": False}
    if shape.get("type") != "object":
        return union(shape, failed) if shape else {}
    fields = {**shape.get("properties", {}), "error": ERROR}
    return {k: v for k, v in {**shape, "properties": fields}.items() if k != "required"}
