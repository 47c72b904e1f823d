"""Evaluating expressions: plain paths by ourselves, the rest by the Rust library for CEL.

Why not the library alone (measured, version 0.10): it converts whole variables although an expression reads one field;
`map` and `filter` copy the list for each item (10,000 items: 2.2 s); and it neither mixes int with double nor counts
the characters of a text. So a tree is compiled in two: paths, `has`, `default` and comprehensions become *thunks* in
Python, counted against a budget; the text around them goes to the library, which calls thunks as `t(i)` when, and only
when, it needs them. This is the one module that knows the library.
"""

import importlib.util
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from typing import Any, Protocol, cast

import orjson

from troupe.base.values import Json
from troupe.features.workflows.expressions.functions import OURS, to_json, type_name
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
    Step,
    Ternary,
    children,
    parse,
    path_of,
    plain_path,
)

BUDGET = 10_000  # passes of comprehensions, and what they read, before an expression is too heavy for the event loop
MAX_NEST = 2  # comprehensions inside one another, likewise


class Missing(ExpressionError):
    """There is nothing at this path."""

    code = "missing_value"


class Heavy(Exception):
    """The expression needs more work than may be done in process; `source` on `variables` gives the same elsewhere."""

    def __init__(self, expression: "Expression", variables: dict[str, Json]) -> None:
        super().__init__(expression.source)
        self.expression = expression
        self.variables = variables


HeavyHook = Callable[[str, dict[str, Json]], Awaitable[Json]]


class _TooMuch(Exception):
    """The budget is used up."""


class Engine:
    """One evaluation context of the library, for one run (or one thread), and what it is evaluating now."""

    __slots__ = ("context", "depth", "error", "left", "scope", "thunks")

    def __init__(self) -> None:
        self.context = _library().Context({}, {"t": self._thunk})
        self.thunks: Sequence[_Code] = ()
        self.scope: Scope = Scope({})
        self.error: BaseException | None = None
        self.left: int = BUDGET
        self.depth = 0

    def _thunk(self, i: int) -> Any:
        try:
            value = self.thunks[i].get(self.scope, self)
            if self.depth:
                self.spend(weigh(value, self.left))
            return value
        except (ExpressionError, _TooMuch) as wrong:
            self.error = wrong  # the library keeps only a text of it
            raise

    def spend(self, units: int) -> None:
        """Count work done inside comprehensions. Raises when there was too much."""
        self.left -= units
        if self.left < 0:
            raise _TooMuch


class Scope:
    """Names and values an expression sees; what is not here is looked up in `outer`. JSON values are never changed."""

    __slots__ = ("_engine", "absent", "known", "outer", "values")

    def __init__(self, values: dict[str, Any], outer: "Scope | None" = None) -> None:
        self.values = values
        self.outer = outer
        self.absent: dict[str, str] | None = None  # names whose node gave nothing, and why
        self.known: dict[int, Json] | None = None  # results of heavy expressions, by id of the expression
        self._engine: Engine | None = None

    def find(self, name: str) -> Any:
        """The value of a name. Raises Missing."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        raise Missing(f"There is no {name!r} here.", code="unknown_name")

    def why_absent(self, name: str) -> str | None:
        """Why a node gave nothing (`skipped`, `failed`), or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.absent.get(name) if scope.absent else None
            scope = scope.outer
        return None

    @property
    def engine(self) -> Engine:
        """The one of the outermost scope, made at first use."""
        if self._engine is None:
            self._engine = self.outer.engine if self.outer is not None else Engine()
        return self._engine


def weigh(value: Any, limit: int) -> int:
    """Units that reading a value costs: one an item, one for 4,096 characters; stops counting above `limit`."""
    if type(value) is str:
        return len(value) >> 12
    if type(value) is not list and type(value) is not dict:
        return 0
    inner = cast("list[Any]", list(value.values()) if type(value) is dict else value)
    units = len(inner)
    for item in inner:
        if units > limit:
            break
        units += weigh(item, limit - units)
    return units


class _Code(Protocol):
    """A compiled part of an expression."""

    def get(self, scope: Scope, engine: Engine) -> Any: ...


def _show(name: str, steps: Sequence[Step]) -> str:
    return name + "".join(f".{s}" if isinstance(s, str) else f"[{s}]" for s in steps)


class Path:
    """A root name and constant steps."""

    __slots__ = ("name", "steps")

    def __init__(self, name: str, steps: tuple[Step, ...]) -> None:
        self.name = name
        self.steps = steps

    def get(self, scope: Scope, engine: Engine | None = None) -> Any:
        values = scope.values
        name = self.name
        value = values[name] if name in values else scope.find(name)
        for step in self.steps:
            try:
                if type(value) is dict or (type(value) is list and type(step) is int and step >= 0):
                    value = value[step]
                else:
                    raise KeyError
            except (KeyError, IndexError):
                raise self._missing(scope) from None
        return value

    def _missing(self, scope: Scope) -> Missing:
        value = scope.find(self.name)
        for i, step in enumerate(self.steps):
            here = _show(self.name, self.steps[:i])
            if (type(value) is dict and step in value) or (
                type(value) is list and type(step) is int and 0 <= step < len(cast(list[Any], value))
            ):
                value = value[step]
            elif type(value) is dict:
                return Missing(f"{here} has no field {step!r}.", hint=f"It has {_few(cast(dict[str, Any], value))}.")
            elif type(value) is list:
                items = cast(list[Any], value)
                return Missing(f"{here} has {len(items)} items; there is no [{step}].")
            else:
                return Missing(f"{here} is of type {type_name(value)} and has no field {step!r}.")
        return Missing(f"There is nothing at {_show(self.name, self.steps)}.")


def _few(value: dict[str, Any]) -> str:
    names = list(value)[:8]
    return (", ".join(names) + (" …" if len(value) > 8 else "")) if names else "no fields"


class _Present:
    """`has(path)`: false as soon as a step leads nowhere; a bare name is present when its node gave something."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, scope: Scope, engine: Engine) -> bool:
        try:
            value = self.path.get(scope)
        except Missing:
            return False
        return bool(self.path.steps) or (value != {} and scope.why_absent(self.path.name) is None)


class _Else:
    """`default(x, y)`."""

    __slots__ = ("of", "other")

    def __init__(self, of: _Code, other: _Code) -> None:
        self.of = of
        self.other = other

    def get(self, scope: Scope, engine: Engine) -> Any:
        try:
            value = self.of.get(scope, engine)
        except Missing:
            value = None
        return self.other.get(scope, engine) if value is None else value


class _Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def get(self, scope: Scope, engine: Engine) -> Any:
        return self.value


class _Apply:
    """One of our own functions or operators, over compiled operands."""

    __slots__ = ("args", "fn")

    def __init__(self, fn: Callable[..., Any], args: list[_Code]) -> None:
        self.fn = fn
        self.args = args

    def get(self, scope: Scope, engine: Engine) -> Any:
        args = [a.get(scope, engine) for a in self.args]
        if engine.depth:
            engine.spend(sum(weigh(a, engine.left) for a in args))
        return self.fn(*args)


class _Each:
    """A comprehension, pass by pass. `all` and `exists` forgive an error where another pass decides, as in CEL."""

    __slots__ = ("body", "kind", "over", "test", "var")

    def __init__(self, loop: Loop) -> None:
        self.kind = loop.kind
        self.var = loop.var
        self.over = _compile(loop.over)
        self.body = _compile(loop.body)
        self.test = None if loop.test is None else _compile(loop.test)

    def get(self, scope: Scope, engine: Engine) -> Any:
        over = self.over.get(scope, engine)
        if engine.depth:
            engine.spend(1)
        if type(over) is dict:
            over = list(cast(dict[str, Any], over))
        if type(over) is not list:
            raise ExpressionError(f"{self.kind}() goes over a list or a map, not a {type_name(over)}.")
        inner = Scope({}, scope)
        engine.depth += 1
        try:
            return getattr(self, self.kind)(cast(list[Any], over), inner, engine)
        finally:
            engine.depth -= 1

    def _pass(self, item: Any, inner: Scope, engine: Engine, code: _Code) -> Any:
        engine.spend(1)
        inner.values[self.var] = item
        return code.get(inner, engine)

    def _truth(self, item: Any, inner: Scope, engine: Engine, code: _Code) -> bool:
        value = self._pass(item, inner, engine, code)
        if type(value) is not bool:
            raise ExpressionError(f"{self.kind}() asks for true or false, not a {type_name(value)}.")
        return value

    def map(self, items: list[Any], inner: Scope, engine: Engine) -> list[Any]:
        out: list[Any] = []
        for item in items:
            if self.test is None or self._truth(item, inner, engine, self.test):
                value = self._pass(item, inner, engine, self.body)
                engine.spend(weigh(value, engine.left))
                out.append(value)
        return out

    def filter(self, items: list[Any], inner: Scope, engine: Engine) -> list[Any]:
        return [item for item in items if self._truth(item, inner, engine, self.body)]

    def exists_one(self, items: list[Any], inner: Scope, engine: Engine) -> bool:
        return sum(self._truth(item, inner, engine, self.body) for item in items) == 1

    def all(self, items: list[Any], inner: Scope, engine: Engine) -> bool:
        return not self._decided(items, inner, engine, decisive=False)

    def exists(self, items: list[Any], inner: Scope, engine: Engine) -> bool:
        return self._decided(items, inner, engine, decisive=True)

    def _decided(self, items: list[Any], inner: Scope, engine: Engine, *, decisive: bool) -> bool:
        wrong: ExpressionError | None = None
        for item in items:
            try:
                if self._truth(item, inner, engine, self.body) is decisive:
                    return True
            except ExpressionError as error:
                wrong = wrong or error
        if wrong is not None:
            raise wrong
        return False


class _Rust:
    """CEL text with its thunks, run by the library."""

    __slots__ = ("program", "thunks")

    def __init__(self, text: str, thunks: list[_Code]) -> None:
        try:
            self.program = _library().compile(text)
        except ValueError as wrong:  # our grammar let pass what the library refuses
            raise ExpressionError(f"CEL cannot read this expression: {str(wrong)[:200]}") from None
        self.thunks = thunks

    def get(self, scope: Scope, engine: Engine) -> Any:
        saved = engine.thunks, engine.scope
        engine.thunks, engine.scope = self.thunks, scope
        try:
            return self.program.execute(engine.context)
        except (ExpressionError, _TooMuch):
            raise
        except Exception as wrong:
            kept, engine.error = engine.error, None
            if kept is not None and "Python function call failed" in str(wrong):
                raise kept from None
            raise _readable(wrong) from None
        finally:
            engine.thunks, engine.scope = saved


def _readable(wrong: Exception) -> ExpressionError:
    text = str(wrong).split("\n")[0].split(" CEL does not coerce")[0]
    if isinstance(wrong, (KeyError, IndexError)):
        return Missing(f"There is nothing at {text}.")
    return ExpressionError(f"CEL: {text[:300]}")


@cache
def _library() -> Any:
    """The extension module of `common-expression-language`, without the command line its package imports."""
    package = importlib.util.find_spec("cel")
    spec = PathFinder.find_spec("cel.cel", package.submodule_search_locations if package else None)
    if spec is None or spec.loader is None:
        raise ImportError("The package common-expression-language is not installed.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    logging.getLogger("cel").setLevel(logging.CRITICAL + 1)  # it logs every failed call; we raise it
    return module


# ── compiling ───────────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS = {None: "null", True: "true", False: "false"}
_METHODS = frozenset({"matches", "contains", "startsWith", "endsWith"})


def _compile(node: Node) -> _Code:
    path = path_of(node)
    if path is not None:
        return Path(*path)
    match node:
        case Literal(value=value) if not isinstance(value, bytes):
            _literal(value, node.at)
            return _Constant(value)
        case Has(of=of):
            return _Present(Path(*cast(Any, path_of(of))))
        case Default(of=of, other=other):
            return _Else(_compile(of), _compile(other))
        case Loop():
            return _Each(node)
        case Call(name=name, args=args) if name in OURS:
            return _Apply(OURS[name], [_compile(a) for a in args])
        case _:
            thunks: list[_Code] = []
            return _Rust(_text(node, thunks), thunks)


def _text(node: Node, thunks: list[_Code]) -> str:
    """CEL text of the node, in which `t(i)` stands for what `thunks[i]` computes."""

    def sub(n: Node) -> str:
        return _text(n, thunks)

    if (
        isinstance(node, (Has, Default, Loop))
        or path_of(node) is not None
        or (isinstance(node, Call) and node.name in OURS)
    ):
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

    Raises ExpressionError, and Heavy for what must not be computed in process. `path` is set where it is a plain path.
    """

    __slots__ = ("code", "nest", "path", "source", "tree")

    def __init__(self, source: str) -> None:
        self.source = source
        plain = plain_path(source)
        self.tree: Node | None = None
        self.path: Path | None
        if plain is not None:
            self.path = Path(*plain)
            self.code: _Code = self.path
            self.nest = 0
            return
        self.tree = parse(source)
        self.code = _compile(self.tree)
        self.path = self.code if isinstance(self.code, Path) else None
        self.nest = _nest(self.tree)

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
        except _TooMuch:
            raise Heavy(self, self._variables(scope)) from None

    def _variables(self, scope: Scope) -> dict[str, Json]:
        from troupe.features.workflows.expressions.refs import references

        found: dict[str, Json] = {}
        for ref in references(self):
            try:
                found[ref.name] = scope.find(ref.name)
            except Missing:
                continue
        return found


@lru_cache(maxsize=20_000)
def compile_expression(source: str) -> Expression:
    """The compiled form, kept. Raises ExpressionError."""
    return Expression(source)


def evaluate(source: str, variables: dict[str, Json]) -> Json:
    """A heavy expression to its end, however long it takes: for a worker process that is killed at its time."""
    expression = compile_expression(source)
    scope = Scope(variables)
    engine = scope.engine
    engine.left = 2**62
    try:
        return to_json(expression.code.get(scope, engine))
    except _TooMuch:  # pragma: no cover
        raise ExpressionError("The expression is too much work.", code="too_heavy") from None
