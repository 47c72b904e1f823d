"""Run one node alone, also one inside of frames: `each_mail[2]/sort` is the node as its third pass would play it.

What it sees is given by key: `each_mail[2]/parse` of a node beside it, `each_mail[2]/item` of its pass, `fetch` from
around the frame.
"""

from collections.abc import Iterator

from troupe.base.errors import BadInput, Problem
from troupe.base.values import Json
from troupe.features.workflows.definition import Workflow
from troupe.features.workflows.fork import Segment, segments
from troupe.features.workflows.graph import BOUND, edges, kind_of, refs_of


def key_of(workflow: Workflow, only: str) -> str:
    """The step's key of a node that is named by it, or by its path (`each_mail.sort`), which is its first pass.

    Raises BadInput where there is no such node.
    """
    key = only.replace(".", "[0]/")
    found = segments(key, workflow.nodes)
    if not found or _text(found) != key or found[-1][1] is not None or any(index is None for _, index in found[:-1]):
        raise BadInput(problems=[Problem("only", "unknown_node", f"There is no node {only[:200]!r}.")])
    return key


def alone(workflow: Workflow, key: str) -> Workflow:
    """The workflow of this node and nothing else."""
    (*frames, (last, _)), nodes = segments(key, workflow.nodes), workflow.nodes
    for id, _ in frames:
        nodes = nodes[id].nodes or {}
    return workflow.model_copy(update={"nodes": {last: nodes[last]}, "output": f"{{{{ {last} }}}}"})


def missing(workflow: Workflow, key: str, given: dict[str, Json]) -> Iterator[str]:
    """The keys of what the node needs and nothing is given for."""
    parts = segments(key, workflow.nodes)
    levels, nodes = [workflow.nodes], workflow.nodes
    bound: list[frozenset[str]] = [frozenset()]
    for id, _ in parts[:-1]:
        bound.append(BOUND[kind_of(nodes[id])] - {"index"})
        nodes = nodes[id].nodes or {}
        levels.append(nodes)
    last = parts[-1][0]
    wanted = dict.fromkeys([*(ref.name for ref in refs_of(nodes[last])), *edges(nodes)[last]])
    for name in wanted:
        at = next((i for i in reversed(range(len(levels))) if name in levels[i] or name in bound[i]), None)
        where = None if at is None else _prefix(parts[:at]) + name
        if where is not None and where not in given and name not in _known(parts[: at or 0]):
            yield where


def seen(key: str, given: dict[str, Json]) -> dict[str, Json]:
    """What stands beside the node and around it, by name."""
    values: dict[str, Json] = {}
    parts = key.split("/")
    for depth in range(len(parts)):
        prefix = "".join(f"{part}/" for part in parts[:depth])
        if depth:
            values |= {"index": int(parts[depth - 1].rpartition("[")[2][:-1]), "previous": None}
        for one, value in given.items():
            if one.startswith(prefix) and "/" not in one[len(prefix) :]:
                values[one[len(prefix) :]] = value
    return values


def _known(frames: list[Segment]) -> set[str]:
    """Nothing comes before the first pass of a loop."""
    return {"previous"} if frames and frames[-1][1] == 0 else set()


def _prefix(frames: list[Segment]) -> str:
    return "".join(f"{id}[{index}]/" for id, index in frames)


def _text(found: list[Segment]) -> str:
    return "/".join(f"{id}[{index}]" if index is not None else id for id, index in found)
