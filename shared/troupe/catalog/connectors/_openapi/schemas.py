"""Schemas of an OpenAPI document as JSON Schema 2020-12: references written out, what says nothing left out."""

import json
import re
from typing import Any, cast

KEPT = {
    "type", "format", "enum", "const", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties",
    "maxProperties", "title", "description",
}  # fmt: skip
MANY = ("oneOf", "anyOf", "allOf")
SAID = 300  # characters of a description
BYTES = 20_000  # of one schema; a larger one is written less deep
DEPTHS = (10, 6, 4, 3, 2)
PARTS = 3_000


class Schemas:
    """The schemas of one document. References lead nowhere but into it."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._left = PARTS

    def resolve(self, part: Any) -> dict[str, Any]:
        """A part of the document, its own reference followed, at most 20 in a row; {} where it leads nowhere."""
        for _ in range(20):
            if not isinstance(part, dict):
                return {}
            found = cast("dict[str, Any]", part)
            ref = found.get("$ref")
            if not isinstance(ref, str):
                return found
            part = self._at(ref)
        return {}

    def write(self, schema: Any) -> dict[str, Any]:
        """The schema on its own, as deep as its size allows."""
        written: dict[str, Any] = {}
        for depth in DEPTHS:
            self._left = PARTS
            written = self._write(schema, depth, ())
            if self._left > 0 and len(json.dumps(written)) <= BYTES:
                return written
        return {k: v for k, v in written.items() if k in ("type", "description")}

    def _write(self, schema: Any, depth: int, inside: tuple[str, ...]) -> dict[str, Any]:
        self._left -= 1
        if not isinstance(schema, dict) or depth < 0 or self._left < 0:
            return {}
        given = cast("dict[str, Any]", schema)
        ref = given.get("$ref")
        if isinstance(ref, str):
            if ref in inside or len(inside) > 20:
                return {}
            beside = {k: v for k, v in given.items() if k != "$ref"}
            return self._write({**self.resolve(self._at(ref)), **beside}, depth, (*inside, ref))
        made = {k: v for k, v in given.items() if k in KEPT}
        for name in MANY:
            if isinstance(given.get(name), list) and given[name]:
                made[name] = [self._write(one, depth - 1, inside) for one in given[name][:30]]
        self._object(given, made, depth, inside)
        if isinstance(given.get("items"), dict):
            made["items"] = self._write(given["items"], depth - 1, inside)
        return _tidy(made, given)

    def _object(self, given: dict[str, Any], made: dict[str, Any], depth: int, inside: tuple[str, ...]) -> None:
        fields: Any = given.get("properties")
        if isinstance(fields, dict):
            made["properties"] = {
                str(name): self._write(one, depth - 1, inside)
                for name, one in cast("dict[Any, Any]", fields).items()
                if not self.resolve(one).get("readOnly")
            }
        needed: Any = given.get("required")
        if isinstance(needed, list):
            known = cast("dict[str, Any]", made.get("properties", {}))
            made["required"] = [n for n in cast("list[Any]", needed) if n in known]
        more: Any = given.get("additionalProperties")
        if isinstance(more, bool):
            made["additionalProperties"] = more
        elif isinstance(more, dict):
            made["additionalProperties"] = self._write(more, depth - 1, inside)

    def _at(self, ref: str) -> Any:
        found: Any = self._root if ref.startswith("#/") else {}
        for step in ref.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
            found = cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None
        return found


def _tidy(made: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0's own words as JSON Schema says them; long words cut; patterns that are none left out."""
    for low, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(low), bool) and made.pop(low) and bound in made:
            made[low] = made.pop(bound)
    if given.get("nullable") is True:
        made = _or_null(made)
    for name in ("title", "description"):
        if name in made:
            made[name] = str(made[name])[:SAID]
    pattern = made.get("pattern")
    if pattern is not None and not _is_pattern(pattern):
        del made["pattern"]
    return made


def _or_null(made: dict[str, Any]) -> dict[str, Any]:
    kind = made.get("type")
    if isinstance(kind, str):
        made["type"] = [kind, "null"]
    elif kind is None and any(name in made for name in MANY):
        return {"anyOf": [made, {"type": "null"}]}
    if isinstance(made.get("enum"), list) and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made


def _is_pattern(pattern: Any) -> bool:
    if not isinstance(pattern, str) or len(pattern) > 200:
        return False
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
