"""Reading texts: YAML 1.2, places, and what is refused."""

import importlib.util
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe.base.errors import BadInput
from troupe.features.definitions import text as reading
from troupe.features.definitions.text import read

EXAMPLE = (Path(__file__).parents[1] / "workflows" / "example.yaml").read_text()
PARSERS = ["ruamel", *(["libyaml"] if importlib.util.find_spec("yaml") else [])]


@pytest.fixture(params=PARSERS, autouse=True)
def parser(request, monkeypatch):
    """Both parsers, where both are installed, must read alike."""
    if request.param == "ruamel":
        monkeypatch.setattr(reading, "_fast", lambda text: None)
    return request.param


def refused(text: str) -> list[tuple[str, int | None, int | None]]:
    try:
        problems = read(text).problems
    except BadInput as wrong:
        problems = wrong.problems
    return [(p.code, p.line, p.column) for p in problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes\nb: on\nno: True\n1: x", {"a": "yes", "b": "on", "no": True, "1": "x"}),
        ("[1, -2, 0x1F, 0o17, 1.5, .5, 1e3, +3]", [1, -2, 31, 15, 1.5, 0.5, 1000.0, 3]),
        ("[null, ~, Null, '', ]", [None, None, None, ""]),
        ("[1_000, 2024-01-01, 12:30:45, 08, '1', \"2\"]", ["1_000", "2024-01-01", "12:30:45", 8, "1", "2"]),
        ('{"a":{"b":[1,2.0,true,null]}}', {"a": {"b": [1, 2.0, True, None]}}),
        ("a: |\n  x\n   y\nb: >-\n  one\n  two\n", {"a": "x\n y\n", "b": "one two"}),
        ("a:\nb: # nothing\n", {"a": None, "b": None}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: x\u2028y", {"a": "x\u2028y"}),
        ("a: 'it''s'\nb: \"\\t\\u00e9\\x41\"", {"a": "it's", "b": "\té" + "A"}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("a: http://x.y/z?q=1#f\r\nb: 2\r\n", {"a": "http://x.y/z?q=1#f", "b": 2}),
    ],
)
def test_a_text_is_read_as_yaml_1_2(text, value):
    document = read(text)
    assert document.value == value
    assert document.problems == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("empty", 1, 1)]),
        ("a: &x 1\nb: *x", [("anchor", 1, 4), ("alias", 2, 4)]),
        ("a: !!str 1", [("tag", 1, 4)]),
        ("a: 1\nb: 2\na: 3", [("duplicate", 3, 1)]),
        ("a: {b: 1, b: 2}", [("duplicate", 1, 11)]),
        ("a: 1\n---\nb: 2", [("many_documents", 2, 1)]),
        ("a: 1e999", [("bad_number", 1, 4)]),
        ("a: .nan\nb: -.inf", [("bad_number", 1, 4), ("bad_number", 2, 4)]),
        ("a: 99999999999999999999", [("bad_number", 1, 4)]),
        ("a: " + "9" * 5000, [("bad_number", 1, 4)]),
        ("a: b\n c: \x00", [("bad_character", 2, 5)]),
        ("a: \ud800", [("bad_character", 1, 4)]),
        ('a: "x\\0y"', [("bad_character", 1, 4)]),
        ("? [a]\n: b", [("bad_key", 1, 1)]),
        ("[" * 200, [("too_deep", 1, 101)]),
        ("[" * 100_000, [("too_deep", 1, 101)]),
        ("{a: " * 150, [("too_deep", 1, 401)]),
        ("x" * 1_000_001, [("too_large", 1, 1)]),
        ("é" * 500_001, [("too_large", 1, 1)]),
        ("a: b: c", [("bad_yaml", 1, 5)]),
        ("a:\n\t- b", [("bad_yaml", 2, 1)]),
    ],
)
def test_what_is_refused_says_where(text, found):
    assert refused(text) == found


def test_braces_without_quotes_get_a_hint_of_their_own_and_reading_goes_on():
    document = read("a: {{ input.x }}\nb: [{{ c }}]\nd: {e: {{ f.g }}}\na: 2")
    assert document.value == {"a": "{{ input.x }}", "b": ["{{ c }}"], "d": {"e": "{{ f.g }}"}}
    found = [(p.code, p.line, p.column, p.path) for p in document.problems]
    assert found == [
        ("unquoted_braces", 1, 4, "/a"), ("unquoted_braces", 2, 5, "/b/0"), ("unquoted_braces", 3, 8, "/d/e"),
        ("duplicate", 4, 1, "/a"),
    ]  # fmt: skip
    assert '"{{ … }}"' in document.problems[0].hint
    with pytest.raises(BadInput) as broken:
        read("a: {{ x }} and more")
    assert {p.code for p in broken.value.problems} == {"unquoted_braces"}


def test_every_value_knows_its_range_and_place():
    document = read(EXAMPLE)
    for path, said in {
        "/name": "triage_mail",
        "/nodes/each_mail/each/items": '"{{ input.mails }}"',
        "/nodes/each_mail/nodes/sort/retry/on/1": "unavailable",
        "/view/report": "[0, 320]",
    }.items():
        item = document.find(path)
        assert item is not None
        assert EXAMPLE[item.start : item.end] == said
    assert document.find("/nodes/none") is None
    lines = EXAMPLE.split("\n")
    line, column = document.place("/nodes/each_mail/nodes/send/with/subject", at=7)
    assert lines[line - 1][column - 1 :].startswith("item.subject")
    line, column = document.place("/nodes/each_mail/nodes/draft/on_error", key=True)
    assert lines[line - 1][column - 1 :].startswith("on_error")
    assert document.place("/nodes/report/nothing/here") == document.place("/nodes/report")


def test_an_offset_in_a_text_of_several_lines_is_found():
    text = "a: |\n  first {{ x }}\n  then {{ y +\n    z }}\n"
    document = read(text)
    value = document.value["a"]
    line, column = document.place("/a", at=value.index("y +"))
    assert (line, text.split("\n")[line - 1][column - 1 :]) == (3, "y +")


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=12).filter(
    lambda t: t.encode("utf-8", "surrogatepass").decode("utf-8", "replace") == t and "\0" not in t
) | st.floats(allow_nan=False, allow_infinity=False)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet="abcé 0-", max_size=4), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(trees.filter(lambda v: v is not None))
def test_json_is_yaml(value):
    import json

    written = json.dumps(value)
    document = read(written)
    assert document.value == value
    assert document.problems == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:{}[]-?,&*!|>'\"%@`# \n\t\\1.\r\x85\u2028", max_size=40))
def test_no_text_does_more_than_be_refused(text):
    try:
        document = read(text)
    except BadInput as refused:
        if not refused.problems:
            raise
        return
    assert 0 <= document.root.start <= document.root.end <= len(text)


def test_ten_times_the_nodes_are_read_in_about_ten_times_as_long(parser):
    def spent(n: int) -> float:
        lines = "".join(f'  n{i}:\n    block: x\n    with: {{value: "{{{{ n{i - 1}.value }}}}"}}\n' for i in range(n))
        started = time.process_time()
        assert len(read("nodes:\n" + lines).value["nodes"]) == n
        return time.process_time() - started

    small = spent(500)
    assert spent(5000) < 40 * small, "what grows with the square would take a hundred times as long"
