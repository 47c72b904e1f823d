"""Expressions: what they give, what they refuse, what they refer to, and how much they may cost."""

import math
import timeit
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe.features.workflows.expressions import (
    ExpressionError,
    Heavy,
    Missing,
    Scope,
    compile_expression,
    evaluate,
    infer,
)
from troupe.features.workflows.expressions.syntax import MAX_DEPTH

VALUES = {
    "a": {"b": [1, 2, {"c": "x"}], "loop": 1},
    "n": 5,
    "f": 1.5,
    "big": 2**63 - 1,
    "s": "héllo",
    "nul": None,
    "xs": [1, 2.5, 3],
    "t": True,
    "e": {},
    "mails": [{"subject": "s", "n": i} for i in range(1000)],
    "many": list(range(10_000)),
}


def run(source: str):
    return compile_expression(source)(Scope(VALUES))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a.b[0]", 1),
        ('a["b"][2].c', "x"),
        ("a.loop", 1),
        ("n + f", 6.5),
        ("n * f / 2", 3.75),
        ("n / 2", 2),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("n / 2.0", 2.5),
        ("-9223372036854775808", -(2**63)),
        ("1 == 1.0", True),
        ("n < 5.5", True),
        ("size(s)", 5),
        ("s.size()", 5),
        ("s.upper()", "HÉLLO"),
        ('"a,b".split(",")', ["a", "b"]),
        ('join([1, "a", null, {"k": 1}], "-")', '1-a--{"k":1}'),
        ('replace("aXbX", "X", "")', "ab"),
        ('trim("  x ")', "x"),
        ("sum(xs)", 6.5),
        ("sum([])", 0),
        ("sort([3, 1, 2.5])", [1, 2.5, 3]),
        ('sort(["b", "a"])', ["a", "b"]),
        ("default(a.q.r, 5)", 5),
        ("default(nul, 5)", 5),
        ("default(n, 6)", 5),
        ("default(default(a.q, a.r), n)", 5),
        ("has(a.b)", True),
        ("has(a.q.r)", False),
        ("has(e)", False),
        ("has(a)", True),
        ("xs.map(x, x * 2)", [2, 5.0, 6]),
        ("xs.map(x, x > 1, x)", [2.5, 3]),
        ("xs.filter(x, x > 1)", [2.5, 3]),
        ("xs.exists(x, x.q == 1 || x == 3)", True),
        ("xs.all(x, x > 0)", True),
        ("xs.exists_one(x, x == 1)", True),
        ("a.map(k, k)", ["b", "loop"]),
        ("xs.map(x, xs.map(y, x * y)[0])", [1, 2.5, 3]),
        ("mails.filter(m, m.n == 7)[0].subject", "s"),
        ("true || a.q", True),
        ("a.q || true", True),
        ("t ? a.b[0] : a.q", 1),
        ("n in [5.0]", True),
        ('"b" in a', True),
        ('{"k": n}.k', 5),
        ("{1: 2}", {"1": 2}),
        ('type(n) == int && type(s) == "string"', True),
        ("string(1.5) + string(n)", "1.55"),
        ('timestamp("2024-01-01T00:00:00Z") + duration("1h")', "2024-01-01T01:00:00Z"),
        ('timestamp("2024-03-01T00:00:00Z") - timestamp("2024-02-28T00:00:00Z")', "172800s"),
        ('timestamp("2024-01-01T00:00:00Z").getFullYear()', 2024),
        ('duration("90s")', "90s"),
        (r'"\u00e9\x41\101\n"', "éAA\n"),
        (r"r'\n'", "\\n"),
        ("'''a'b\n\"c'''", "a'b\n\"c"),
        (r'b"\xff"', "/w=="),
        ("[1, 2,]", [1, 2]),
        ("1 // a comment\n + 1", 2),
        ("0x1F", 31),
        ('s.matches("^h.*o$")', True),
    ],
)
def test_an_expression_gives(source, value):
    made = run(source)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("big + 1", "integer_overflow"),
        ("-9223372036854775808 - 1", "integer_overflow"),
        ("9223372036854775808", "integer_overflow"),
        ("99999999999999999999", "integer_overflow"),
        ("big * big", "integer_overflow"),
        ("-(-9223372036854775808)", "integer_overflow"),
        ("1e308 * 10.0", "not_finite"),
        ("1e999", "not_finite"),
        ('double("NaN")', "not_finite"),
        ('[double("inf")]', "not_finite"),
        ("1.0 / 0.0", "division_by_zero"),
        ("1 / 0", "division_by_zero"),
        ("5 % 0", "division_by_zero"),
        ('"a" + 1', "type_mismatch"),
        ("-s", "type_mismatch"),
        ('sort([1, "a"])', "type_mismatch"),
        ("a.q", "missing_value"),
        ("a.b[7]", "missing_value"),
        ("a.b[n]", "missing_value"),
        ("n.x", "missing_value"),
        ("a[s]", "missing_value"),
        ("nope", "unknown_name"),
        ("foo(1)", "unknown_function"),
        ("n && true", "bad_expression"),
        ("xs.map(x, x.y)", "missing_value"),
        ("xs.filter(x, x)", "bad_expression"),
        ("n.map(x, x)", "bad_expression"),
        ("has(1)", "bad_expression"),
        ("size()", "bad_expression"),
        ("for", "bad_expression"),
        ("a b", "bad_expression"),
        ("", "bad_expression"),
        ("a ?", "bad_expression"),
        ('"open', "bad_expression"),
        (r'"\ud800"', "bad_expression"),
        (r'"\q"', "bad_expression"),
        ("é", "bad_expression"),
        ('s.matches("[")', "bad_expression"),
        ("x" * 10_001, "too_long"),
        ("!" * 3000 + "t", "too_deep"),
        ("[" * 3000 + "]" * 3000, "too_deep"),
        ("a" + ".b" * 3000, "too_deep"),
        ("f(" * 3000, "bad_expression"),
        ('replace(join(many, "xxxxxxxxxx"), "x", join(many, "x"))', "too_large"),
    ],
)
def test_an_expression_is_refused_in_our_words(source, code):
    with pytest.raises(ExpressionError) as refused:
        run(source)
    assert refused.value.code == code


def test_deep_brackets_that_mean_nothing_are_no_matter():
    assert run("(" * 2000 + "n" + ")" * 2000) == 5


def test_a_missing_field_says_what_there_is():
    with pytest.raises(Missing, match=r"a has no field 'bb'") as missing:
        run("a.bb")
    assert missing.value.hint == "It has b, loop."


def test_the_same_name_means_the_nearest_scope():
    inner = Scope({"n": 7}, Scope(VALUES))
    assert compile_expression("n + f")(inner) == 8.5
    assert compile_expression("xs.map(n, n)")(inner) == [1, 2.5, 3]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a.b[0].c", [("a", ("b", 0, "c"), False)]),
        (" a.b ", [("a", ("b",), False)]),
        ("has(a.b) ? a.b : c.d", [("a", ("b",), True), ("a", ("b",), True), ("c", ("d",), False)]),
        ("default(a.b, c) + c", [("a", ("b",), True), ("c", (), False), ("c", (), False)]),
        ("a.map(x, x.y + b).size()", [("a", (), False), ("b", (), False)]),
        ("x.map(x, x)", [("x", (), False)]),
        ("a[b.c].d", [("a", (), False), ("b", ("c",), False)]),
        ('a["k"].z', [("a", ("k", "z"), False)]),
        ("1 + 2", []),
    ],
)
def test_references_are_what_no_comprehension_binds(source, found):
    assert [(r.name, r.steps, r.soft) for r in compile_expression(source).refs] == found


def test_a_reference_knows_where_it_stands():
    assert [r.at for r in compile_expression("  abc + has(de.f)").refs] == [2, 12]


@pytest.mark.parametrize(
    "source",
    [
        "many.map(x, many.map(y, x))",
        "xs.map(x, xs.map(y, xs.map(z, 1)))",
        "mails.map(m, mails.filter(o, o.n > m.n).size())",
        "mails.map(m, size(string(mails)))",
    ],
)
def test_what_would_hold_the_loop_goes_elsewhere_with_what_it_needs(source):
    with pytest.raises(Heavy) as heavy:
        run(source)
    assert heavy.value.variables == {name: VALUES[name] for name in ("many", "xs", "mails") if name in source}


def test_ten_thousand_passes_are_done_at_once():
    assert run("many.filter(x, x > 5).size()") == 9994
    with pytest.raises(Heavy):
        run("many.filter(x, x > 5).filter(x, x > 6)")


def test_a_heavy_expression_gives_the_same_elsewhere():
    source = "sum(xs.map(x, xs.map(y, xs.filter(z, z > y).size())[0]))"
    assert evaluate(source, {"xs": [1, 2, 3]}) == 6
    with pytest.raises(Heavy):
        compile_expression(source)(Scope({"xs": [1, 2, 3]}))


def test_a_plain_path_costs_less_than_a_microsecond_and_a_half():
    path, scope = compile_expression("a.b[2].c"), Scope(VALUES)
    assert min(timeit.repeat(lambda: path(scope), number=2000, repeat=5)) / 2000 < 1.5e-6


def test_every_shape_that_our_grammar_takes_at_full_depth_the_library_takes_too():
    half = (MAX_DEPTH - 1) // 2
    for source in (
        "!" * (MAX_DEPTH - 1) + "t",
        "t ? 1 : " * (MAX_DEPTH - 1) + "2",
        "[" * (MAX_DEPTH - 1) + "n" + "]" * (MAX_DEPTH - 1),
        '{"k": ' * (MAX_DEPTH - 1) + "n" + "}" * (MAX_DEPTH - 1),
        "(t && (t || " * (half - 1) + "t" + "))" * (half - 1),
        '("a" in ' * (MAX_DEPTH - 1) + "xs" + ")" * (MAX_DEPTH - 1),
        "int(" * (MAX_DEPTH - 1) + "n" + ")" * (MAX_DEPTH - 1),
        "{}" + ".b" * (MAX_DEPTH - 2),
        " || ".join(["t"] * 300),
        " + ".join(["n"] * 300),
    ):
        compile_expression(source)


numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))


@settings(max_examples=200, deadline=None)
@given(numbers, numbers, st.sampled_from("+-*"))
def test_arithmetic_is_pythons_within_64_bits(a, b, op):
    wanted = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}[op]()
    source = compile_expression(f"a {op} b")
    fits = math.isfinite(wanted) if isinstance(wanted, float) else -(2**63) <= wanted < 2**63
    if fits:
        assert source(Scope({"a": a, "b": b})) == wanted
    else:
        with pytest.raises(ExpressionError):
            source(Scope({"a": a, "b": b}))


words = st.sampled_from(
    ["a", ".b", "[", "]", "(", ")", "{", "}", '"x"', "1", "2.5", "+", "-", "!", "&&", "||", "?", ":", "has(", "x", ",",
     ".map(", "in", "==", "size(", "'", "\\", "null", "default(", " ", "{{", "0", "u", "\n", "é"]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(words, max_size=25))
def test_no_text_does_more_than_be_refused(parts):
    try:
        expression = compile_expression("".join(parts))
    except ExpressionError as refused:
        if not 0 <= refused.at <= len("".join(parts)):
            raise
        return
    infer(expression, lambda _name: {})
    with suppress(ExpressionError, Heavy):
        expression(Scope(VALUES))


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(json)
def test_every_value_goes_through_the_library_unharmed(value):
    scope = Scope({"v": value, "t": True})
    made = compile_expression("t ? v : 0")(scope)
    assert made == value
    assert compile_expression("[v].map(x, x)[0]")(scope) == value
