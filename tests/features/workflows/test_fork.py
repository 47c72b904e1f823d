"""Forks: what stays when a run is run anew from one of its steps."""
# ruff: noqa: E501 (tables: a case a line)

from pathlib import Path

import pytest

from troupe.base.errors import NotFound
from troupe.features.definitions.text import read
from troupe.features.workflows.definition import Workflow
from troupe.features.workflows.fork import kept

NODES = """troupe: workflow/v1
name: w
nodes:
  a: {block: x}
  b: {block: x, when: a.ok}
  c: {block: x, after: [b]}
  free: {block: x}
  e:
    each: {items: "{{ a.rows }}"}
    nodes: {f: {block: x, with: {v: "{{ item }}"}}, g: {block: x, with: {v: "{{ f.v }}"}}, h: {block: x}}
  l:
    loop: {max: 5}
    nodes: {m: {block: x}, n: {block: x, with: {v: "{{ m.v }}"}}}
  z: {block: x, with: {v: "{{ [e, l] }}"}}
"""
KEYS = [
    "a", "b", "b/approve", "c", "free", "e", "e[0]", "e[0]/f", "e[0]/g", "e[0]/g/try/2", "e[0]/h", "e[1]/f", "e[1]/g", "e[1]/h",
    "l[0]/m", "l[0]/n", "l[1]/m", "l[1]/n", "l[2]/m", "l[2]/n", "z",
]  # fmt: skip
WORKFLOW = Workflow.model_validate(read(NODES).value)


@pytest.mark.parametrize(
    ("start", "gone"),
    [
        ("z", ["z"]),
        ("free", ["free"]),
        ("b", ["b", "b/approve", "c"]),
        ("a", ["a", "b", "b/approve", "c", "e", "e[0]", "e[0]/f", "e[0]/g", "e[0]/g/try/2", "e[0]/h", "e[1]/f", "e[1]/g", "e[1]/h", "z"]),
        ("e", ["e", "e[0]", "e[0]/f", "e[0]/g", "e[0]/g/try/2", "e[0]/h", "e[1]/f", "e[1]/g", "e[1]/h", "z"]),
        ("e[1]", ["e", "e[1]/f", "e[1]/g", "e[1]/h", "z"]),
        ("e[0]/f", ["e", "e[0]", "e[0]/f", "e[0]/g", "e[0]/g/try/2", "z"]),
        ("e[0]/h", ["e", "e[0]", "e[0]/h", "z"]),
        ("l[1]", ["l[1]/m", "l[1]/n", "l[2]/m", "l[2]/n", "z"]),
        ("l[1]/n", ["l[1]/n", "l[2]/m", "l[2]/n", "z"]),
    ],
)  # fmt: skip
def test_gone_is_the_step_what_depends_on_it_and_the_frames_around_it(start, gone):
    assert [k for k in KEYS if k not in kept(WORKFLOW, start, KEYS)] == gone


@pytest.mark.parametrize("start", ["", "q", "a/b", "e[0]/q", "e[x]", "a/approve"])
def test_only_a_step_of_the_workflow_can_be_started_from(start):
    with pytest.raises(NotFound):
        kept(WORKFLOW, start, KEYS)


def test_a_key_the_workflow_does_not_know_does_not_stay():
    example = Workflow.model_validate(read((Path(__file__).parent / "example.yaml").read_text()).value)
    assert kept(example, "report", ["each_mail[0]/sort", "gone"]) == ["each_mail[0]/sort"]
