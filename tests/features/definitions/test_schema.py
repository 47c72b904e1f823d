"""Schemas: written out, checked, and values against them."""
# ruff: noqa: E501 (tables: a case a line)

import pytest

from troupe.features.definitions.schema import check_value, inline, wrong_schema
from troupe.features.workflows.schema import of_output, with_error


def test_references_are_written_out_as_far_as_that_ends():
    schema = {"$defs": {"n": {"type": "integer"}, "tree": {"properties": {"of": {"$ref": "#/$defs/tree"}}}},
              "properties": {"a": {"$ref": "#/$defs/n", "title": "A"}, "t": {"$ref": "#/$defs/tree"}}}  # fmt: skip
    made = inline(schema)
    assert made["properties"]["a"] == {"type": "integer", "title": "A"}
    assert made["properties"]["t"]["properties"]["of"]["properties"]
    assert "$ref" not in str(made)
    doubling = {"$defs": {f"d{i}": {"properties": {"x": {"$ref": f"#/$defs/d{i + 1}"}, "y": {"$ref": f"#/$defs/d{i + 1}"}}} for i in range(30)},
                "$ref": "#/$defs/d0"}  # fmt: skip
    assert len(str(inline(doubling))) < 10_000_000


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "object"}, ""),
        (True, ""),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, ""),
        ({"$ref": "#"}, ""),
        (5, "is a map"),
        ({"type": "strin"}, "strin"),
        ({"pattern": "["}, "regex"),
        ({"$ref": "#/none"}, "does not exist"),
        ({"properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}}, "points outside"),
        ({"$id": "http://127.0.0.1:9/y", "$ref": "x"}, "points outside"),
        ({"$schema": "http://127.0.0.1:9/meta"}, "dialect"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "dialect"),
        ({"items": [{}]}, "not of types"),
    ],
)
def test_a_schema_is_checked_and_nothing_is_fetched(schema, words):
    said = wrong_schema(schema)
    assert words in said
    assert bool(said) == bool(words)


def test_everything_wrong_with_a_value_is_told_with_its_pointer():
    schema = {"type": "object", "required": ["a", "b"], "additionalProperties": False, "properties": {
        "a": {"type": "integer"}, "b/c": {"type": "array", "items": {"type": "string", "format": "email", "maxLength": 5}}, "b": {}}}  # fmt: skip
    found = check_value({"a": "x", "b/c": ["no", 5, "a@b.cdef"], "q": 1, "r": 2}, schema)
    assert {(p.path, p.code) for p in found} == {
        ("/b", "missing"), ("/a", "wrong_type"), ("/b~1c/0", "format"), ("/b~1c/1", "wrong_type"),
        ("/b~1c/2", "maxLength"), ("/q", "unknown_field"), ("/r", "unknown_field"),
    }  # fmt: skip
    assert check_value({"a": 1, "b": None}, schema) == []
    assert len(check_value(["x"] * 1000, {"items": {"type": "integer"}})) == 100


def test_an_output_that_may_be_missing_is_optional_or_null():
    names = {
        "a": {"type": "object", "properties": {"t": {"type": "string"}}, "additionalProperties": False},
        "b": {},
    }.get
    made = of_output({"x": "{{ a.t }}", "y": {"z": "{{ a.t }}"}, "s": "{{ default(a.t, 1) }}", "c": 5, "l": ["{{ a.t }}"]}, names, lambda need: need[0] == "a")  # fmt: skip
    assert made["required"] == ["y", "s", "c"]
    assert made["properties"]["x"] == {"type": "string"}
    assert "required" not in made["properties"]["y"]
    assert of_output("{{ a.t }}", names, lambda _: True) == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert of_output("{{ a.t }}!", names, lambda _: False) == {"type": "string"}


def test_a_node_that_goes_on_may_have_an_error():
    closed = {"type": "object", "properties": {"t": {}}, "required": ["t"], "additionalProperties": False}
    made = with_error(closed)
    assert set(made["properties"]) == {"t", "error"}
    assert "required" not in made
