"""Paths into JSON: `$.a.b[0]`, `a['b c'][*].d`, or a JSON Pointer (RFC 6901) like `/a/b/0`. No filters, no code."""

import re
from typing import Any, cast

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_ITEMS
from troupe.catalog.contract import Json

EACH = object()  # the step `[*]` or `.*`
Step = str | int | object
_STEP = re.compile(
    r"\.?(?:(?P<all>\*)|(?P<name>[^\W\d][\w-]*))"
    r"|\[\s*(?:(?P<every>\*)|(?P<index>-?\d{1,9})|'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\")\s*\]"
)


def read_path(path: str) -> list[Step]:
    """The steps of a path. Raises Rejected (`bad_path`) with where it cannot be read."""
    if path.startswith("/"):
        return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    at = 1 if path.startswith("$") else 0
    steps: list[Step] = []
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None or (found[0][0] not in ".[" and at):
            hint = "Write a.b[0].c, a['b c'] or a[*].b, or a JSON Pointer like /a/b/0."
            raise Rejected(
                f"The path cannot be read at character {at + 1}: {path[at : at + 40]!r}.", code="bad_path", hint=hint
            )
        steps.append(_step(found))
        at = found.end()
    return steps


def _step(found: re.Match[str]) -> Step:
    if found["all"] or found["every"]:
        return EACH
    if found["index"] is not None:
        return int(found["index"])
    return next(text for text in (found["name"], found["one"], found["two"]) if text is not None)


def find(value: Json, steps: list[Step]) -> list[Json]:
    """Every value at the path, in order. Raises Rejected where they are too many."""
    found: list[Any] = [value]
    for step in steps:
        found = [inner for one in found for inner in _inside(one, step)]
        if len(found) > MAX_ITEMS:
            raise Rejected(f"The path leads to more than {MAX_ITEMS:,} values.", code="too_many")
    return found


def _inside(value: Any, step: Step) -> list[Any]:
    if isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        if step is EACH:
            return list(fields.values())
        return [fields[step]] if isinstance(step, str) and step in fields else []
    if not isinstance(value, list):
        return []
    items = cast(list[Any], value)
    if step is EACH:
        return items
    if isinstance(step, str) and step.isdecimal() and len(step) < 10:  # as a JSON Pointer says it
        step = int(step)
    return [items[step]] if isinstance(step, int) and -len(items) <= step < len(items) else []
