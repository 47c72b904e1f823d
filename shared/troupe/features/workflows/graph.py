"""The plan of a workflow: its definition compiled once per version into what the interpreter runs.

Nodes stand in topological order and know each other by index, so that running one costs counters and no look-ups.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any, Literal

from troupe.base.errors import BadInput, Problem
from troupe.features.workflows import definition as text
from troupe.features.workflows.expressions import Expression, Ref, compile_expression
from troupe.features.workflows.template import Need, Output, Template, needs
from troupe.ports.run import NO_RETRY, Effect, Retry

Kind = Literal["block", "each", "loop"]
BOUND: dict[Kind, frozenset[str]] = {
    "block": frozenset(),
    "each": frozenset({"item", "index"}),
    "loop": frozenset({"previous", "index"}),
}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node as it runs. `path` is its id below the frames it is in (`each_mail/draft`).

    `hard`: what it needs to be there before it acts. `dependents`: indices, in its graph, of what waits for it.
    """

    id: str
    path: str
    kind: Kind
    block: str
    given: Template
    when: Expression | None
    hard: tuple[Need, ...]
    dependents: tuple[int, ...]
    retry: Retry
    timeout: float | None
    effect: Effect | None
    approve: text.Approve | None
    lenient: bool
    title: str
    body: "Graph | None" = None
    at_once: int = 1
    until: Expression | None = None
    max: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """One frame: its nodes in topological order, how many each waits for, those that wait for none, the output.

    `free`: what its expressions read from outside, by name the first steps read of it (None: all of it).
    """

    nodes: tuple[Node, ...]
    counts: tuple[int, ...]
    first: tuple[int, ...]
    output: Output
    free: dict[str, frozenset[str] | None]

    def find(self, path: str) -> "tuple[Graph, Node] | None":
        """The node at a path (`each_mail/draft`) and the graph it stands in."""
        id, _, rest = path.partition("/")
        node = next((n for n in self.nodes if n.id == id), None)
        if node is None or not rest:
            return None if node is None else (self, node)
        return node.body.find(rest) if node.body is not None else None


def compile_graph(workflow: text.Workflow) -> Graph:
    """The plan of a checked definition. Raises BadInput for a cycle, a bad expression and the like."""
    return _graph(workflow.nodes, workflow.output, "", None)


def edges(nodes: dict[str, text.Node]) -> dict[str, list[str]]:
    """For each node of a frame, the nodes of the same frame that it waits for: what it refers to, and `after`."""
    wanted: dict[str, list[str]] = {}
    for id, node in nodes.items():
        names = [*(r.name for r in refs_of(node)), *node.after]
        wanted[id] = list(dict.fromkeys(n for n in names if n in nodes))
    return wanted


def refs_of(node: text.Node) -> Iterator[Ref]:
    """Every reference of a node to what is outside it, those of its inner nodes included."""
    kind = kind_of(node)
    yield from own_refs(node)
    if node.nodes is not None:
        inside = BOUND[kind] | set(node.nodes)
        yield from (r for r in _inner_refs(node) if r.name not in inside)


def own_refs(node: text.Node) -> Iterator[Ref]:
    """The references of `with`, `each.items` and `when`: what must be there before the node acts."""
    yield from Template(node.with_).refs()
    if node.each is not None:
        yield from Template(node.each.items).refs()
    if node.when is not None:
        yield from compile_expression(text.expression_text(node.when)).refs


def _inner_refs(node: text.Node) -> Iterator[Ref]:
    for inner in (node.nodes or {}).values():
        yield from refs_of(inner)
    yield from Template(node.output).refs()
    if node.loop is not None and node.loop.until is not None:
        yield from compile_expression(text.expression_text(node.loop.until)).refs


def kind_of(node: text.Node) -> Kind:
    """What kind of node it is; the checker sees to it that it is exactly one."""
    return "each" if node.each is not None else "loop" if node.loop is not None else "block"


def order(wanted: dict[str, list[str]]) -> list[str]:
    """The ids, each after what it waits for, otherwise as written. Ids on or behind a cycle are left out."""
    at = {id: i for i, id in enumerate(wanted)}
    ids = list(wanted)
    waiting = {id: len(needed) for id, needed in wanted.items()}
    dependents: dict[str, list[str]] = {id: [] for id in wanted}
    for id, needed in wanted.items():
        for other in needed:
            dependents[other].append(id)
    ready = [at[id] for id, n in waiting.items() if n == 0]
    heapify(ready)
    done: list[str] = []
    while ready:
        id = ids[heappop(ready)]
        done.append(id)
        for other in dependents[id]:
            waiting[other] -= 1
            if not waiting[other]:
                heappush(ready, at[other])
    return done


def _graph(nodes: dict[str, text.Node], output: Any, prefix: str, frame: text.Node | None) -> Graph:
    wanted = edges(nodes)
    done = order(wanted)
    if len(done) < len(nodes):
        stuck = next(id for id in nodes if id not in set(done))
        raise BadInput(problems=[Problem(f"/nodes/{stuck}", "cycle", f"{stuck} waits for itself in the end.")])
    index = {id: i for i, id in enumerate(done)}
    dependents: list[list[int]] = [[] for _ in done]
    for id in done:
        for other in wanted[id]:
            dependents[index[other]].append(index[id])
    made = tuple(_node(id, nodes[id], prefix, tuple(dependents[index[id]])) for id in done)
    counts = tuple(len(wanted[id]) for id in done)
    first = tuple(i for i, n in enumerate(counts) if n == 0)
    return Graph(made, counts, first, Output(output), _free(nodes, frame))


def _free(nodes: dict[str, text.Node], frame: text.Node | None) -> dict[str, frozenset[str] | None]:
    if frame is None:
        return {}
    found: dict[str, frozenset[str] | None] = {}
    inside = BOUND[kind_of(frame)] | set(nodes)
    for ref in _inner_refs(frame):
        if ref.name not in inside:
            found[ref.name] = _widen(found.get(ref.name, frozenset()), ref)
    return found


def _widen(read: frozenset[str] | None, ref: Ref) -> frozenset[str] | None:
    step = ref.steps[0] if ref.steps else None
    return None if read is None or not isinstance(step, str) else read | {step}


def _node(id: str, node: text.Node, prefix: str, dependents: tuple[int, ...]) -> Node:
    kind = kind_of(node)
    path = prefix + id
    until = node.loop.until if node.loop else None
    return Node(
        id=id,
        path=path,
        kind=kind,
        block=node.block or "",
        given=Template(node.each.items if node.each else node.with_),
        when=_condition(node.when),
        hard=needs(own_refs(node)),
        dependents=dependents,
        retry=_retry(node.retry),
        timeout=node.timeout,
        effect=Effect(node.effect) if node.effect else None,
        approve=node.approve,
        lenient=node.on_error == "continue",
        title=node.title,
        body=_graph(node.nodes, node.output, path + "/", node) if node.nodes is not None else None,
        at_once=node.each.at_once if node.each else 1,
        until=_condition(until),
        max=node.loop.max if node.loop else 0,
    )


def _condition(value: str | bool | None) -> Expression | None:
    return None if value is None else compile_expression(text.expression_text(value))


def _retry(policy: text.RetryPolicy | None) -> Retry:
    if policy is None:
        return NO_RETRY
    return Retry(policy.attempts, policy.first, policy.factor, policy.max, frozenset(policy.on))
