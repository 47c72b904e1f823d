"""From the parser's reductions to nodes: literals decoded, macros and functions told apart, depth bounded."""

import math
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import lark
from lark import Token, Transformer

from troupe.features.workflows.expressions.syntax import (
    FUNCTIONS,
    LOOPS,
    RESERVED,
    TYPES,
    Call,
    Default,
    ExpressionError,
    Has,
    Index,
    Literal,
    Logic,
    Loop,
    MakeList,
    MakeMap,
    Name,
    Node,
    Select,
    Ternary,
    depth_of,
    path_of,
)

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"} | {c: c for c in "\\?\"'`"}


def _unescape(text: str, at: int, octets: bool) -> str:
    def one(m: re.Match[str]) -> str:
        code = m[1]
        if code in _SIMPLE:
            return _SIMPLE[code]
        point = -1
        if len(code) > 1:
            point = int(code[1:], 16) if code[0] in "xXuU" else int(code, 8)
        if octets and code[0] not in "uU" and 0x80 <= point <= 0xFF:
            return chr(0xDC00 + point)  # what `surrogateescape` turns into that octet
        if point < 0 or point > 0x10FFFF or 0xD800 <= point < 0xE000:
            raise ExpressionError(f"There is no character {m[0]!r}.", at=at)
        return chr(point)

    return _ESCAPE.sub(one, text)


def _inner(token: str, at: int, octets: bool = False) -> str:
    raw = token[0] in "rR"
    body = token[1:] if raw else token
    width = 3 if body[:3] in ('"""', "'''") and len(body) >= 6 else 1
    return body[width:-width] if raw else _unescape(body[width:-width], at, octets)


def _at(token: Token) -> int:
    return token.start_pos or 0


def _int(text: str, at: int) -> int:
    digits = text.rstrip("uU")
    value = int(digits, 16) if digits[:2] in ("0x", "0X") else int(digits[:40])
    if value > 2**63:  # 2**63 itself may stand below a minus; alone it is refused where the tree is compiled
        raise ExpressionError("Integers have 64 bits here; this one is larger.", at=at, code="integer_overflow")
    return value


def _matches(op: str) -> Callable[[Any, Node, Node], Node]:
    def join(_: Any, left: Node, right: Node) -> Node:
        """`a || b || c` is one node of three, so a long chain is not deep."""
        first = left.args if isinstance(left, Logic) and left.op == op else (left,)
        args = (*first, right)
        return Logic(op, args, left.at, depth_of(*args))

    return join


class Build(Transformer[Token, Any]):
    """One method a rule of cel.lark."""

    def name(self, token: Token) -> Node:
        if str(token) in RESERVED:
            raise ExpressionError(f"{token!s} is a reserved word of CEL.", at=_at(token))
        return Name(str(token), _at(token))

    def int_(self, token: Token) -> Node:
        return Literal(_int(token, _at(token)), _at(token))

    uint_ = int_

    def float_(self, token: Token) -> Node:
        value = float(token)
        if not math.isfinite(value):
            raise ExpressionError("This number is too large.", at=_at(token), code="not_finite")
        return Literal(value, _at(token))

    def string(self, token: Token) -> Node:
        return Literal(_inner(token, _at(token)), _at(token))

    def bytes_(self, token: Token) -> Node:
        text = _inner(token[1:], _at(token), octets=True)
        return Literal(text.encode(errors="surrogateescape"), _at(token))

    def true(self, token: Token) -> Node:
        return Literal(value=True, at=_at(token))

    def false(self, token: Token) -> Node:
        return Literal(value=False, at=_at(token))

    def null(self, token: Token) -> Node:
        return Literal(None, _at(token))

    def ternary(self, test: Node, then: Node, other: Node) -> Node:
        return Ternary(test, then, other, test.at, depth_of(test, then, other))

    either = _matches("||")
    both = _matches("&&")

    def relate(self, left: Node, op: Token, right: Node) -> Node:
        left, right = self._type_names(left, right), self._type_names(right, left)
        return Call(str(op), (left, right), _at(op), depth_of(left, right))

    @staticmethod
    def _type_names(node: Node, other: Node) -> Node:
        """In `type(x) == string`, the name of a type is a constant."""
        if isinstance(node, Name) and node.name in TYPES and isinstance(other, Call) and other.name == "type":
            return Literal(node.name, node.at)
        return node

    def reckon(self, left: Node, op: Token, right: Node) -> Node:
        if str(op) in ("+", "*") and isinstance(left, Call) and left.name == str(op):
            args = (*left.args, right)
            return Call(str(op), args, left.at, depth_of(*args))
        return Call(str(op), (left, right), _at(op), depth_of(left, right))

    def negate(self, of: Node) -> Node:
        return Call("!", (of,), of.at, depth_of(of))

    def minus(self, token: Token, of: Node) -> Node:
        if isinstance(of, Literal) and isinstance(of.value, (int, float)) and not isinstance(of.value, bool):
            return Literal(-of.value, _at(token))
        return Call("neg", (of,), _at(token), depth_of(of))

    def select(self, of: Node, name: Token) -> Node:
        return Select(of, str(name), _at(name), depth_of(of))

    def index(self, of: Node, key: Node) -> Node:
        return Index(of, key, key.at, depth_of(of, key))

    def args(self, *items: Any) -> list[Any]:
        return list(items)

    elements = entries = args

    def entry(self, key: Node, value: Node) -> tuple[Node, Node]:
        return key, value

    def make_list(self, items: list[Any] | None) -> Node:
        found = tuple(items or ())
        return MakeList(found, found[0].at if found else 0, depth_of(*found))

    def make_map(self, entries: list[Any] | None) -> Node:
        found: tuple[tuple[Node, Node], ...] = tuple(entries or ())
        return MakeMap(found, found[0][0].at if found else 0, depth_of(*(x for pair in found for x in pair)))

    def call(self, name: Token, args: list[Any] | None) -> Node:
        return self._call(name, args or [])

    def method(self, of: Node, name: Token, args: list[Any] | None) -> Node:
        items: list[Node] = args or []
        return self._loop(of, name, items) if str(name) in LOOPS else self._call(name, [of, *items])

    def _loop(self, over: Node, name: Token, args: list[Node]) -> Node:
        at = _at(name)
        if len(args) not in ((2, 3) if str(name) == "map" else (2,)) or not isinstance(args[0], Name):
            raise ExpressionError(f"{name!s} is written list.{name!s}(x, expression of x).", at=at)
        test = args[1] if len(args) == 3 else None
        return Loop(str(name), over, args[0].name, args[-1], at, depth_of(over, *args), test)

    def _call(self, token: Token, args: list[Node]) -> Node:
        name, at = str(token), _at(token)
        if name == "has":
            if len(args) != 1 or path_of(args[0]) is None:
                raise ExpressionError("has() takes one plain path, as in has(draft.text).", at=at)
            return Has(args[0], at, depth_of(*args))
        if name == "default":
            if len(args) != 2:
                raise ExpressionError("default() is written default(value, instead).", at=at)
            return Default(args[0], args[1], at, depth_of(*args))
        if name not in FUNCTIONS:
            near = get_close_matches(name, [*FUNCTIONS, *LOOPS, "has", "default"], 1)
            hint = f"Did you mean {near[0]}?" if near else ""
            raise ExpressionError(f"There is no function {name[:60]}().", at=at, code="unknown_function", hint=hint)
        low, high = FUNCTIONS[name]
        if not low <= len(args) <= high:
            want = f"{low}" if low == high else f"{low} to {high}"
            raise ExpressionError(f"{name}() takes {want} arguments, not {len(args)}.", at=at)
        return Call(name, tuple(args), at, depth_of(*args))


def make() -> Transformer[Token, Any]:
    """A Build whose methods get what is below a rule as arguments."""
    decorate: Any = getattr(lark, "v_args")  # noqa: B009 (its type is not known to the checker)
    return decorate(inline=True)(Build)()
