"""Rough types of expressions: JSON Schemas without references, `{}` where nothing is known.

`infer(expression, names)` gives the schema of the value and what is certainly wrong; it never doubts what it does not
know. `may_fit(given, wanted)` says whether a value of the one schema can be a value of the other.
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# (`type(x)` of a value that may be anything; schemas come from outside)

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeAlias

from troupe.features.workflows.expressions.evaluate import Expression
from troupe.features.workflows.expressions.syntax import (
    Call,
    Default,
    Has,
    Index,
    Literal,
    Logic,
    Loop,
    MakeList,
    MakeMap,
    Node,
    Select,
    Step,
    Ternary,
    path_of,
)

Schema: TypeAlias = dict[str, Any]
Names: TypeAlias = Callable[[str], Schema | None]
ANY: Schema = {}
BOOL: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
INT: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
_KINDS: dict[type[Any], str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array", dict: "object",
}  # fmt: skip
_GIVES: dict[str, Schema] = {
    "size": INT, "int": INT, "uint": INT, "double": NUMBER, "string": TEXT, "type": TEXT, "join": TEXT, "lower": TEXT,
    "upper": TEXT, "trim": TEXT, "replace": TEXT, "split": {"type": "array", "items": TEXT}, "sum": NUMBER,
    "matches": BOOL, "contains": BOOL, "startsWith": BOOL, "endsWith": BOOL, "!": BOOL, "==": BOOL, "!=": BOOL,
    "<": BOOL, "<=": BOOL, ">": BOOL, ">=": BOOL, "in": BOOL,
}  # fmt: skip
_TAKES_TEXT = frozenset({"split", "lower", "upper", "trim", "replace", "matches", "contains", "startsWith", "endsWith"})
_TAKES_LIST = frozenset({"join", "sum", "sort"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something certainly wrong in an expression, at an offset in its source."""

    at: int
    code: str
    message: str
    hint: str = ""


@dataclass(slots=True)
class _Look:
    names: Names
    bound: dict[str, Schema]
    mistakes: list[Mistake] = field(default_factory=list[Mistake])

    def wrong(self, at: int, code: str, message: str, hint: str = "") -> Schema:
        self.mistakes.append(Mistake(at, code, message, hint))
        return ANY


def infer(expression: Expression, names: Names) -> tuple[Schema, list[Mistake]]:
    """The schema of its value and its mistakes. `names` gives the schema of a name, None for an unknown one."""
    look = _Look(names, {})
    if expression.tree is None:
        ref = expression.refs[0]
        return _follow(look, ref.name, ref.steps, ref.at), look.mistakes
    return _type(expression.tree, look), look.mistakes


def of_value(value: Any) -> Schema:
    """The schema of a constant."""
    kind: Any = type(value)
    return {"type": _KINDS[kind], "const": value} if kind in _KINDS else ANY


def _type(node: Node, look: _Look) -> Schema:
    path = path_of(node)
    if path is not None:
        return _follow(look, *path, _start(node))
    match node:
        case Literal(value=value):
            return of_value(value)
        case Has():
            return BOOL
        case Default(of=of, other=other):
            quiet = _Look(look.names, look.bound)
            return union(_without_null(_type(of, quiet)), _type(other, look))
        case Logic(args=args):
            for arg in args:
                _want(_type(arg, look), "boolean", arg, look)
            return BOOL
        case Ternary(test=test, then=then, other=other):
            _want(_type(test, look), "boolean", test, look)
            return union(_type(then, look), _type(other, look))
        case MakeList(items=items):
            return {"type": "array", "items": union(*[_type(i, look) for i in items]) if items else ANY}
        case MakeMap(entries=entries):
            return _map(entries, look)
        case Loop():
            return _loop(node, look)
        case Select(of=of, name=name):
            return _step(_type(of, look), name, look, node.at, "this")
        case Index(of=of, key=key):
            inner, _ = _type(of, look), _type(key, look)
            return inner.get("items", ANY) if kinds(inner) == {"array"} else ANY
        case Call():
            return _call(node, look)
        case _:
            return ANY


def _start(node: Node) -> int:
    while isinstance(node, (Select, Index)):
        node = node.of
    return node.at


def _map(entries: tuple[tuple[Node, Node], ...], look: _Look) -> Schema:
    fields: dict[str, Schema] = {}
    for key, value in entries:
        kind = _type(value, look)
        if not isinstance(key, Literal) or not isinstance(key.value, str):
            return {"type": "object"}
        fields[key.value] = kind
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _loop(node: Loop, look: _Look) -> Schema:
    over = _type(node.over, look)
    known = kinds(over)
    if known and not known & {"array", "object"}:
        look.wrong(node.at, "type_mismatch", f"{node.kind}() goes over a list or a map, not {_said(known)}.")
    item = over.get("items", ANY) if known == {"array"} else TEXT if known == {"object"} else ANY
    inner = _Look(look.names, {**look.bound, node.var: item if isinstance(item, dict) else ANY}, look.mistakes)
    body = _type(node.body, inner)
    if node.test is not None:
        _want(_type(node.test, inner), "boolean", node.test, look)
    if node.kind == "map":
        return {"type": "array", "items": body}
    _want(body, "boolean", node.body, look)
    return {"type": "array", "items": item} if node.kind == "filter" else BOOL


def _call(node: Call, look: _Look) -> Schema:
    types = [_type(a, look) for a in node.args]
    if node.name in ("+", "-", "*", "/", "%", "neg"):
        return _reckon(node, types, look)
    if node.name in _TAKES_TEXT:
        _want(types[0], "string", node.args[0], look)
    if node.name in _TAKES_LIST:
        _want(types[0], "array", node.args[0], look)
    if node.name in ("<", "<=", ">", ">="):
        _comparable(node, types, look)
    if node.name == "sort":
        return {"type": "array", "items": types[0].get("items", ANY)}
    return _GIVES.get(node.name, ANY)


def _reckon(node: Call, types: list[Schema], look: _Look) -> Schema:
    known = [_wide(kinds(t)) for t in types]
    if any(not k for k in known):
        return ANY
    if all(k <= {"number", "integer"} for k in known):
        whole = all(k == {"integer"} for k in known)
        return INT if whole else NUMBER
    together = set[str]().union(*known)
    if node.name == "+" and len(together) == 1 and together <= {"string", "array"}:
        return {"type": next(iter(together))}
    if any(len(k) > 1 for k in known):
        return ANY
    said = f" {node.name} ".join(_said(k) for k in known)
    return look.wrong(node.at, "type_mismatch", f"{said} has no meaning.", "string(x) or int(x) converts.")


def _wide(known: set[str]) -> set[str]:
    return known - {"integer"} if "number" in known else known


def _comparable(node: Call, types: list[Schema], look: _Look) -> None:
    left, right = (_numeric(kinds(t)) for t in types)
    if left and right and not left & right:
        look.wrong(node.at, "type_mismatch", f"{_said(left)} {node.name} {_said(right)} has no meaning.")


def _numeric(known: set[str]) -> set[str]:
    return {"number" if k == "integer" else k for k in known}


def _want(given: Schema, wanted: str, node: Node, look: _Look) -> None:
    known = kinds(given)
    if known and wanted not in known:
        look.wrong(_start(node), "type_mismatch", f"This must be {_said({wanted})}, and is {_said(known)}.")


def _said(known: set[str]) -> str:
    words = {"array": "a list", "object": "a map", "string": "a text", "integer": "an integer", "number": "a number",
             "boolean": "true or false", "null": "null"}  # fmt: skip
    return " or ".join(sorted(words.get(k, k) for k in known))


def _follow(look: _Look, name: str, steps: tuple[Step, ...], at: int) -> Schema:
    found = look.bound.get(name)
    found = look.names(name) if found is None else found
    if found is None:
        return ANY  # unknown names are told by who knows which there are
    here = name
    for step in steps:
        found = _step(found, step, look, at, here)
        here += f".{step}" if isinstance(step, str) else f"[{step}]"
    return found


def _step(given: Schema, step: Step, look: _Look, at: int, here: str) -> Schema:
    alternatives = given.get("anyOf") or given.get("oneOf")
    if alternatives:
        quiet = [_Look(look.names, look.bound) for _ in alternatives]
        found = [_step(a, step, q, at, here) for a, q in zip(alternatives, quiet, strict=True)]
        good = [f for f, q in zip(found, quiet, strict=True) if not q.mistakes]
        if not good:
            look.mistakes.extend(quiet[0].mistakes)
        return union(*good) if good else ANY
    known = kinds(given)
    if isinstance(step, int):
        if known and not known & {"array", "object"}:
            return look.wrong(at, "type_mismatch", f"{here} is {_said(known)}; it has no [{step}].")
        items = given.get("items", ANY)
        return items if isinstance(items, dict) and known == {"array"} else ANY
    if known and "object" not in known:
        return look.wrong(at, "unknown_field", f"{here} is {_said(known)} and has no field {step!r}.")
    return _field(given, step, look, at, here)


def _field(given: Schema, step: str, look: _Look, at: int, here: str) -> Schema:
    fields: dict[str, Schema] = given.get("properties", {})
    if step in fields:
        return fields[step]
    more = given.get("additionalProperties", True)
    if more is False and "patternProperties" not in given:
        near = get_close_matches(step, fields, 1)
        hint = f"Did you mean {here}.{near[0]}?" if near else f"It has {', '.join(list(fields)[:12]) or 'no fields'}."
        return look.wrong(at, "unknown_field", f"{here} has no field {step!r}.", hint)
    return more if isinstance(more, dict) else ANY


def kinds(given: Schema) -> set[str]:
    """The JSON types a value may have; empty where that is not known."""
    if "const" in given:
        return {_KINDS.get(type(given["const"]), "")} - {""}
    said = given.get("type")
    if isinstance(said, str):
        return {said}
    if isinstance(said, list):
        return {str(k) for k in said}
    if "enum" in given:
        return {_KINDS.get(type(v), "") for v in given["enum"]} - {""}
    below = [kinds(a) for a in given.get("anyOf") or given.get("oneOf") or []]
    return set[str]().union(*below) if below and all(below) else set()


def union(*schemas: Schema) -> Schema:
    """Either of them; `{}` swallows all."""
    different: list[Schema] = []
    for schema in schemas:
        for one in schema.get("anyOf", [schema]) if set(schema) == {"anyOf"} else [schema]:
            if not one:
                return ANY
            if one not in different:
                different.append(one)
    return different[0] if len(different) == 1 else {"anyOf": different}


def _without_null(given: Schema) -> Schema:
    parts = [p for p in given.get("anyOf", []) if kinds(p) != {"null"}]
    return union(*parts) if parts else given


def may_fit(given: Schema, wanted: Schema) -> bool:
    """Whether a value of `given` can be one of `wanted`; true where it is not known."""
    if not given or not wanted:
        return True
    for side, other in ((given, wanted), (wanted, given)):
        parts = side.get("anyOf") or side.get("oneOf")
        if parts:
            return any(may_fit(p, other) if side is given else may_fit(other, p) for p in parts)
    have, want = kinds(given), kinds(wanted)
    if have and want and not _numeric(have) & _numeric(want):
        return False
    if "const" in given and "enum" in wanted and given["const"] not in wanted["enum"]:
        return False
    if have == want == {"array"} and isinstance(wanted.get("items"), dict):
        return may_fit(given.get("items") or ANY, wanted["items"])
    return True
