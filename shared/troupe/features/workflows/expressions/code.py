"""The parts of a compiled expression that we evaluate ourselves, and the one that asks the library.

Each has `get(scope, engine)`, raises ExpressionError, and counts what it does inside comprehensions.
"""
# pyright: reportUnknownVariableType=false
# (`type(x)` of a value that may be anything)

from collections.abc import Callable
from typing import Any

from troupe.features.workflows.expressions import library
from troupe.features.workflows.expressions.functions import type_name
from troupe.features.workflows.expressions.scope import Code, Engine, Missing, Scope, weigh
from troupe.features.workflows.expressions.syntax import ExpressionError, Step


class Path:
    """A root name and constant steps."""

    __slots__ = ("name", "steps")

    def __init__(self, name: str, steps: tuple[Step, ...]) -> None:
        self.name = name
        self.steps = steps

    def get(self, scope: Scope, engine: Engine | None = None) -> Any:
        """The value at the path. Raises Missing."""
        values, name = scope.values, self.name
        value = values[name] if name in values else scope.find(name)
        try:
            for step in self.steps:
                kind: Any = type(value)
                if kind is not dict and (kind is not list or type(step) is not int or step < 0):
                    raise KeyError
                value = value[step]
        except (KeyError, IndexError):
            raise self._missing(scope) from None
        return value

    def _missing(self, scope: Scope) -> Missing:
        last = 1
        while True:  # the shortest part of the path that leads nowhere
            part = Path(self.name, self.steps[: last - 1])
            value, step, here = part.get(scope), self.steps[last - 1], str(part)
            kind: Any = type(value)
            if kind is dict and step not in value:
                return Missing(f"{here} has no field {step!r}.", hint=f"It has {_few(value)}.")
            if kind is list and (type(step) is not int or not 0 <= step < len(value)):
                return Missing(f"{here} is a list of {len(value)}; there is no [{step!r}].")
            if kind is not dict and kind is not list:
                return Missing(f"{here} is of type {type_name(value)} and has no field {step!r}.")
            last += 1

    def __str__(self) -> str:
        return self.name + "".join(f".{s}" if isinstance(s, str) else f"[{s}]" for s in self.steps)


def _few(value: dict[str, Any]) -> str:
    names = list(value)[:8]
    return (", ".join(names) + (" …" if len(value) > 8 else "")) if names else "no fields"


class Present:
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


class Else:
    """`default(x, y)`."""

    __slots__ = ("of", "other")

    def __init__(self, of: Code, other: Code) -> None:
        self.of = of
        self.other = other

    def get(self, scope: Scope, engine: Engine) -> Any:
        try:
            value = self.of.get(scope, engine)
        except Missing:
            value = None
        return self.other.get(scope, engine) if value is None else value


class Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def get(self, scope: Scope, engine: Engine) -> Any:
        return self.value


class Apply:
    """One of our own functions or operators, over compiled operands."""

    __slots__ = ("args", "fn")

    def __init__(self, fn: Callable[..., Any], args: list[Code]) -> None:
        self.fn = fn
        self.args = args

    def get(self, scope: Scope, engine: Engine) -> Any:
        args = [a.get(scope, engine) for a in self.args]
        if engine.depth:
            engine.spend(sum(weigh(a, engine.left) for a in args))
        return self.fn(*args)


class Each:
    """A comprehension, pass by pass. `all` and `exists` forgive an error where another pass decides, as in CEL."""

    __slots__ = ("body", "go", "kind", "over", "test", "var")

    def __init__(self, kind: str, over: Code, var: str, body: Code, test: Code | None) -> None:
        self.kind = kind
        self.over = over
        self.var = var
        self.body = body
        self.test = test
        self.go: Callable[[list[Any], Scope, Engine], Any] = getattr(self, kind)

    def get(self, scope: Scope, engine: Engine) -> Any:
        over = self.over.get(scope, engine)
        if engine.depth:
            engine.spend(1)
        kind: Any = type(over)
        if kind is dict:
            over = list(over)
        elif kind is not list:
            raise ExpressionError(f"{self.kind}() goes over a list or a map, not a {type_name(over)}.")
        inner = Scope({}, scope)
        engine.depth += 1
        try:
            return self.go(over, inner, engine)
        finally:
            engine.depth -= 1

    def _pass(self, item: Any, inner: Scope, engine: Engine, code: Code) -> Any:
        engine.spend(1)
        inner.values[self.var] = item
        return code.get(inner, engine)

    def _truth(self, item: Any, inner: Scope, engine: Engine, code: Code) -> bool:
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


class Rust:
    """CEL text with its thunks, run by the library."""

    __slots__ = ("program", "thunks")

    def __init__(self, text: str, thunks: list[Code]) -> None:
        self.program = library.compile_text(text)
        self.thunks = thunks

    def get(self, scope: Scope, engine: Engine) -> Any:
        saved = engine.thunks, engine.scope
        engine.thunks, engine.scope = self.thunks, scope
        try:
            return self.program.execute(engine.context)
        except Exception as wrong:
            kept, engine.error = engine.error, None
            if kept is not None and library.came_from_call(wrong):
                raise kept from None
            if isinstance(wrong, (KeyError, IndexError)):
                raise Missing(f"There is nothing at {library.readable(wrong)}.") from None
            raise ExpressionError(library.readable(wrong)) from None
        finally:
            engine.thunks, engine.scope = saved
