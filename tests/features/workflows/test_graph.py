"""The plan: order, edges, what a frame reads from outside."""
# ruff: noqa: E501 (tables: a case a line)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe.base.errors import BadInput
from troupe.features.workflows.definition import Workflow
from troupe.features.workflows.graph import Graph, compile_graph, edges, order
from troupe.ports.run import Effect


def make(nodes: dict, output=None) -> Workflow:
    return Workflow.model_validate({"troupe": "workflow/v1", "name": "w", "nodes": nodes, "output": output})


def graph(nodes: dict, output=None) -> Graph:
    return compile_graph(make(nodes, output))


def test_edges_come_from_references_conditions_items_inner_nodes_and_after():
    nodes = make({
        "a": {"block": "x"}, "b": {"block": "x", "with": {"t": ["{{ a.v }} and {{ a.w }}"]}},
        "c": {"block": "x", "when": "has(b.v) && input.x", "after": ["a", "b"]},
        "d": {"each": {"items": "{{ c.v }}"}, "nodes": {"e": {"block": "x", "with": {"v": "{{ item + a.v + f.v }}"}},
              "f": {"loop": {"until": "b.v == g.v"}, "nodes": {"g": {"block": "x"}}}}, "output": "{{ [e.v, h.v] }}"},
        "h": {"block": "x"},
    }).nodes  # fmt: skip
    wanted = edges(nodes)
    assert {id: sorted(names) for id, names in wanted.items()} == {
        "a": [], "b": ["a"], "c": ["a", "b"], "d": ["a", "b", "c", "h"], "h": [],
    }  # fmt: skip
    assert edges(nodes["d"].nodes) == {"e": ["f"], "f": []}


def test_a_node_knows_its_hard_needs_its_dependents_and_its_settings():
    made = graph({
        "b": {"block": "x", "with": {"v": "{{ a.v }}", "w": "{{ default(a.w, c) }}"}, "when": "has(c.x) || a.z",
              "retry": {"attempts": 4, "first": "500ms", "factor": 3, "max": "2m", "on": ["timed_out"]}, "timeout": "1h",
              "effect": "once", "on_error": "continue", "title": "T", "approve": {"by": ["editor"], "expires": "4d"}},
        "a": {"block": "x"}, "c": {"block": "x"},
    })  # fmt: skip
    assert [n.id for n in made.nodes] == ["a", "c", "b"]
    assert (made.counts, made.first) == ((0, 0, 2), (0, 1))
    node = made.nodes[2]
    assert node.hard == (("a", "v"), ("a", "z"), ("c", ""))
    assert made.nodes[0].dependents == (2,)
    assert (node.retry.attempts, node.retry.first, node.retry.factor, node.retry.max) == (4, 0.5, 3.0, 120.0)
    assert (node.retry.on, node.timeout, node.effect, node.lenient) == ({"timed_out"}, 3600.0, Effect.ONCE, True)
    assert node.approve is not None
    assert node.approve.expires == 4 * 86_400


def test_a_frame_knows_what_it_reads_from_outside_and_how_much_of_it():
    made = graph({
        "a": {"block": "x"},
        "e": {"each": {"items": "{{ input.items }}"}, "nodes": {
            "b": {"block": "x", "with": {"v": "{{ input.x.y + input.z + a[0] + item + index }}"}},
            "l": {"loop": {"max": 2}, "nodes": {"c": {"block": "x", "with": {"v": "{{ [previous, item, b.v, run.id] }}"}}}}}},
    })  # fmt: skip
    body = made.nodes[1].body
    assert body is not None
    assert body.free == {"input": {"x", "z"}, "a": None, "run": {"id"}}
    inner = body.nodes[1].body
    assert inner is not None
    assert inner.free == {"item": None, "b": {"v"}, "run": {"id"}}
    assert made.find("e/l/c") is not None
    assert made.find("e/z") is None


def test_a_cycle_is_no_plan():
    with pytest.raises(BadInput) as refused:
        graph({"a": {"block": "x", "after": ["b"]}, "b": {"block": "x", "after": ["a"]}, "c": {"block": "x"}})
    assert refused.value.problems[0].code == "cycle"


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda p: p[0] != p[1]), max_size=60))
def test_every_acyclic_graph_is_ordered_and_keeps_the_order_of_the_text_where_it_may(pairs):
    wanted: dict[str, list[str]] = {f"n{i}": [] for i in range(20)}
    for a, b in pairs:
        if f"n{min(a, b)}" not in wanted[f"n{max(a, b)}"]:
            wanted[f"n{max(a, b)}"].append(f"n{min(a, b)}")
    assert order(wanted) == list(wanted)
    backwards = dict(reversed(wanted.items()))
    done = order(backwards)
    assert sorted(done) == sorted(wanted)
    assert all(done.index(need) < done.index(id) for id, needed in wanted.items() for need in needed)
