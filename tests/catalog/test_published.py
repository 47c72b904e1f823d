"""Published blocks only grow: what breaks a workflow already written is named, what does not is let through."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, JsonValue, create_model

from troupe.app.wiring import LONGEST_CALL
from troupe.catalog import published


class Inner(BaseModel):
    name: str
    size: int = 3


class InnerGrown(BaseModel):
    name: str
    size: int = 3
    color: str = "red"


class InnerStricter(BaseModel):
    name: str
    size: int


class Tree(BaseModel):
    leaves: list["Tree"] = []


def entry(input: dict[str, Any], output: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A catalogue entry whose fields are `name: type` or `name: (type, default or Field)`."""

    def schema(fields: dict[str, Any], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
        given = {k: v if isinstance(v, tuple) else (v, ...) for k, v in fields.items()}
        return create_model("Fields", **given).model_json_schema(mode=mode)

    return {
        "id": "text.split",
        "kind": "step",
        "effect": "pure",
        "input_schema": schema(input, "validation"),
        "output_schema": schema(output, "serialization"),
        **more,
    }


def problems(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [p.path for p in published.breaking({"text.split": old}, {"text.split": new})]


OLD = {"text": str, "limit": (int, 5)}

FINE = [
    ({**OLD, "more": (str, "")}, {"parts": list[str]}),
    ({**OLD, "text": (str, Field(description="Said better."))}, {"parts": list[str]}),
    ({**OLD, "text": (str, "")}, {"parts": list[str]}),
    ({**OLD, "text": str | None}, {"parts": list[str]}),
    ({**OLD, "text": str | int}, {"parts": list[str]}),
    (OLD, {"parts": list[str], "count": int}),
]


@pytest.mark.parametrize(("input", "output"), FINE)
def test_growing_is_let_through(input, output):
    assert problems(entry(OLD, {"parts": list[str]}), entry(input, output)) == []


BREAKING = [
    ({"text": str}, {"parts": list[str]}, "text.split/input/limit"),
    ({**OLD, "more": str}, {"parts": list[str]}, "text.split/input/more"),
    ({**OLD, "limit": int}, {"parts": list[str]}, "text.split/input/limit"),
    ({**OLD, "limit": (int, 6)}, {"parts": list[str]}, "text.split/input/limit"),
    ({**OLD, "text": int}, {"parts": list[str]}, "text.split/input/text"),
    ({**OLD, "text": (str, Field(max_length=9))}, {"parts": list[str]}, "text.split/input/text"),
    (OLD, {"pieces": list[str]}, "text.split/output/parts"),
    (OLD, {"parts": list[int]}, "text.split/output/parts"),
    (OLD, {"parts": list[str] | None}, "text.split/output/parts"),
]


@pytest.mark.parametrize(("input", "output", "path"), BREAKING)
def test_what_breaks_a_workflow_is_named(input, output, path):
    assert path in problems(entry(OLD, {"parts": list[str]}), entry(input, output))


def test_values_of_any_kind_may_be_said_in_either_way():
    either = [entry({"values": dict[str, kind]}, {"values": dict[str, kind]}) for kind in (JsonValue, Any)]
    assert problems(*either) == problems(*reversed(either)) == []


def test_a_block_that_vanishes_is_named():
    [problem] = published.breaking({"text.split": entry(OLD, {})}, {})
    assert (problem.path, "bring its file back" in problem.message) == ("text.split", True)


@pytest.mark.parametrize("change", [{"effect": "once"}, {"kind": "program"}])
def test_another_effect_or_kind_is_another_block(change):
    assert problems(entry(OLD, {}), entry(OLD, {}, **change)) == [f"text.split/{next(iter(change))}"]


def test_limits_may_only_widen_for_inputs():
    tight, wide = {"n": (int, Field(ge=0, le=9))}, {"n": (int, Field(ge=-1, le=10))}
    assert problems(entry(tight, {}), entry(wide, {})) == []
    assert problems(entry(wide, {}), entry(tight, {})) == ["text.split/input/n"]


def test_a_choice_may_be_added_to_an_input_and_taken_from_an_output():
    few, many = {"way": Literal["a", "b"]}, {"way": Literal["a", "b", "c"]}
    assert problems(entry(few, many), entry(many, few)) == []
    assert problems(entry(many, few), entry(few, many)) == ["text.split/input/way", "text.split/output/way"]


def test_models_inside_are_compared_by_what_they_hold():
    assert problems(entry({"one": Inner}, {}), entry({"one": InnerGrown}, {})) == []
    assert problems(entry({"one": Inner}, {}), entry({"one": InnerStricter}, {})) == ["text.split/input/one"]
    assert problems(entry({"all": list[Inner]}, {}), entry({"all": list[InnerGrown]}, {})) == []
    assert problems(entry({"tree": Tree}, {}), entry({"tree": Tree}, {})) == []


def test_the_catalogue_is_one_block_a_line_and_reads_back():
    both = {"b.two": {"id": "b.two", "title": "é"}, "a.one": {"id": "a.one"}}
    text = published.render(both, {"mcp": {"id": "mcp"}})
    assert [block["id"] for block in json.loads(text)["blocks"]] == ["a.one", "b.two"]
    assert [one["id"] for one in json.loads(text)["connectors"]] == ["mcp"]
    assert len(text.splitlines()) == 6


def test_every_step_has_time_in_a_function_unless_its_node_asks_for_more() -> None:
    listed = json.loads(Path(published.__file__).with_name("catalogue.json").read_text())
    long = [block["id"] for block in listed["blocks"] if block["kind"] == "step" and block["timeout"] > LONGEST_CALL]
    assert long == []
