"""The interpreter: order, skipping, failing, frames, approvals."""
# ruff: noqa: E501 (tables: a case a line)

from pathlib import Path

import pytest

from troupe.base.errors import BadInput, Cancelled, StepFailed, TimedOut
from troupe.features.definitions.text import read
from troupe.features.workflows.definition import Workflow
from troupe.features.workflows.graph import compile_graph
from troupe.features.workflows.only import alone, key_of, missing
from troupe.features.workflows.program import Interpreter
from troupe.ports.run import Effect, Step
from troupe.ports.run_fake import FakeRun

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text()
MAILS = {
    "mails": [
        {"from": "a@x.org", "subject": "Help", "text": "a bug"},
        {"from": "b@x.org", "subject": "Thanks", "text": "praise and joy"},
        {"from": "c@x.org", "subject": "Bill", "text": "billing is wrong"},
    ]
}
ROWS = [
    {"label": "bug", "reply": "Dear sir, about a bug"},
    {"label": "praise"},
    {"label": "billing", "reply": "Dear sir, about billing is wrong"},
]


async def test_the_worked_example_runs_to_its_end(bench):
    ran = await bench(EXAMPLE, MAILS)
    assert ran.error is None
    assert ran.output == {"rows": ROWS, "report": "3 mails sorted."}
    assert set(ran.run.skipped) == {"each_mail[1]/draft", "each_mail[1]/send"}
    assert ran.run.approvals["each_mail[0]/send/approve"].arguments == {
        "to": "a@x.org", "subject": "Re: Help", "text": "Dear sir, about a bug",
    }  # fmt: skip


async def test_each_pass_can_be_a_run_of_its_own(bench):
    ran = await bench(EXAMPLE, MAILS, run=FakeRun(as_children=True))
    assert ran.output == {"rows": ROWS, "report": "3 mails sorted."}


async def test_a_replay_asks_for_the_same_keys_and_does_nothing_again(bench):
    first = await bench(EXAMPLE, MAILS)
    assert len(first.run.done) == 6  # three sorts, two sends, one report
    again = await bench(EXAMPLE, MAILS, run=first.run.again())
    assert again.output == first.output
    assert sorted(again.run.asked) == sorted(first.run.asked)
    assert again.run.done == []


async def test_branches_join_whatever_their_order(bench, wf):
    text = wf("""nodes:
  z: {block: test.value, with: {value: "{{ [x.value, y.value] }}"}}
  x: {block: test.value, with: {value: "{{ a.value + 1 }}"}}
  y: {block: test.value, with: {value: "{{ a.value + 2 }}"}}
  a: {block: test.value, with: {value: "{{ input.n }}"}}
output: "{{ z.value }}"
""")
    ran = await bench(text, {"n": 1})
    assert ran.output == [2, 3]
    assert ran.run.asked[0] == "a"
    assert ran.run.asked[-1] == "z"


async def test_a_node_starts_when_its_own_needs_are_met_not_a_layer_later(bench, wf):
    """`fast2` needs only `fast`, so it must not wait for `slow`, which waits for what `fast2` sets off."""
    import asyncio

    gate = asyncio.Event()

    class Gated(FakeRun):
        async def step(self, key, step, args):
            if key == "slow":
                await gate.wait()
            if key == "fast2":
                gate.set()
            return await super().step(key, step, args)

    text = wf("""nodes:
  slow: {block: test.value}
  fast: {block: test.value}
  fast2: {block: test.value, after: [fast]}
output: {}
""")
    async with asyncio.timeout(5):
        assert (await bench(text, run=Gated())).error is None


async def test_a_skipped_need_skips_the_node_and_a_soft_one_does_not(bench, wf):
    text = wf("""nodes:
  a: {block: test.value, when: input.go}
  hard: {block: test.value, with: {value: "{{ a.value }}"}}
  harder: {block: test.value, with: {value: "{{ hard.value }}"}}
  soft: {block: test.value, with: {value: "{{ has(a.value) ? a.value : 'none' }}"}}
  other: {block: test.value, with: {value: "{{ default(a.value, 7) }}"}}
  bare: {block: test.value, with: {value: "{{ has(a) }}"}}
  later: {block: test.value, after: [a], with: {value: 1}}
output: {hard: "{{ hard.value }}", deep: {harder: "{{ harder.value }}", soft: "{{ soft.value }}"}, other: "{{ other.value }}",
  bare: "{{ bare.value }}", later: "{{ later.value }}"}
""")
    ran = await bench(text, {"go": False})
    assert ran.output == {"deep": {"soft": "none"}, "other": 7, "bare": False, "later": 1}
    assert ran.run.skipped == {
        "a": "its condition is false", "hard": "a was skipped", "harder": "hard was skipped",
    }  # fmt: skip
    went = await bench(text, {"go": True})
    assert went.run.skipped == {}
    assert went.output["bare"] is True


async def test_an_output_that_is_one_expression_is_null_when_its_need_was_skipped(bench, wf):
    text = wf("nodes: {a: {block: test.value, when: 'false || input.go'}}\noutput: '{{ a.value }}'\n")
    assert (await bench(text, {"go": False})).output is None


async def test_on_error_continue_sets_the_error_and_skips_what_needed_the_result(bench, wf):
    text = wf("""nodes:
  a: {block: test.boom, with: {how: refused}, on_error: continue}
  b: {block: test.value, with: {value: "{{ a.error.code }}"}}
  c: {block: test.value, with: {value: "{{ a.how }}"}}
  d: {block: test.value, when: has(a.error), with: {value: "{{ default(a.how, 'nothing') }}"}}
output: {b: "{{ b.value }}", c: "{{ c.value }}", d: "{{ d.value }}"}
""")
    ran = await bench(text)
    assert ran.output == {"b": "refused", "d": "nothing"}
    assert ran.run.skipped == {"c": "a failed"}


async def test_a_failure_names_its_node_and_step_and_nothing_starts_after_it(bench, wf):
    text = wf("""nodes:
  e: {each: {items: [1, 2], at_once: 1}, nodes: {bad: {block: test.boom, with: {how: refused}}}}
  after: {block: test.value, after: [e]}
output: {}
""")
    ran = await bench(text)
    assert (ran.error.code, ran.error.node, ran.error.step) == ("refused", "e/bad", "e[0]/bad")
    assert "after" not in ran.run.asked


@pytest.mark.parametrize(
    ("node", "code", "words"),
    [
        ("{block: test.boom, with: {how: bug}}", "block_crashed", "ZeroDivisionError"),
        ('{block: ai.classify, with: {text: "{{ input.n }}", labels: [a]}}', "bad_input", "with.text"),
        ('{block: test.value, with: {value: "{{ input.none }}"}}', "bad_expression", "with.value: input has no field"),
        ("{block: test.value, when: input.n}", "bad_expression", "when must be true or false"),
        ('{each: {items: "{{ input.n }}"}, nodes: {a: {block: test.value}}}', "bad_input", "each.items must be a list"),
        ('{block: test.ask, with: {name: "{{ input.n }}"}}', "bad_input", "with.name"),
        ('{block: test.call, with: {method: "{{ input.n }}"}}', "bad_input", "with.method"),
    ],
)
async def test_what_goes_wrong_is_a_failure_of_the_node_in_the_journal(bench, wf, node, code, words):
    ran = await bench(wf(f"nodes: {{x: {node}}}\noutput: {{}}\n"), {"n": 5})
    assert isinstance(ran.error, StepFailed)
    assert (ran.error.code, ran.error.node) == (code, "x")
    assert words in ran.error.message
    assert "secret" not in ran.error.message
    assert ran.run.steps["x"] is ran.error


async def test_retries_are_the_steps_own_and_those_of_a_program_are_keys_of_their_own(bench, wf):
    text = wf(
        "nodes: {x: {block: test.boom, with: {how: 'flaky:2'}, retry: {attempts: 3, first: 1s, on: [rate_limited]}}}"
    )
    ran = await bench(text)
    assert ran.error is None
    assert len(ran.run.done) == 3
    text = wf(
        "nodes: {x: {block: agent.run, with: {agent: a, message: m}, retry: {attempts: 2, first: 5s}, timeout: 2m}}"
    )
    run = FakeRun()
    calls = []

    async def play(below, key, child):
        calls.append((key, child.timeout))
        if len(calls) == 1:
            raise TimedOut
        return "fine"

    interpreter = bench.interpreter(text)
    run.play = play
    await interpreter(run, None)
    assert calls == [("x", 120.0), ("x/try/2", 120.0)]
    assert run.slept == {"x/backoff": 5.0}


async def test_a_person_may_edit_refuse_or_be_late(bench, wf):
    text = wf("""nodes:
  s: {block: mail.send, with: {to: "{{ input.to }}", text: hello}, approve: {by: [editor], expires: 3d}, title: Tell them}
output: {id: "{{ s.id }}"}
""")
    ran = await bench(text, {"to": "a@b"}, run=FakeRun(decisions={"s/approve": {
        "decision": "approve", "arguments": {"to": "c@d", "text": "better"}}}))  # fmt: skip
    assert ran.output == {"id": "mail-1"}
    asked = ran.run.approvals["s/approve"]
    assert (asked.title, asked.effect, asked.by, asked.expires) == ("Tell them", Effect.ONCE, ("editor",), 3 * 86400)
    refused = await bench(
        text, {"to": "a@b"}, run=FakeRun(decisions={"s/approve": {"decision": "refuse", "reason": "no"}})
    )
    assert (refused.error.code, refused.error.node) == ("refused_by_person", "s")
    late = await bench(text, {"to": "a@b"}, run=FakeRun(decisions={"s/approve": {"decision": "expired"}}))
    assert late.error.code == "approval_expired"
    bad = {"decision": "approve", "arguments": {"to": 5}}
    edited = await bench(text, {"to": "a@b"}, run=FakeRun(decisions={"s/approve": bad}))
    assert edited.error.code == "bad_input"


async def test_a_dry_run_asks_nobody_and_carries_the_example_along(bench, wf):
    text = wf("nodes: {s: {block: mail.send, with: {to: a, text: b}, approve: {}}}\noutput: {}\n")
    ran = await bench(text, run=FakeRun(dry_run=True))
    assert ran.run.approvals == {}
    assert ran.run.done[0].simulated == {"id": "simulated"}


@pytest.mark.parametrize(
    ("node", "effect"),
    [
        ("{block: test.value}", Effect.IDEMPOTENT),
        ("{block: test.value, effect: once}", Effect.ONCE),
        ("{block: mail.send, with: {to: a, text: b}, effect: idempotent}", Effect.IDEMPOTENT),
        ("{block: test.call, with: {method: GET}}", Effect.READ),
        ("{block: test.call, with: {method: POST}}", Effect.ONCE),
        ("{block: test.call, with: {method: POST}, effect: idempotent}", Effect.IDEMPOTENT),
    ],
)
async def test_the_effect_is_the_blocks_unless_the_node_says_otherwise(bench, wf, node, effect):
    ran = await bench(wf(f"nodes: {{x: {node}}}\n"))
    assert [s.effect for s in ran.run.done] == [effect]


async def test_a_paid_block_has_a_price_and_one_that_can_be_asked_is_asked(bench, wf):
    step: Step = (await bench(wf("nodes: {x: {block: test.call, with: {method: GET}}}"))).run.done[0]
    assert step.price == 0.25
    assert step.check is not None
    assert await step.check("effect-key") == "happened"


async def test_a_loop_goes_on_until_its_condition_and_shows_its_last_pass(bench, wf):
    text = wf("""nodes:
  grow:
    loop: {until: step.value >= 6, max: 10}
    nodes: {step: {block: test.value, with: {value: "{{ default(previous.sum, 1) + index }}"}}}
    output: {sum: "{{ step.value }}", at: "{{ index }}"}
output: "{{ grow }}"
""")
    ran = await bench(text)
    assert ran.output == {"sum": 7, "at": 3}
    assert ran.run.asked == ["grow[0]/step", "grow[1]/step", "grow[2]/step", "grow[3]/step"]
    capped = await bench(text.replace("max: 10", "max: 2"))
    assert capped.output == {"sum": 2, "at": 1}


async def test_frames_nest_and_see_what_is_around_them(bench, wf):
    text = wf("""nodes:
  base: {block: test.value, with: {value: "{{ input.base }}"}}
  rows:
    each: {items: "{{ input.rows }}"}
    nodes:
      cells:
        each: {items: "{{ item }}"}
        nodes:
          cell: {block: test.value, with: {value: "{{ item * base.value + index }}"}}
        output: "{{ cell.value }}"
      total: {block: test.value, with: {value: "{{ sum(cells) }}"}}
    output: {row: "{{ index }}", cells: "{{ cells }}", total: "{{ total.value }}"}
output: "{{ rows }}"
""")
    wanted = [
        {"row": 0, "cells": [10, 21], "total": 31},
        {"row": 1, "cells": [30], "total": 30},
        {"row": 2, "cells": [], "total": 0},
    ]
    for children in (False, True):
        ran = await bench(text, {"base": 10, "rows": [[1, 2], [3], []]}, run=FakeRun(as_children=children))
        assert ran.output == wanted
    assert "rows[0]/cells[1]/cell" in ran.run.asked


async def test_a_pass_written_down_takes_along_only_what_it_reads(bench, wf):
    text = wf("""nodes:
  gone: {block: test.value, when: input.never}
  e:
    each: {items: "{{ input.items }}"}
    nodes:
      a: {block: test.value, with: {value: "{{ input.small }}"}}
      b: {block: test.value, with: {value: "{{ gone.value }}"}}
    output: {a: "{{ a.value }}", b: "{{ b.value }}"}
output: "{{ e }}"
""")
    seen = []
    made = bench.interpreter(text)

    async def play(run, key, child):
        seen.append(child)
        return await made.play_pass(run, child.input)

    run = FakeRun(as_children=True, play=play)
    given = {"items": [1, 2], "small": "s", "never": False, "huge": "x" * 1000}
    assert await made(run, given) == [{"a": "s"}, {"a": "s"}]
    assert seen[1].input == {
        "frame": "e", "key": "e[1]", "index": 1, "item": 2,
        "outer": {"input": {"small": "s"}, "gone": {}}, "absent": {"gone": "skipped"},
    }  # fmt: skip
    assert seen[1].version == "v1"


async def test_a_heavy_expression_is_a_step_of_its_own_and_runs_elsewhere(bench, wf):
    text = wf("""nodes:
  a: {block: test.value, when: "input.xs.map(x, input.xs.map(y, x * y)).size() == 300", with: {value: "{{ size(input.xs.map(x, input.xs.filter(y, y > x))) }}", }}
output: {n: "{{ sum(input.xs.map(x, sum(input.xs.map(y, 1)))) }}", a: "{{ a.value }}"}
""")
    ran = await bench(text, {"xs": list(range(300))})
    assert ran.output == {"n": 90_000, "a": 300}
    assert [k for k in ran.run.asked if ":" in k] == ["a/when:0", "a/with:0", "output:0"]
    assert len(ran.heavy) == 3


async def test_a_run_that_is_ended_is_not_taken_for_a_failure_to_go_on_from(bench, wf):
    class Ending(FakeRun):
        async def step(self, key, step, args):
            raise Cancelled

    ran = await bench(wf("nodes: {x: {block: test.value, on_error: continue}}"), run=Ending())
    assert isinstance(ran.error, Cancelled)


async def test_one_node_alone_runs_on_given_outputs(bench, wf):
    text = wf("""nodes:
  a: {block: test.value, with: {value: "{{ input.x }}"}}
  e: {each: {items: "{{ a.value }}"}, nodes: {b: {block: test.value, with: {value: "{{ item + a.value[0] }}"}}}, output: "{{ b.value }}"}
""")
    made = bench.interpreter(text)
    workflow = Workflow.model_validate(read(text).value)
    made = Interpreter(compile_graph(alone(workflow, "e")), made.means)
    run = FakeRun(only="e", outputs={"a": {"value": [5, 6]}})
    assert await made(run, {"x": 1}) == [10, 11]
    assert run.asked == ["e[0]/b", "e[1]/b"]


NESTED = """nodes:
  a: {block: test.value, with: {value: "{{ input.x }}"}}
  e:
    each: {items: "{{ a.value }}"}
    nodes:
      b: {block: test.value, with: {value: "{{ item }}"}}
      l:
        loop: {max: 3}
        nodes: {c: {block: test.value, with: {value: "{{ b.value + a.value[0] + index + item + (previous == null ? 0 : previous) }}"}}}
        output: "{{ c.value }}"
"""


async def test_one_node_inside_frames_runs_alone_as_the_pass_that_is_named(bench, wf):
    made = bench.interpreter(wf(NESTED))
    workflow = Workflow.model_validate(read(wf(NESTED)).value)
    key = "e[1]/l[2]/c"
    given = {
        "a": {"value": [5, 6]},
        "e[1]/b": {"value": 6},
        "e[1]/item": 6,
        "e[0]/b": {"value": 0},
        "e[1]/l[2]/previous": 100,
    }
    assert list(missing(workflow, key, given)) == []
    run = FakeRun(only=key, outputs=given)
    assert await Interpreter(compile_graph(alone(workflow, key)), made.means)(run, {"x": 1}) == {
        "value": 6 + 5 + 2 + 6 + 100
    }
    assert run.asked == [key]


def test_what_a_node_alone_lacks_is_named_by_its_key(wf):
    workflow = Workflow.model_validate(read(wf(NESTED)).value)
    assert list(missing(workflow, "e[1]/l[2]/c", {"a": {}})) == ["e[1]/b", "e[1]/item", "e[1]/l[2]/previous"]
    assert list(missing(workflow, "e[1]/l[0]/c", {"a": {}, "e[1]/b": {}, "e[1]/item": 1})) == []
    assert list(missing(workflow, "e[0]/b", {})) == ["e[0]/item"]


def test_a_node_is_named_by_its_key_or_its_path(wf):
    workflow = Workflow.model_validate(read(wf(NESTED)).value)
    assert key_of(workflow, "e.l.c") == "e[0]/l[0]/c"
    assert key_of(workflow, "e[4]/b") == "e[4]/b"
    for wrong in ("", "x", "e[1]", "e/b", "e.x", "e[1]/b/c", "e..b", "e[1]/b[2]"):
        with pytest.raises(BadInput):
            key_of(workflow, wrong)


async def test_a_chain_of_two_thousand_nodes_and_a_ladder_of_forks_run_flat(bench, wf):
    lines = ["  n0: {block: test.value, with: {value: 0}}"]
    lines += [f'  n{i}: {{block: test.value, with: {{value: "{{{{ n{i - 1}.value + 1 }}}}"}}}}' for i in range(1, 2000)]
    assert (await bench(wf("nodes:\n" + "\n".join(lines) + '\noutput: "{{ n1999.value }}"\n'))).output == 1999
    lines = ["  s0: {block: test.value}"]
    for i in range(300):
        lines.append(f"  a{i}: {{block: test.value, after: [s{i}]}}\n  b{i}: {{block: test.value, after: [s{i}]}}")
        lines.append(f"  s{i + 1}: {{block: test.value, after: [a{i}, b{i}]}}")
    ran = await bench(wf("nodes:\n" + "\n".join(lines) + "\noutput: {}\n"))
    assert ran.error is None
    assert len(ran.run.asked) == 901
