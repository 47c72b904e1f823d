"""Edits by ranges: the value changes as meant, and everything else stays byte for byte."""
# ruff: noqa: E501 (tables: a case a line)

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe.base.errors import BadInput, NotFound
from troupe.features.definitions.text import Document, read
from troupe.features.workflows.edit import add_node, remove_value, set_value

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text()


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and came."""
    old, new = before.split("\n"), after.split("\n")
    return [x for x in old if x not in new], [x for x in new if x not in old]


@pytest.mark.parametrize(
    ("path", "value", "gone", "come"),
    [
        ("/nodes/each_mail/each/at_once", 3, 'each: {items: "{{ input.mails }}", at_once: 8}', 'each: {items: "{{ input.mails }}", at_once: 3}'),
        ("/nodes/each_mail/nodes/draft/when", 'sort.label == "bug"',
         'when: sort.label != "praise"     # bare CEL in `when` and `until`; everything else needs braces',
         "when: 'sort.label == \"bug\"'     # bare CEL in `when` and `until`; everything else needs braces"),
        ("/nodes/each_mail/nodes/draft/timeout", "5m", "timeout: 2m", "timeout: 5m"),
        ("/nodes/report/after/-", "x", "after: [each_mail]", "after: [each_mail, x]"),
        ("/nodes/report/with/tone", "kind", 'with: {text: "{{ size(each_mail) }} mails sorted."}', 'with: {text: "{{ size(each_mail) }} mails sorted.", tone: kind}'),
        ("/view/report", [1, 2], "view: {each_mail: [0, 0], report: [0, 320]}   # the canvas; outside the version's hash and diff",
         "view: {each_mail: [0, 0], report: [1, 2]}   # the canvas; outside the version's hash and diff"),
    ],
)  # fmt: skip
def test_a_value_is_replaced_where_it_stands(path, value, gone, come):
    went, came = changed(EXAMPLE, set_value(EXAMPLE, path, value))
    assert ([x.strip() for x in went], [x.strip() for x in came]) == ([gone], [come])


def test_a_key_is_added_below_the_last_and_a_long_text_as_a_block():
    text = set_value(EXAMPLE, "/nodes/report/note", "first line\n  second: line\n")
    went, came = changed(EXAMPLE, text)
    assert went == []
    assert came == ["    note: |", "      first line", "        second: line"]
    assert set_value("a: 1 # one\n\n# two\n", "/b", {"c": [1]}) == "a: 1 # one\nb: {c: [1]}\n\n# two\n"
    assert read(set_value("a:\n  b:\n", "/a/b/c/d", 1)).value == {"a": {"b": {"c": {"d": 1}}}}


def test_a_node_is_added_to_the_workflow_or_to_a_frame():
    node = {"block": "text.template", "with": {"text": "one {{ sort.label }}\ntwo"}, "after": ["draft"]}
    for frame in ("", "/nodes/each_mail"):
        text = add_node(EXAMPLE, "fin", node, frame=frame)
        assert changed(EXAMPLE, text)[0] == []
        found = read(text).find(f"{frame}/nodes/fin")
        assert found is not None
        assert found.value == node
        assert remove_value(text, f"{frame}/nodes/fin") == EXAMPLE
    with pytest.raises(BadInput) as taken:
        add_node(EXAMPLE, "report", node)
    assert taken.value.code == "duplicate"


def test_removing_takes_the_lines_and_leaves_the_rest():
    text = remove_value(EXAMPLE, "/nodes/each_mail/nodes/draft")
    went, came = changed(EXAMPLE, text)
    assert (len(went), came) == (6, [])
    assert read(remove_value(EXAMPLE, "/nodes/each_mail/nodes/sort/retry/on/0")).find(
        "/nodes/each_mail/nodes/sort/retry/on"
    ).value == ["unavailable"]  # type: ignore[union-attr]
    assert remove_value("a:\n- b: 1 # x\n  c: 2\n- d\n", "/a/0/b") == "a:\n- c: 2\n- d\n"
    assert remove_value("a:\n- b: 1\n- d # y\n", "/a/0") == "a:\n- d # y\n"
    assert remove_value("a:\n  b: 1\nc: 2\n", "/a/b") == "a:\n  {}\nc: 2\n"
    assert remove_value("a: [1, 2, 3] # z", "/a/2") == "a: [1, 2] # z"
    with pytest.raises(NotFound):
        remove_value(EXAMPLE, "/nodes/none")


def test_what_a_tool_cannot_edit_is_refused_and_never_spoiled():
    with pytest.raises(BadInput) as refused:
        set_value("a: 5", "/a/b", 1)
    assert refused.value.code == "not_editable"


keys = st.sampled_from(["a", "b1", "c d", "e", "yes", "12", "k: v", "#h", "ü", "- x"])
texts = st.sampled_from(["", "x", "two words", "{{ n.v }}", "a: b", "# no", "l1\nl2", "l1\n\n  l2\n", " lead", "trail ", "it's", '"q"', "true", "1.5", "~",
                         "- a", "\t", "é\u2028", "\\", "'\"", "[", "&a", "%", "|", "a\r\nb", "\x7f", "?", ",", "no", "=", "<<", "null"])  # fmt: skip
values = st.recursive(
    texts | st.none() | st.booleans() | st.integers(-9, 99) | st.floats(-5, 5).map(lambda f: round(f, 2)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def paths(document: Document) -> list[str]:
    found: list[str] = []

    def walk(item, path):
        found.append(path)
        for key, (_, inner) in item.fields.items():
            walk(inner, f"{path}/{key.replace('~', '~0').replace('/', '~1')}")
        for i, inner in enumerate(item.items):
            walk(inner, f"{path}/{i}")

    walk(document.root, "")
    return found[1:]


COMMENTS = re.findall(r"# .*", EXAMPLE)


def comments(text: str) -> set[str]:
    return {c for c in COMMENTS if c in text}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_series_of_edits_gives_what_was_meant_and_keeps_every_comment_outside(data):
    text, value = EXAMPLE, read(EXAMPLE).value
    for _ in range(3):
        document = read(text)
        path = data.draw(st.sampled_from(paths(document)))
        item = document.find(path)
        assert item is not None
        inside = comments(text[item.start : item.end])
        what = data.draw(st.sampled_from(["set", "add", "remove"]))
        try:
            if what == "add":
                path += "/-" if item.kind == "list" else "/" + data.draw(keys).replace("/", "~1")
                if document.find(path) is not None:
                    continue
                new = set_value(text, path, data.draw(values))
                lost = set()
            elif what == "set":
                new = set_value(text, path, data.draw(values))
                lost = inside
            else:
                new = remove_value(text, path)
                first = document.place(path, key=True)[0] - 1  # what stands in its own lines goes with it
                last = first + text[: item.end].rstrip().count("\n") - text[: item.start].count("\n") + 1
                last += document.place(path)[0] - 1 - first
                lost = comments("\n".join(text.split("\n")[first : last + 1]))
        except BadInput as refused:
            if (refused.code, what, item.kind) != ("not_editable", "add", "scalar"):
                raise
            continue
        assert comments(text) - lost <= comments(new)
        text = new
    assert value == read(EXAMPLE).value
