"""Answers as people see them."""

from typing import Any

from troupe.features.chat.answers import call_of
from troupe.features.chat.store import StepRow

CALL = {"id": "c", "name": "look", "arguments": "{}"}


def row(key: str, **more: Any) -> StepRow:
    of: dict[str, Any] = {"block": None, "state": "done", "ref": None, "result": "found", "seconds": 0.0}
    used = {"cost_usd": 0, "input_tokens": 0, "output_tokens": 0}
    return StepRow(run_id="r", key=key, **(of | used | more))


def test_a_call_says_how_long_its_tool_worked_and_not_how_long_a_person_took() -> None:
    decided = row("turn/1/tool/c/approve", block="$approval", result={"decision": "approve"}, seconds=400.0)
    worked = call_of("r", CALL, {"": row("turn/1/tool/c", seconds=1.25), "approve": decided}, None)
    assert (worked.status, worked.result, worked.seconds) == ("done", "found", 1.25)


def test_a_call_that_has_not_begun_says_no_time() -> None:
    assert call_of("r", CALL, {}, None).seconds is None
