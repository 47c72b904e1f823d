"""Rough types: certain where something is certainly wrong, silent where it is not known."""

import pytest

from troupe.features.workflows.expressions import compile_expression, infer, may_fit

TEXT, INT, NUMBER, BOOL = ({"type": t} for t in ("string", "integer", "number", "boolean"))
CLOSED = {"type": "object", "properties": {"label": TEXT, "n": INT}, "additionalProperties": False}
NAMES = {
    "m": CLOSED,
    "ms": {"type": "array", "items": CLOSED},
    "open": {"type": "object", "properties": {"x": NUMBER}},
    "either": {"anyOf": [CLOSED, {"type": "null"}]},
    "any": {},
}


@pytest.mark.parametrize(
    ("source", "schema"),
    [
        ("m.label", TEXT),
        ("ms[0].n", INT),
        ("ms.map(x, x.label)", {"type": "array", "items": TEXT}),
        ("ms.filter(x, x.n > 1)", {"type": "array", "items": CLOSED}),
        ("size(ms) + 1", INT),
        ("m.n * 1.5", NUMBER),
        ('m.label + "x"', TEXT),
        ("has(m.label) && true", BOOL),
        ("m.n > 1 ? m.label : 5", {"anyOf": [TEXT, {"type": "integer", "const": 5}]}),
        ("open.y", {}),
        ("open.x", NUMBER),
        ("any.a.b + 1", {}),
        ("either.label", TEXT),
        ("m.label.split(',')", {"type": "array", "items": TEXT}),
        (
            '{"k": m.n}',
            {"type": "object", "properties": {"k": INT}, "required": ["k"], "additionalProperties": False},
        ),
        ("default(m.label, 1)", {"anyOf": [TEXT, {"type": "integer", "const": 1}]}),
    ],
)
def test_the_type_of(source, schema):
    made, mistakes = infer(compile_expression(source), NAMES.get)
    assert made == schema
    assert mistakes == []


@pytest.mark.parametrize(
    ("source", "code", "at", "hint"),
    [
        ("m.labl", "unknown_field", 0, "Did you mean m.label?"),
        ("1 + m.label", "type_mismatch", 2, "string(x) or int(x) converts."),
        ("ms.label", "unknown_field", 0, ""),
        ("m.n && true", "type_mismatch", 0, ""),
        ("m.label < 5", "type_mismatch", 8, ""),
        ("m.n.map(x, x)", "type_mismatch", 4, ""),
        ("ms.map(x, x.nn)", "unknown_field", 10, "Did you mean x.n?"),
        ("upper(m.n)", "type_mismatch", 6, ""),
        ("either.labl", "unknown_field", 0, "Did you mean either.label?"),
    ],
)
def test_certain_mistakes_are_placed(source, code, at, hint):
    _, mistakes = infer(compile_expression(source), NAMES.get)
    assert [(m.code, m.hint) for m in mistakes] == [(code, hint)]
    assert mistakes[0].at == at


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        (TEXT, TEXT, True),
        (TEXT, INT, False),
        (INT, NUMBER, True),
        ({}, INT, True),
        (TEXT, {"anyOf": [INT, {"type": "null"}]}, False),
        ({"anyOf": [TEXT, INT]}, INT, True),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["b"]}, False),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": INT}, False),
        ({"type": ["string", "null"]}, TEXT, True),
    ],
)
def test_whether_a_value_may_fit(given, wanted, fits):
    assert may_fit(given, wanted) is fits
