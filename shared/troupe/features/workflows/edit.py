"""Edits of a definition's text by ranges: what is not touched stays as it was, comments included.

Each edit is read again and compared with what it was meant to give, so a text is never spoiled: where it cannot be
edited by a tool, `not_editable` is raised.
"""

import json
import re
from typing import Any

from troupe.base.errors import BadInput, NotFound
from troupe.base.values import Json
from troupe.features.definitions.document import Document, Item, pointer, steps_of
from troupe.features.definitions.scalar import resolve
from troupe.features.definitions.text import read

WIDTH = 100  # characters of a line before a map is written over several
_PLAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_ ./@+-]*[A-Za-z0-9_./@+])?")
_WORDS = re.compile(r"(?i)null|true|false|yes|no|on|off|y|n")
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def set_value(text: str, path: str, value: Json) -> str:
    """The text with `value` at the JSON pointer: replaced, or added to the map (or, at `/-`, the list) above it."""
    document = read(text)
    item = document.find(path)
    made = _add(document, path, value) if item is None else _replace(text, item, value, _indent(document, path))
    return _verified(made, _put(document.value, steps_of(path), value))


def remove_value(text: str, path: str) -> str:
    """The text without the key or item at the JSON pointer. Raises NotFound."""
    document = read(text)
    steps = steps_of(path)
    parent = document.find("".join(pointer(s) for s in steps[:-1])) if steps else None
    if parent is None or parent.inner(steps[-1]) is None:
        raise NotFound(f"There is nothing at {path}.")
    start, end = _extent(text, parent, steps[-1])
    made = text[:start] + ("{}" if parent.kind == "map" else "[]") * (_count(parent) == 1) + text[end:]
    return _verified(made, _drop(document.value, steps))


def add_node(text: str, id: str, node: dict[str, Json], *, frame: str = "") -> str:
    """The text with a node added to the workflow, or to the frame at the pointer. Raises BadInput where it is taken."""
    path = f"{frame}/nodes{pointer(id)}"
    if read(text).find(path) is not None:
        raise BadInput(f"There is a node {id!r} already.", code="duplicate")
    return set_value(text, path, node)


def _verified(text: str, wanted: Json) -> str:
    try:
        document = read(text)
        if document.value == wanted and not document.problems:
            return text
    except BadInput:
        pass
    raise BadInput("This place of the text cannot be edited by a tool.", code="not_editable", hint="Edit it by hand.")


# ── replacing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _replace(text: str, item: Item, value: Json, indent: int | None) -> str:
    end = _end(text, item)
    if text[end : _line_end(text, end)].strip():  # a comment or more of a flow collection follows in its line
        indent = None
    if item.start == end:  # nothing was written there
        return f"{text[: item.start]} {_render(value, indent)}{text[item.start :]}"
    block = indent is not None and item.kind != "scalar" and not item.flow
    if block and isinstance(value, dict) and value:
        lines = _block(value, indent or 0)
        return text[: item.start] + lines.lstrip() + text[end:]
    return text[: item.start] + _render(value, None if block else indent) + text[end:]


def _end(text: str, item: Item) -> int:
    """Where a value ends, without the line ends that block scalars take along."""
    return item.start + len(text[item.start : item.end].rstrip())


def _indent(document: Document, path: str) -> int | None:
    """Columns before what belongs to the value at a path, in block style; None inside flow collections."""
    item, column = document.root, -2
    for step in steps_of(path):
        if item.flow:
            return None
        column = item.column - 1
        inner = item.inner(step)
        if inner is None:
            break
        item = inner
    return column + 2


# ── adding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _add(document: Document, path: str, value: Json) -> str:
    text, steps = document.text, steps_of(path)
    above = "".join(pointer(s) for s in steps[:-1])
    parent = document.find(above)
    if parent is None or (parent.kind == "scalar" and parent.value is None):
        return set_value(text, above, [value] if steps[-1] == "-" else {steps[-1]: value})
    if parent.kind == "scalar" or (parent.kind == "list") != (steps[-1] == "-"):
        raise BadInput(f"There is no place for {path}.", code="not_editable")
    if parent.flow:
        return _add_in_flow(text, parent, steps[-1], value)
    last = parent.items[-1] if parent.items else next(reversed(parent.fields.values()))[1]
    at = _line_end(text, _end(text, last) if last.end > last.start else last.start)
    lead = "\n" + " " * (parent.column - 1)
    if parent.kind == "list":
        return text[:at] + f"{lead}- {_render(value, parent.column + 1)}" + text[at:]
    return text[:at] + lead + _entry(steps[-1], value, parent.column - 1) + text[at:]


def _add_in_flow(text: str, parent: Item, key: str, value: Json) -> str:
    made = _flow(value) if parent.kind == "list" else f"{_scalar(key)}: {_flow(value)}"
    if _count(parent) == 0:
        return text[: parent.start + 1] + made + text[parent.end - 1 :]
    last = parent.items[-1] if parent.items else next(reversed(parent.fields.values()))[1]
    return text[: last.end] + f", {made}" + text[last.end :]


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found - (text[found - 1] == "\r")


# ── removing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _count(item: Item) -> int:
    return len(item.items) if item.kind == "list" else len(item.fields)


def _extent(text: str, parent: Item, step: str) -> tuple[int, int]:
    """The range that goes: key and value, or item, with the separator or the lines they stand in."""
    parts = [(i, i) for i in parent.items] if parent.kind == "list" else list(parent.fields.values())
    index = int(step) if parent.kind == "list" else list(parent.fields).index(step)
    (key, value), count = parts[index], len(parts)
    end = max(_end(text, value), key.end)
    if count == 1:
        return (parent.start, parent.end) if parent.flow else (_bullet(text, parent, key), end)
    if parent.flow:
        return (key.start, parts[index + 1][0].start) if index + 1 < count else (parts[index - 1][1].end, end)
    start = _bullet(text, parent, key)
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():  # shares its line with the bullet of a list around it
        following = _bullet(text, parent, parts[index + 1][0])
        return start, following
    after = text.find("\n", end)
    return (line, after + 1) if after >= 0 else (max(line - 1, 0), len(text))


def _bullet(text: str, parent: Item, key: Item) -> int:
    return text.rfind("-", 0, key.start) if parent.kind == "list" and not parent.flow else key.start


# ── writing values ──────────────────────────────────────────────────────────────────────────────────────────────────


def _render(value: Json, indent: int | None) -> str:
    """A value as it stands behind its key; `indent` columns for what goes on below, None for one line."""
    if indent is not None and isinstance(value, str) and (lines := _literal(value, indent)):
        return lines
    return _flow(value)


def _entry(key: str, value: Json, indent: int) -> str:
    """`key: value`, a map that is long or holds long texts over several lines."""
    if isinstance(value, dict) and value and (_multi_line(value) or len(_flow(value)) + indent + len(key) > WIDTH):
        return f"{_scalar(key)}:\n{_block(value, indent + 2)}"
    return f"{_scalar(key)}: {_render(value, indent + 2)}"


def _block(value: dict[str, Json], indent: int) -> str:
    return "\n".join(" " * indent + _entry(k, v, indent) for k, v in value.items())


def _multi_line(value: Json) -> bool:
    if isinstance(value, str):
        return "\n" in value
    return isinstance(value, dict) and any(_multi_line(v) for v in value.values())


def _literal(value: str, indent: int) -> str:
    """A text of several lines as a literal block, where YAML gives it back exactly; else ""."""
    body = value.removesuffix("\n")
    odd = _ESCAPED.search(value) or re.search(r"[\x00-\x09\x0b-\x1f]", value)
    if "\n" not in body or odd or body != body.strip("\n ") or any(one.strip() == "" for one in body.split("\n")):
        return ""
    mark = "|" if value.endswith("\n") else "|-"
    return mark + "".join(f"\n{' ' * indent}{line}" for line in body.split("\n"))


def _is_text(value: str) -> bool:
    try:
        return resolve(value) == value
    except ValueError:
        return False


def _flow(value: Json) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _WORDS.fullmatch(value) and _is_text(value):
        return value
    if isinstance(value, str) and '"' in value and value.isprintable() and not set(value) & set("'\\"):
        return f"'{value}'"
    return _ESCAPED.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))


# ── the same on values ──────────────────────────────────────────────────────────────────────────────────────────────


def _put(value: Json, steps: list[str], new: Json) -> Json:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if step == "-":
        return [*(value if isinstance(value, list) else []), _put(None, rest, new)]
    if isinstance(value, list):
        return [_put(v, rest, new) if i == int(step) else v for i, v in enumerate(value)]
    fields = value if isinstance(value, dict) else {}
    return {**fields, step: _put(fields.get(step), rest, new)}


def _drop(value: Json, steps: list[str]) -> Json:
    step, rest = steps[0], steps[1:]
    if isinstance(value, list):
        kept: list[Json] = [_drop(v, rest) if rest and i == int(step) else v for i, v in enumerate(value)]
        return kept if rest else kept[: int(step)] + kept[int(step) + 1 :]
    fields = value if isinstance(value, dict) else {}
    return {k: _drop(v, rest) if k == step else v for k, v in fields.items() if rest or k != step}
