"""What an expression refers to: the edges of the graph, and what the checker looks up."""

from dataclasses import dataclass
from functools import lru_cache

from troupe.features.workflows.expressions.evaluate import Expression
from troupe.features.workflows.expressions.syntax import (
    Default,
    Has,
    Index,
    Loop,
    Name,
    Node,
    Select,
    Step,
    children,
    path_of,
)


@dataclass(frozen=True, slots=True)
class Ref:
    """One use of a name: its constant steps as far as they go, the offset, and whether it may be absent.

    A name is soft in the whole expression that asks `has(name…)` of it or gives a `default` for it.
    """

    name: str
    steps: tuple[Step, ...]
    at: int
    soft: bool


@lru_cache(maxsize=20_000)
def references(expression: Expression) -> tuple[Ref, ...]:
    """Every use of a name that no comprehension binds, in the order of the source."""
    if expression.tree is None:
        path = expression.path
        assert path is not None
        at = len(expression.source) - len(expression.source.lstrip())
        return (Ref(path.name, path.steps, at, soft=False),)
    found: list[tuple[str, tuple[Step, ...], int]] = []
    soft: set[str] = set()
    _walk(expression.tree, frozenset(), found, soft)
    return tuple(Ref(name, steps, at, name in soft) for name, steps, at in found)


def _walk(node: Node, bound: frozenset[str], found: list[tuple[str, tuple[Step, ...], int]], soft: set[str]) -> None:
    path = path_of(node)
    if path is not None:
        if path[0] not in bound:
            found.append((*path, root_of(node).at))
        return
    if isinstance(node, (Has, Default)):
        inner: list[tuple[str, tuple[Step, ...], int]] = []
        _walk(node.of, bound, inner, soft)
        soft.update(name for name, _, _ in inner)
        found.extend(inner)
        if isinstance(node, Default):
            _walk(node.other, bound, found, soft)
        return
    if isinstance(node, Loop):
        _walk(node.over, bound, found, soft)
        for part in children(node)[1:]:
            _walk(part, bound | {node.var}, found, soft)
        return
    for child in children(node):
        _walk(child, bound, found, soft)


def root_of(node: Node) -> Name:
    """The name a plain path starts with."""
    while isinstance(node, (Select, Index)):
        node = node.of
    assert isinstance(node, Name)
    return node
