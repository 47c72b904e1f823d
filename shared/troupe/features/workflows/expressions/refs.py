"""What an expression refers to: the edges of the graph, and what the checker looks up."""

from dataclasses import dataclass

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


Found = list[tuple[str, tuple[Step, ...], int]]


def references_in(tree: Node) -> tuple[Ref, ...]:
    """Every use of a name that no comprehension binds, in the order of the source."""
    found: Found = []
    soft: set[str] = set()
    _walk(tree, frozenset(), found, soft)
    return tuple(Ref(name, steps, at, name in soft) for name, steps, at in found)


def _walk(node: Node, bound: frozenset[str], found: Found, soft: set[str]) -> None:
    path = path_of(node)
    if path is not None:
        if path[0] not in bound:
            found.append((*path, root_of(node).at))
        return
    if isinstance(node, (Has, Default)):
        inner: Found = []
        _walk(node.of, bound, inner, soft)
        soft.update(name for name, _, _ in inner)
        found.extend(inner)
        if isinstance(node, Default):
            _walk(node.other, bound, found, soft)
        return
    below = children(node)
    if isinstance(node, Loop):
        _walk(node.over, bound, found, soft)
        below, bound = below[1:], bound | {node.var}
    for child in below:
        _walk(child, bound, found, soft)


def root_of(node: Node) -> Name:
    """The name a plain path starts with."""
    while isinstance(node, (Select, Index)):
        node = node.of
    assert isinstance(node, Name)
    return node
