"""Expressions as trees. Each node knows its depth, so nothing that walks one can recurse without bound, and the offset
in the source where it can be wrong.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from troupe.base.errors import BadInput

MAX_DEPTH = 40
RESERVED = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
LOOPS = frozenset({"all", "exists", "exists_one", "filter", "map"})
TYPES = frozenset({"int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type"})

# name -> (fewest, most) arguments; `x.f(y)` and `f(x, y)` are the same call
FUNCTIONS: dict[str, tuple[int, int]] = {
    "size": (1, 1), "string": (1, 1), "int": (1, 1), "uint": (1, 1), "double": (1, 1), "bytes": (1, 1),
    "type": (1, 1), "dyn": (1, 1), "timestamp": (1, 1), "duration": (1, 1),
    "matches": (2, 2), "contains": (2, 2), "startsWith": (2, 2), "endsWith": (2, 2),
    "getFullYear": (1, 2), "getMonth": (1, 2), "getDate": (1, 2), "getDayOfMonth": (1, 2), "getDayOfWeek": (1, 2),
    "getDayOfYear": (1, 2), "getHours": (1, 2), "getMinutes": (1, 2), "getSeconds": (1, 2),
    "getMilliseconds": (1, 2),
    "split": (2, 2), "join": (1, 2), "lower": (1, 1), "upper": (1, 1), "trim": (1, 1), "replace": (3, 3),
    "sum": (1, 1), "sort": (1, 1),
}  # fmt: skip


class ExpressionError(BadInput):
    """The expression cannot be used."""

    code = "bad_expression"

    def __init__(self, message: str = "", *, at: int = 0, code: str = "", hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.at = at  # offset in the source, or in the text that holds it
        self.path = ""  # JSON pointer to that text, told on the way up


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any
    at: int = 0
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: int = 0
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Select:
    """`of.name`."""

    of: "Node"
    name: str
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Index:
    """`of[key]`."""

    of: "Node"
    key: "Node"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator (`+ - * / % neg ! == in …`) and its operands."""

    name: str
    args: "tuple[Node, ...]"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Logic:
    """`&&` or `||` over two or more operands."""

    op: str
    args: "tuple[Node, ...]"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Ternary:
    test: "Node"
    then: "Node"
    other: "Node"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class MakeList:
    items: "tuple[Node, ...]"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class MakeMap:
    entries: "tuple[tuple[Node, Node], ...]"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Loop:
    """A comprehension: `over.kind(var, body)`; `test` is the middle argument of a three-place `map`."""

    kind: str
    over: "Node"
    var: str
    body: "Node"
    at: int
    depth: int
    test: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Has:
    """`has(of)`: whether the path leads to something."""

    of: "Node"
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Default:
    """`default(of, other)`: `of`, or `other` where it is missing or null."""

    of: "Node"
    other: "Node"
    at: int
    depth: int


Node: TypeAlias = Literal | Name | Select | Index | Call | Logic | Ternary | MakeList | MakeMap | Loop | Has | Default


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below, in the order of the source."""
    match node:
        case Literal() | Name():
            return ()
        case Select(of=of) | Has(of=of):
            return (of,)
        case Index(of=of, key=key):
            return (of, key)
        case Call(args=args) | Logic(args=args):
            return args
        case Ternary(test=test, then=then, other=other):
            return (test, then, other)
        case MakeList(items=items):
            return items
        case MakeMap(entries=entries):
            return tuple(x for pair in entries for x in pair)
        case Loop(over=over, body=body, test=test):
            return (over, body) if test is None else (over, test, body)
        case Default(of=of, other=other):
            return (of, other)


Step: TypeAlias = str | int


def path_of(node: Node) -> tuple[str, tuple[Step, ...]] | None:
    """The root name and constant steps of a plain path (`a.b[0]["c"]`), or None."""
    steps: list[Step] = []
    while True:
        match node:
            case Name(name=name):
                return name, tuple(reversed(steps))
            case Select(of=of, name=name):
                steps.append(name)
            case Index(of=of, key=Literal(value=str() | int() as key)) if not isinstance(key, bool):
                steps.append(key)
            case _:
                return None
        node = of


_PLAIN = re.compile(r"\s*([_a-zA-Z]\w*)((?:\.[_a-zA-Z]\w*|\[[0-9]{1,9}\])*)\s*", re.ASCII)
_STEP = re.compile(r"\.(\w+)|\[([0-9]+)\]", re.ASCII)
_KEYWORDS = frozenset({"true", "false", "null", "in"})


def plain_path(source: str) -> tuple[str, tuple[Step, ...]] | None:
    """`path_of` for the commonest form without the grammar, so that most workflows never build a parser."""
    found = _PLAIN.fullmatch(source) if len(source) <= 1_000 else None
    if found is None or found[1] in RESERVED:
        return None
    steps = tuple(m[1] or int(m[2]) for m in _STEP.finditer(found[2]))
    plain = len(steps) < MAX_DEPTH and not _KEYWORDS.intersection(s for s in steps if isinstance(s, str))
    return (found[1], steps) if plain else None


def depth_of(*nodes: "Node | None") -> int:
    depth = 1 + max((n.depth for n in nodes if n is not None), default=0)
    if depth > MAX_DEPTH:
        raise ExpressionError(f"The expression nests more than {MAX_DEPTH} levels deep.", code="too_deep")
    return depth
