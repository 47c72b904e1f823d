"""Durations and keys of a definition."""

import pytest

from troupe.features.definitions.keys import seconds
from troupe.features.workflows.definition import Workflow


@pytest.mark.parametrize(
    ("text", "wanted"), [("1s", 1), ("2m", 120), ("3h", 10_800), ("4d", 345_600), ("500ms", 0.5), ("1.5h", 5400)]
)
def test_a_duration_has_a_unit(text, wanted):
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "5", 5, "5 s", "-1s", "1h30m", "s", "1e9d", None, "9999999d"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(ValueError, match="unit"):
        seconds(text)


def test_types_are_taken_as_they_are_written():
    for bad in ({"title": 5}, {"nodes": {"a": {"block": "x", "retry": {"attempts": "3"}}}}, {"extra": 1}):
        with pytest.raises(ValueError, match="validation error"):
            Workflow.model_validate({"troupe": "workflow/v1", "name": "w", "nodes": {}, **bad})
