"""Evaluating expressions: plain paths by ourselves, the rest by the Rust library for CEL.

Why not the library alone (measured, version 0.10): it converts whole variables although an expression reads one field;
its `map` and `filter` copy the list for each item (10,000 items: 2.2 s); it neither mixes int with double nor counts
the characters of a text. So a tree is compiled in two: paths, `has`, `default`, arithmetic, our functions and
comprehensions become *thunks* in Python, counted against a budget; the text around them goes to the library, which
calls thunks as `t(i)` when, and only when, it needs them.
"""

from functools import lru_cache
from typing import Any

import orjson

from troupe.base.values import Json
from troupe.features.workflows.expressions.code import Apply, Constant, Each, Else, Path, Present, Rust
from troupe.features.workflows.expressions.functions import OURS, to_json
from troupe.features.workflows.expressions.parse import parse
from troupe.features.workflows.expressions.refs import Ref, references_in
from troupe.features.workflows.expressions.scope import BUDGET, Code, Heavy, Scope, TooMuch
from troupe.features.workflows.expressions.syntax import (
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
    Node,
    Select,
    Ternary,
    children,
    path_of,
    plain_path,
)

MAX_NEST = 2  # comprehensions inside one another that are evaluated in process
_WORDS = {None: "null", True: "true", False: "false"}
_METHODS = frozenset({"matches", "contains", "startsWith", "endsWith"})


def _compile(node: Node) -> Code:
    path = path_of(node)
    if path is not None:
        return Path(*path)
    match node:
        case Literal(value=value) if not isinstance(value, bytes):
            _literal(value, node.at)
            return Constant(value)
        case Has(of=of):
            path = path_of(of)
            assert path is not None
            return Present(Path(*path))
        case Default(of=of, other=other):
            return Else(_compile(of), _compile(other))
        case Loop(kind=kind, over=over, var=var, body=body, test=test):
            return Each(kind, _compile(over), var, _compile(body), None if test is None else _compile(test))
        case Call(name=name, args=args) if name in OURS:
            return Apply(OURS[name], [_compile(a) for a in args])
        case _:
            thunks: list[Code] = []
            return Rust(_text(node, thunks), thunks)


def _text(node: Node, thunks: list[Code]) -> str:
    """CEL text of the node, in which `t(i)` stands for what `thunks[i]` computes."""

    def sub(n: Node) -> str:
        return _text(n, thunks)

    if path_of(node) is not None or isinstance(node, (Has, Default, Loop)) or _is_ours(node):
        thunks.append(_compile(node))
        return f"t({len(thunks) - 1})"
    match node:
        case Literal(value=value):
            return _literal(value, node.at)
        case Select(of=of, name=name):
            return f"{sub(of)}[{_literal(name, node.at)}]"
        case Index(of=of, key=key):
            return f"{sub(of)}[{sub(key)}]"
        case Logic(op=op, args=args):
            return "(" + f" {op} ".join(map(sub, args)) + ")"
        case Ternary(test=test, then=then, other=other):
            return f"({sub(test)} ? {sub(then)} : {sub(other)})"
        case MakeList(items=items):
            return "[" + ", ".join(map(sub, items)) + "]"
        case MakeMap(entries=entries):
            return "{" + ", ".join(f"{sub(k)}: {sub(v)}" for k, v in entries) + "}"
        case Call(name=name, args=args):
            return _call(name, [sub(a) for a in args])
        case _:
            raise ExpressionError("This expression is not supported.", at=node.at)


def _is_ours(node: Node) -> bool:
    return isinstance(node, Call) and node.name in OURS


def _call(name: str, args: list[str]) -> str:
    if name == "!":
        return f"!({args[0]})"
    if not name[0].isalpha() or name == "in":
        return f"({args[0]} {name} {args[1]})"
    if name in _METHODS or name.startswith("get"):
        return f"({args[0]}).{name}({', '.join(args[1:])})"
    return f"{name}({', '.join(args)})"


def _literal(value: Any, at: int) -> str:
    if isinstance(value, bytes):
        return 'b"' + "".join(f"\\x{b:02x}" for b in value) + '"'
    if isinstance(value, int) and not isinstance(value, bool) and value >= 2**63:
        raise ExpressionError("Integers have 64 bits here; this one is larger.", at=at, code="integer_overflow")
    if isinstance(value, str):
        return orjson.dumps(value).decode().replace("\x7f", "\\u007f")
    return _WORDS[value] if value is None or isinstance(value, bool) else repr(value)


def _nest(node: Node) -> int:
    deepest = max(map(_nest, children(node)), default=0)
    return deepest + isinstance(node, Loop)


class Expression:
    """A compiled expression: `expression(scope)` gives its JSON value.

    Raises ExpressionError, and Heavy for what must not be computed in process. `path` is set where it is a plain path;
    `refs` are the names it uses that no comprehension binds.
    """

    __slots__ = ("code", "nest", "path", "refs", "source", "tree")

    def __init__(self, source: str) -> None:
        self.source = source
        plain = plain_path(source)
        self.tree: Node | None = None
        self.path: Path | None
        if plain is not None:
            self.path = Path(*plain)
            self.code: Code = self.path
            self.nest = 0
            self.refs: tuple[Ref, ...] = (Ref(*plain, len(source) - len(source.lstrip()), soft=False),)
            return
        self.tree = parse(source)
        self.code = _compile(self.tree)
        self.path = self.code if isinstance(self.code, Path) else None
        self.nest = _nest(self.tree)
        self.refs = references_in(self.tree)

    def __call__(self, scope: Scope) -> Json:
        if self.path is not None:
            return self.path.get(scope)
        if scope.known is not None and id(self) in scope.known:
            return scope.known[id(self)]
        if self.nest > MAX_NEST:
            raise Heavy(self, self._variables(scope))
        engine = scope.engine
        engine.left = BUDGET
        engine.depth = 0
        try:
            return to_json(self.code.get(scope, engine))
        except TooMuch:
            raise Heavy(self, self._variables(scope)) from None

    def _variables(self, scope: Scope) -> dict[str, Json]:
        return {ref.name: scope.find(ref.name) for ref in self.refs if scope.has(ref.name)}


@lru_cache(maxsize=20_000)
def compile_expression(source: str) -> Expression:
    """The compiled form, kept. Raises ExpressionError."""
    return Expression(source)


def evaluate(source: str, variables: dict[str, Json]) -> Json:
    """A heavy expression to its end, however long it takes: for a worker process that is killed at its time."""
    expression = compile_expression(source)
    scope = Scope(variables)
    engine = scope.engine
    engine.left = 2**62  # never used up
    return to_json(expression.code.get(scope, engine))
