"""Fork: which results of a run stay when it is run anew from one of its steps.

Gone is the step, what depends on it (by data, `when` or `after`), and the result of every frame around it. Of an `each`
only the pass named goes; of a `loop` that pass and all later ones.
"""

import re
from collections.abc import Iterable

from troupe.base.errors import NotFound
from troupe.features.workflows.definition import Node, Workflow
from troupe.features.workflows.graph import edges

_SEGMENT = re.compile(r"([a-z][a-z0-9_]*)(?:\[(\d+)\])?")
Segment = tuple[str, int | None]


def kept(workflow: Workflow, from_step: str, keys: Iterable[str]) -> list[str]:
    """The keys whose results stay. `from_step` is a step's key, a node's path, or a pass (`each_mail[7]`).

    Raises NotFound where the workflow has no such step.
    """
    start = segments(from_step, workflow.nodes)
    if not start or "/".join(f"{id}[{i}]" if i is not None else id for id, i in start) != from_step:
        raise NotFound(f"The workflow has no step {from_step[:200]!r}.")
    after: list[set[str]] = []  # what depends on the start, frame by frame
    nodes: dict[str, Node] = workflow.nodes
    for id, _ in start:
        after.append(_after(id, nodes))
        nodes = nodes[id].nodes or {}
    return [key for key in keys if _stays(segments(key, workflow.nodes), start, workflow.nodes, after)]


def segments(key: str, nodes: dict[str, Node] | None) -> list[Segment]:
    """The nodes a key stands below; what a node's own program adds to it is left out."""
    found: list[Segment] = []
    for part in key.split("/"):
        match = _SEGMENT.fullmatch(part)
        if match is None or not nodes or match[1] not in nodes:
            break
        found.append((match[1], int(match[2]) if match[2] else None))
        nodes = nodes[match[1]].nodes
    return found


def _stays(key: list[Segment], start: list[Segment], nodes: dict[str, Node], after: list[set[str]]) -> bool:
    if not key:
        return False  # of nothing the workflow knows
    (id, index), (from_id, from_index) = key[0], start[0]
    if id != from_id:
        return id not in after[0]
    if index is None or from_index is None:
        return False  # the node itself, or the frame's own result
    if index != from_index:
        return index < from_index or nodes[id].each is not None
    return len(start) > 1 and len(key) > 1 and _stays(key[1:], start[1:], nodes[id].nodes or {}, after[1:])


def _after(id: str, nodes: dict[str, Node]) -> set[str]:
    """Everything in the frame that depends on a node, through others too."""
    dependents: dict[str, list[str]] = {}
    for other, needed in edges(nodes).items():
        for need in needed:
            dependents.setdefault(need, []).append(other)
    found, todo = set[str](), [id]
    while todo:
        for other in dependents.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found
