"""JSON Schemas (2020-12): reading them, and checking values against them.

Schemas are passed on without references: `inline` writes each in its place, `{}` where one contains itself.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# (schemas come from outside)

from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from troupe.base.errors import Problem
from troupe.base.values import Json
from troupe.features.definitions.document import pointer

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_PARTS = 20_000
MAX_REFERENCES = 20  # one inside the other


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
