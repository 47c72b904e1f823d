"""Braces in texts and trees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe.features.workflows.expressions import ExpressionError, Scope
from troupe.features.workflows.template import Output, Template, gone, scan

SCOPE = Scope({"n": 5, "s": "x", "m": {"a": {"b": 1}}, "xs": [1, "a"], "nul": None, "t": True, "f": 2.0})


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{{ n }}", 5),
        ("{{n}}", 5),
        (" {{ n }}", " 5"),
        ("{{ xs }}", [1, "a"]),
        ("<{{ xs }}|{{ m }}|{{ nul }}|{{ t }}|{{ f }}>", '<[1,"a"]|{"a":{"b":1}}||true|2.0>'),
        ('{{ {"a": {"b": n}} }}', {"a": {"b": 5}}),
        ('{{ {"a":{"b":n}}}}', {"a": {"b": 5}}),
        ('{{ "}}" + s }}', "}}x"),
        ("{{ '{{' + s }}!", "{{x!"),
        (r'{{ "\"}}" }}', '"}}'),
        ("""{{ '''it's }}''' }}""", "it's }}"),
        (r"{{ r'\' + s }}", "\\x"),
        ("{{{{ n }}", "{{ n }}"),
        ("a }} b", "a }} b"),
        ("", ""),
        ({"k": ["{{ n }}", {"d": "{{ s }}"}], "c": 1}, {"k": [5, {"d": "x"}], "c": 1}),
    ],
)
def test_a_tree_is_filled(value, filled):
    assert Template(value).fill(SCOPE) == filled


def test_a_tree_without_braces_is_itself():
    value = {"a": [1, {"b": "c"}]}
    assert Template(value).fill(SCOPE) is value


def test_filling_leaves_the_definition_as_it_was():
    value = {"a": "{{ n }}", "b": {"c": "{{ s }}"}}
    made = Template(value)
    assert made.fill(SCOPE) == made.fill(SCOPE)
    assert value == {"a": "{{ n }}", "b": {"c": "{{ s }}"}}


@pytest.mark.parametrize("text", ["{{ n", "a {{ 'x }}", "{{ {n }}", "{{ n } }}", "{{"])
def test_what_is_never_closed_is_said_where_it_opens(text):
    with pytest.raises(ExpressionError) as refused:
        Template({"k": [0, text]})
    assert (refused.value.code, refused.value.path) == ("unclosed", "/k/1")
    assert text[refused.value.at : refused.value.at + 2] == "{{"


def test_an_error_is_placed_in_the_tree_and_in_its_text():
    with pytest.raises(ExpressionError) as refused:
        Template({"a~/b": "hi {{ n + }}"})
    assert (refused.value.path, refused.value.at) == ("/a~0~1b", 10)
    with pytest.raises(ExpressionError) as failed:
        Template({"a": {"b": [1, "{{ m.q }}"]}}).fill(SCOPE)
    assert failed.value.path == "/a/b/1"


literal = st.text(alphabet="ab {}'\"\\\n", max_size=12).filter(lambda t: "{{" not in t and not t.endswith("{"))
source = st.sampled_from(["n", "s", '"}}"', "'{{'", '{"a": {"b": 1}}', "xs[0]", 'has(m.a) ? "}" : "{"', "m.a.b"])


@given(st.lists(st.tuples(literal, source), max_size=5), literal)
def test_the_scanner_gives_back_what_was_put_together(pairs, tail):
    text = "".join(f"{before}{{{{ {inner} }}}}" for before, inner in pairs) + tail
    pieces = scan(text)
    assert [p[1].strip() for p in pieces if not isinstance(p, str)] == [inner for _, inner in pairs]
    assert "".join(p for p in pieces if isinstance(p, str)) == "".join(before for before, _ in pairs) + tail
    assert all(text.startswith(p[1], p[0]) for p in pieces if not isinstance(p, str))


@given(st.text(alphabet="{}a'\" \\", max_size=40))
def test_no_text_does_more_than_be_refused(text):
    try:
        Template(text)
    except ExpressionError as refused:
        if not 0 <= refused.at <= len(text):
            raise


@given(st.text(alphabet="{}a'\" \\", max_size=40))
def test_doubled_braces_write_any_text(text):
    assert Template(text.replace("{{", "{{{{")).fill(SCOPE) == text


def test_output_leaves_out_what_needs_what_is_not_there():
    scope = Scope({"a": {}, "b": {"x": 1}, "c": {"error": {"code": "e"}}})
    scope.absent = {"a": "skipped", "c": "failed"}
    output = Output({
        "a": "{{ a.x }}", "b": "{{ b.x }}", "deep": {"a": "{{ a }}", "b": ["{{ b.x }}"]}, "text": "{{ a.x }} {{ b.x }}",
        "soft": "{{ default(a.x, 0) }}", "c": "{{ c.x }}", "error": "{{ c.error.code }}", "list": ["{{ a.x }}"],
    })  # fmt: skip
    assert output.fill(scope, whole=False) == {"b": 1, "deep": {"b": [1]}, "soft": 0, "error": "e"}
    assert Output("{{ a.x }}").fill(scope, whole=False) is None
    assert gone(scope, Template("{{ b.x + a.x }}").hard) == "a was skipped"
