"""The checker: all problems at once, each in its place."""
# ruff: noqa: E501 (tables: a case a line)

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe.features.workflows.check import check

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text()
NOOP = {"input_schema": {"type": "object", "properties": {"value": {}}, "additionalProperties": False},
        "output_schema": {"type": "object", "properties": {"value": {}}, "additionalProperties": False}}  # fmt: skip


def noop(id: str):
    return NOOP if id == "noop" else None


def test_the_worked_example_has_no_problem(problems):
    assert problems(EXAMPLE) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("nodes: {a: {block: test.valu}}", [("/nodes/a/block", "unknown_block")]),
        ("nodes: {a: {block: ai.classify, with: {text: x}}}", [("/nodes/a/with/labels", "missing_input")]),
        ("nodes: {a: {block: ai.classify}}", [("/nodes/a/with/labels", "missing_input"), ("/nodes/a/with/text", "missing_input")]),
        ("nodes: {a: {block: test.value, with: {valeu: 1}}}", [("/nodes/a/with/valeu", "unknown_input")]),
        ("nodes: {a: {block: text.template, with: {text: 5}}}", [("/nodes/a/with/text", "wrong_type")]),
        ("nodes: {a: {block: text.template, with: {text: '{{ 1 + 1 }}'}}}", [("/nodes/a/with/text", "wrong_type")]),
        ("nodes: {a: {block: text.template, with: {text: 'n: {{ 1 + 1 }}'}}}", []),
        ("nodes: {a: {block: ai.classify, with: {text: x, labels: ['{{ size(input.x) }}']}}}", [("/nodes/a/with/labels/0", "wrong_type")]),
        ("nodes: {a: {block: ai.classify, with: {text: x, labels: '{{ input.labels }}'}}}", []),
        ("nodes: {a: {block: test.value, with: {value: '{{ 1 + }}'}}}", [("/nodes/a/with/value", "bad_expression")]),
        ("nodes: {a: {block: test.value, with: {value: '{{ 1 '}}}", [("/nodes/a/with/value", "unclosed")]),
        ("nodes: {a: {block: test.value, when: '1 +'}}", [("/nodes/a/when", "bad_expression")]),
        ("nodes: {a: {block: test.value, when: '{{ true }}'}}", [("/nodes/a/when", "bad_expression")]),
        ("nodes: {a: {block: test.value, when: size(input.x)}}", [("/nodes/a/when", "wrong_type")]),
        ("nodes: {a: {block: test.value, with: {value: '{{ b.c }}'}}}", [("/nodes/a/with/value", "unknown_name")]),
        ("nodes: {a: {block: test.value, with: {value: '{{ item }} {{ previous }}'}}}", [("/nodes/a/with/value", "unknown_name")] * 2),
        ("nodes: {a: {block: text.template, with: {text: x}}, b: {block: test.value, with: {value: '{{ a.txt }}'}}}", [("/nodes/b/with/value", "unknown_field")]),
        ("nodes: {a: {block: test.value, after: [b]}}", [("/nodes/a/after/0", "unknown_name")]),
        ("nodes: {a: {block: test.value, with: {value: '{{ a.value }}'}}}", [("/nodes/a", "cycle")]),
        ("nodes: {a: {block: test.value, after: [b]}, b: {block: test.value, when: a.value}, c: {block: test.value, after: [b]}}",
         [("/nodes/a", "cycle"), ("/nodes/c", "unreachable")]),
        ("nodes: {e: {each: {items: [1]}, nodes: {x: {block: test.value, with: {value: '{{ e }}'}}}}}", [("/nodes/e", "cycle")]),
        ("nodes: {a: {block: test.value, when: 'false'}, b: {block: test.value, with: {value: '{{ a.value }}'}}}",
         [("/nodes/a/when", "unreachable"), ("/nodes/b", "unreachable")]),
        ("nodes: {a: {block: test.value, when: 1 > 2}, b: {block: test.value, with: {value: '{{ default(a.value, 1) }}'}}}",
         [("/nodes/a/when", "unreachable")]),
        ("nodes: {A: {block: test.value}}", [("/nodes/A", "bad_name")]),
        ("nodes: {item: {block: test.value}, for: {block: test.value}, input: {block: test.value}}",
         [("/nodes/item", "reserved_name"), ("/nodes/for", "reserved_name"), ("/nodes/input", "reserved_name")]),
        ("nodes: {a: {block: test.value}, e: {each: {items: [1]}, nodes: {a: {block: test.value}}}}", [("/nodes/e/nodes/a", "shadowed")]),
        ("nodes: {a: {block: test.value}, a: {block: test.value}}", [("/nodes/a", "duplicate")]),
        ("nodes: {a: {}}", [("/nodes/a", "one_kind")]),
        ("nodes: {a: {block: test.value, loop: {max: 2}, nodes: {b: {block: test.value}}}}", [("/nodes/a", "one_kind")]),
        ("nodes: {a: {each: {items: [1]}}}", [("/nodes/a", "empty")]),
        ("nodes: {a: {loop: {}, nodes: {b: {block: test.value}}}}", [("/nodes/a/loop", "endless")]),
        ("nodes: {a: {each: {items: 5}, nodes: {b: {block: test.value}}}}", [("/nodes/a/each/items", "wrong_type")]),
        ("nodes: {a: {each: {items: [1]}, nodes: {b: {block: test.value}}, retry: {}}}", [("/nodes/a/retry", "unknown_key")]),
        ("nodes: {a: {block: test.value, output: 1}}", [("/nodes/a/output", "unknown_key")]),
        ("nodes: {a: {block: test.value, wehn: x}}", [("/nodes/a/wehn", "unknown_key")]),
        ("nodes: {a: {block: test.value, retry: {on: [timed_out, refused, nope]}}}",
         [("/nodes/a/retry/on/1", "bad_retry_code"), ("/nodes/a/retry/on/2", "bad_retry_code")]),
        ("nodes: {a: {block: test.value, retry: {attempts: 0, first: 5, factor: x}}}",
         [("/nodes/a/retry/attempts", "bad_value"), ("/nodes/a/retry/first", "bad_value"), ("/nodes/a/retry/factor", "bad_value")]),
        ("nodes: {a: {block: test.value, timeout: 2 minutes, on_error: ignore, effect: pure}}",
         [("/nodes/a/timeout", "bad_value"), ("/nodes/a/on_error", "bad_value"), ("/nodes/a/effect", "bad_value")]),
        ("input: {type: strin}\nnodes: {a: {block: test.value}}", [("/input", "wrong_schema")]),
        ("input: {$ref: 'http://127.0.0.1:9/x'}\nnodes: {a: {block: test.value}}", [("/input", "wrong_schema")]),
        ("input: {$ref: '#/none'}\nnodes: {a: {block: test.value}}", [("/input", "wrong_schema")]),
        ("nodes: {a: 5, b: {block: test.value, with: {value: '{{ a }}'}}}", [("/nodes/a", "bad_value")]),
        ("nodes: []", [("/nodes", "bad_value")]),
        ("nodes: {}", [("/nodes", "empty")]),
        ("nodes: {a: {block: test.value}}\noutput: {x: '{{ b }}', y: '{{ a.valu }}'}",
         [("/output/x", "unknown_name"), ("/output/y", "unknown_field")]),
        ("nodes: {a: {block: test.value, with: {value: {{ input }} }}}", [("/nodes/a/with/value", "unquoted_braces")]),
        ("nodes: {a: {block: test.value, with: &x {}}, b: {block: test.value, with: *x}}",
         [("/nodes/a/with", "anchor"), ("/nodes/b/with", "alias"), ("/nodes/b/with", "bad_value")]),
    ],
)  # fmt: skip
def test_a_problem_is_found(problems, wf, body, found):
    assert problems(wf(body)) == found


@pytest.mark.parametrize("text", ["", "5", "[]", "a: b: c", "nodes: " + "{a: " * 99, "\x00"])
def test_what_is_no_definition_at_all_is_told_too(problems, text):
    assert problems(text)


def test_all_problems_come_at_once_with_line_column_and_what_to_do(wf):
    text = wf("""titel: x
nodes:
  a:
    block: noop
    with: {value: "{{ bb.value }}", walue: 1}
    retry: {on: [timedout]}
  b: {block: nop, when: "a.value >"}
  c: {each: {items: "{{ a.value }}"}, nodes: {d: {block: noop}}}
output: "{{ d.value }}"
""")
    found = check(text, noop, ids=["noop"]).problems
    assert [(p.code, p.line, p.column, p.hint) for p in found] == [
        ("unknown_key", 3, 1, "Did you mean title?"),
        ("unknown_name", 7, 23, "Did you mean b?"),
        ("unknown_input", 7, 37, "Did you mean value?"),
        ("bad_retry_code", 8, 18, "Did you mean timed_out?"),
        ("unknown_block", 9, 14, "Did you mean noop?"),
        ("bad_expression", 9, 35, ""),
        ("unknown_name", 11, 13, "d stands inside c; from outside only the output of c is seen."),
    ]


def test_a_name_inside_another_frame_is_told_where_it_stands(wf):
    text = wf(
        "nodes:\n  each_row: {each: {items: [1]}, nodes: {deeply: {block: noop}}}\n  b: {block: noop, with: {value: '{{ deeply }}'}}"
    )
    assert "stands inside each_row" in check(text, noop).problems[0].hint


def test_schemas_are_computed_and_fields_that_may_be_left_out_are_optional(entries):
    checked = check(EXAMPLE, entries)
    assert checked.input_schema["required"] == ["mails"]
    rows = checked.output_schema["properties"]["rows"]["items"]
    assert rows["required"] == ["label"]
    assert set(rows["properties"]) == {"label", "reply"}
    assert checked.output_schema["required"] == ["rows", "report"]


ids = [f"n{i}" for i in range(12)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ids), st.sampled_from([*ids, "dangling"]), st.sampled_from(["data", "when", "after"])
        ),
        max_size=30,
    )
)
def test_random_graphs_have_exactly_the_problems_they_have(edges):
    """Cycles, dangling names and nothing else: told by a second, slower rule."""
    nodes = {id: {"block": "noop", "with": {"value": []}, "after": []} for id in ids}
    for a, b, how in edges:
        if how == "after":
            nodes[a]["after"].append(b)
        elif how == "when":
            nodes[a]["when"] = f"{nodes[a].get('when', 'true')} && {b}.value == 1"
        else:
            nodes[a]["with"]["value"].append(f"{{{{ {b}.value }}}}")
    import json

    text = json.dumps({"troupe": "workflow/v1", "name": "w", "nodes": nodes})
    found = check(text, noop).problems
    reach = {a: {b for x, b, _ in edges if x == a and b != "dangling"} for a in ids}
    for _ in ids:
        reach = {a: bs | {c for b in bs for c in reach[b]} for a, bs in reach.items()}
    cyclic = {a for a in ids if a in reach[a]}
    told = {p.path.split("/")[2] for p in found if p.code == "cycle"}
    assert bool(told) == bool(cyclic)
    assert told <= cyclic
    behind = {a for a in ids if reach[a] & cyclic and a not in cyclic}
    assert {p.path.split("/")[2] for p in found if p.code == "unreachable"} >= behind
    dangling = {(a, how) for a, b, how in edges if b == "dangling"}
    assert sum(p.code == "unknown_name" for p in found) >= len(dangling)
    assert {p.code for p in found} <= {"cycle", "unreachable", "unknown_name"}


@settings(max_examples=200, deadline=None)
@given(st.recursive(
    st.sampled_from([None, True, 5, 2.5, "", "x", "{{ a }}", "{{", "{{ x + }}", "test.value", "1s", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["troupe", "name", "nodes", "a", "b", "block", "with", "each", "items", "loop", "until", "max", "when", "after",
         "retry", "on", "output", "input", "approve", "by", "type", "properties", "view", "timeout"]), inner, max_size=5),
    max_leaves=25))  # fmt: skip
def test_no_tree_of_keys_does_more_than_have_problems(value):
    import json

    checked = check(json.dumps(value), noop, ids=["noop"])
    assert checked.ok or all(p.code and p.message and p.line for p in checked.problems)


@pytest.mark.parametrize("shape", ["chain", "wide", "cycle", "each"])
def test_ten_times_the_nodes_take_about_ten_times_as_long(wf, shape):
    def one(i: int, n: int) -> str:
        if shape == "each":
            return f"  n{i}: {{each: {{items: [1]}}, nodes: {{m{i}: {{block: noop, with: {{value: '{{{{ item }}}}'}}}}}}}}\n"
        ref = {"chain": i - 1, "wide": 0, "cycle": (i + 1) % n}[shape]
        given = f', with: {{value: "{{{{ n{ref}.value }}}}"}}' if i or shape == "cycle" else ""
        return f"  n{i}: {{block: noop{given}}}\n"

    def spent(n: int) -> float:
        text = wf("nodes:\n" + "".join(one(i, n) for i in range(n if shape != "each" else n // 2)))
        started = time.process_time()
        assert [p.code for p in check(text, noop).problems] == (["cycle"] if shape == "cycle" else [])
        return time.process_time() - started

    small, large = spent(500), spent(5000)
    assert large < 40 * small, "what grows with the square would take a hundred times as long"


def test_frames_as_deep_as_a_text_may_be_do_not_break_the_checker(wf):
    text = "{x: {block: noop, with: {value: '{{ nope }}'}}}"
    for i in range(30):
        text = f"{{e{i}: {{each: {{items: [1]}}, nodes: {text}}}}}"
    found = check(wf(f"nodes: {text}"), noop).problems
    assert [p.code for p in found] == ["unknown_name"]
    for i in range(30, 60):
        text = f"{{e{i}: {{each: {{items: [1]}}, nodes: {text}}}}}"
    assert [p.code for p in check(wf(f"nodes: {text}"), noop).problems] == ["too_deep"]


def test_edges_are_told_with_what_they_are_for() -> None:
    text = EXAMPLE.replace("block: text.template", "block: nowhere.to_be_found")
    found = check(text, noop)
    assert [(e.before, e.to, e.kind) for e in found.edges if "." not in e.to] == [("each_mail", "report", "data")]
    assert ("each_mail.sort", "each_mail.draft", "data") in [(e.before, e.to, e.kind) for e in found.edges]
    assert not found.ok


def test_edges_are_there_though_an_expression_is_bad_or_a_node_waits_for_itself() -> None:
    text = "troupe: workflow/v1\nname: a\nnodes: {a: {block: noop, after: [b]}, b: {block: noop, with: {value: '{{ a + }}'}}, c: {block: noop, with: {value: '{{ b.value }}'}, after: [a]}}"
    assert [(e.before, e.to, e.kind) for e in check(text, noop).edges] == [
        ("b", "a", "after"),
        ("b", "c", "data"),
        ("a", "c", "after"),
    ]
