"""What an expression sees while it is evaluated: names and values, and how much work it may still do."""
# pyright: reportUnknownVariableType=false
# (`type(x)` of a value that may be anything)

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from troupe.base.values import Json
from troupe.features.workflows.expressions import library
from troupe.features.workflows.expressions.syntax import ExpressionError

if TYPE_CHECKING:
    from troupe.features.workflows.expressions.evaluate import Expression

BUDGET = 10_000  # passes of comprehensions, and what they read, before an expression is too heavy for the event loop


class Missing(ExpressionError):
    """There is nothing at this path."""

    code = "missing_value"


class Heavy(Exception):
    """The expression is more work than may be done in process; `source` on `variables` gives the same elsewhere."""

    def __init__(self, expression: "Expression", variables: dict[str, Json]) -> None:
        super().__init__(expression.source)
        self.expression = expression
        self.variables = variables


HeavyHook = Callable[[str, dict[str, Json]], Awaitable[Json]]


class TooMuch(Exception):
    """The budget is used up."""


class Code(Protocol):
    """A compiled part of an expression."""

    def get(self, scope: "Scope", engine: "Engine") -> Any: ...


class Engine:
    """One context of the library, for one run (or one thread), and what it is evaluating now."""

    __slots__ = ("context", "depth", "error", "left", "scope", "thunks")

    def __init__(self) -> None:
        self.context = library.context(self._thunk)
        self.thunks: Sequence[Code] = ()
        self.scope = Scope({})
        self.error: Exception | None = None
        self.left: int = BUDGET
        self.depth = 0  # comprehensions we are in

    def _thunk(self, i: int) -> Any:
        try:
            value = self.thunks[i].get(self.scope, self)
            if self.depth:
                self.spend(weigh(value, self.left))
            return value
        except (ExpressionError, TooMuch) as wrong:
            self.error = wrong  # the library keeps only a text of it
            raise

    def spend(self, units: int) -> None:
        """Count work done inside comprehensions. Raises TooMuch."""
        self.left -= units
        if self.left < 0:
            raise TooMuch


class Scope:
    """Names and values; what is not here is looked up in `outer`. JSON values are never changed, so they are shared."""

    __slots__ = ("_engine", "absent", "known", "outer", "values")

    def __init__(self, values: dict[str, Any], outer: "Scope | None" = None) -> None:
        self.values = values
        self.outer = outer
        self.absent: dict[str, str] | None = None  # names whose node gave nothing, and why: skipped, failed
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

    def has(self, name: str) -> bool:
        """Whether the name stands for something."""
        return name in self.values or (self.outer is not None and self.outer.has(name))

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
    kind: Any = type(value)
    if kind is str:
        return len(value) >> 12
    if kind is not list and kind is not dict:
        return 0
    units = len(value)
    for item in value.values() if kind is dict else value:
        if units > limit:
            break
        units += weigh(item, limit - units)
    return units
