"""The JSON Schemas of what the nodes of a workflow take and give, computed from its text."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# (schemas come from outside)

from collections.abc import Callable

from troupe.base.values import Json
from troupe.features.workflows.expressions import ExpressionError, Schema, infer, of_value, union
from troupe.features.workflows.expressions.types import Names
from troupe.features.workflows.template import Need, Template, needs, scan

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
