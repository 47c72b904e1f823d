"""Every expression of a definition, compiled once: where it stands, and which names each node needs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from troupe.base.values import Json
from troupe.features.definitions.document import pointer
from troupe.features.workflows import definition as d
from troupe.features.workflows.expressions import Expression, ExpressionError, compile_expression
from troupe.features.workflows.graph import BOUND, kind_of
from troupe.features.workflows.template import Template

Placed = tuple[str, int, Expression]  # pointer of the text, offset of the source in it, the expression
Bad = Callable[[str, ExpressionError], None]


@dataclass(slots=True)
class Seen:
    """The expressions of a node: `own` must be filled before it acts, `tail` after its inner nodes; its free names."""

    own: list[Placed] = field(default_factory=list[Placed])
    tail: list[Placed] = field(default_factory=list[Placed])
    free: list[str] = field(default_factory=list[str])


class Scan:
    """`nodes`: what stands in each, by pointer. `homes`: the frame each id is in. `bad` is told what cannot be read."""

    def __init__(self, bad: Bad) -> None:
        self.bad = bad
        self.nodes: dict[str, Seen] = {}
        self.homes: dict[str, str] = {}

    def node(self, node: d.Node, path: str, home: str = "") -> list[str]:
        """Take in a node and all below it; the names it needs from outside of it."""
        seen = self.nodes[path] = Seen()
        id = path.rsplit("/", 1)[1]
        self.homes.setdefault(id, home)
        seen.own += self.texts(node.with_, f"{path}/with")
        if node.each is not None:
            seen.own += self.texts(node.each.items, f"{path}/each/items")
        seen.own += self.condition(node.when, f"{path}/when")
        seen.tail += self.texts(node.output, f"{path}/output")
        if node.loop is not None:
            seen.tail += self.condition(node.loop.until, f"{path}/loop/until")
        below = _names(seen.tail)
        for name, inner in (node.nodes or {}).items():
            below += self.node(inner, f"{path}/nodes{pointer(name)}", id)
        inside = BOUND[kind_of(node)] | set(node.nodes or {})
        seen.free = list(dict.fromkeys([*_names(seen.own), *(n for n in below if n not in inside)]))
        return seen.free

    def texts(self, value: Json, path: str) -> Iterator[Placed]:
        """The expressions of every text in a tree."""
        for where, text in _texts(value, path):
            try:
                holes = Template(text).holes
            except ExpressionError as wrong:
                self.bad(where, wrong)
                continue
            yield from ((where, hole.at, hole.expression) for hole in holes)

    def condition(self, value: str | bool | None, path: str) -> Iterator[Placed]:
        """The expression of a bare condition."""
        if isinstance(value, str):
            try:
                yield path, 0, compile_expression(value)
            except ExpressionError as wrong:
                if "{{" in value:
                    wrong.hint = "Conditions are CEL without braces."
                self.bad(path, wrong)


def _names(found: Iterable[Placed]) -> list[str]:
    return [ref.name for _, _, expression in found for ref in expression.refs]


def _texts(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if "{{" in value:
            yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, path + pointer(key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _texts(inner, path + pointer(i))
