"""Shapes: six kinds of runs whose costs are compared, and what each would be with one state for each node.

A state machine drawn from the graph has a transition for each node, its start and its end, and a call of a function
for each node that does something; a loop or a choice is a state of its own.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.bench.cost.prices import Counts

MODEL_SECONDS = 2.0  # that a model takes to answer, for which a function waits; not measured, the same on both sides


@dataclass(frozen=True)
class Shape:
    """One kind of run. `says`: what the model answers, turn by turn."""

    name: str
    text: str
    nodes: int  # that do something
    states: int  # of a machine drawn from the graph, beside those nodes: entered in one run
    decides: bool = False
    says: list[dict[str, Any]] = field(default_factory=list)

    @property
    def models(self) -> int:
        return len(self.says)

    def one_state_per_node(self, seconds: float) -> Counts:
        """`seconds`: of a call that does one node."""
        calls = self.nodes + self.models
        waits = self.models * MODEL_SECONDS
        api = 1 + self.decides
        return Counts(calls + self.states + 2, calls + api, calls * seconds + waits, 0, api)


def chain(size: int) -> str:
    lines = ["troupe: workflow/v1", "name: chain", "nodes:"]
    for i in range(size):
        given = f'"{{{{ s{i - 1}.value }}}}"' if i else "1"
        lines.append(f"  s{i}: {{block: test.noop, with: {{value: {given}}}}}")
    return "\n".join([*lines, f'output: "{{{{ s{size - 1}.value }}}}"', ""])


def wide(size: int) -> str:
    lines = ["troupe: workflow/v1", "name: wide", "nodes:", "  first: {block: test.noop, with: {value: 1}}"]
    lines += [f'  s{i}: {{block: test.noop, with: {{value: "{{{{ first.value }}}}"}}}}' for i in range(size - 2)]
    after = ", ".join(f"s{i}" for i in range(size - 2))
    return "\n".join([*lines, f"  last: {{block: test.noop, after: [{after}], with: {{value: 2}}}}", ""])


def each(size: int, at_once: int) -> str:
    return f"""\
troupe: workflow/v1
name: each
nodes:
  make: {{block: code.python, with: {{code: "list(range({size}))", inputs: {{}}}}}}
  rows:
    each: {{items: "{{{{ make.result }}}}", at_once: {at_once}}}
    nodes:
      one: {{block: test.noop, with: {{value: "{{{{ item }}}}"}}}}
    output: "{{{{ one.value }}}}"
output: "{{{{ size(rows) }}}}"
"""


APPROVAL = """\
troupe: workflow/v1
name: approval
nodes:
  draft: {block: test.noop, with: {value: 1}}
  send: {block: test.noop, with: {value: "{{ draft.value }}"}, approve: {by: [editor], expires: 3d}}
output: "{{ send.value }}"
"""
AGENT = """\
troupe: agent/v1
name: worker
model: puppet/one
instructions: "Work."
tools: [{block: test.noop, name: look, description: Look.}]
limits: {turns: 10, repeated_calls: 9}
"""


def turns(size: int) -> list[dict[str, Any]]:
    """A tool each turn but the last."""
    call = [("c", "look", json.dumps({"value": 1}))]
    return [*[{"text": "", "calls": call}] * (size - 1), {"text": "Done."}]


# Of a machine drawn from the graph: a map has its own state, and a pass of it one for its end; an agent's loop has a
# choice each turn; an approval is a state that waits, and a call that tells the person.
ONE = Shape("one node", chain(1), 1, 0)
SHAPES = (
    Shape("chain of 20", chain(20), 20, 0),
    Shape("wide 50", wide(50), 50, 1),
    Shape("agent of 8 turns", AGENT, 7, 8, says=turns(8)),
    Shape("approval after a day", APPROVAL, 3, 1, decides=True),
    Shape("each of 1,000 items", each(1000, 10), 1001, 1),
    Shape("fan-out of 10,000", each(10_000, 100), 10_001, 1),
)
