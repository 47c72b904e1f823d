"""What an execution is told after a slice."""

import pytest

from troupe.adapters.aws.turn import DAY, LAST_TURN, LEG_DAYS, SHORT, WIDE, turn_of
from troupe.durable.models import Outcome

NOW = 1_800_000_000.0


def turn(outcome: Outcome, *, number: int = 1, began: float = NOW, runs: list[str] | None = None) -> dict:
    said = turn_of(outcome, "r", 1, turn=number, now=NOW, began=began, runs=runs)
    assert (said.pop("run"), said.pop("leg")) == ("r", 1)
    return said


@pytest.mark.parametrize("kind", ["done", "failed", "again"])
def test_an_end_and_a_next_slice_are_said_as_they_are(kind) -> None:
    assert turn(Outcome(kind)) == {"turn": 1, "kind": kind}


def test_what_is_due_is_advanced_again_at_once() -> None:
    assert turn(Outcome("wait", NOW - 1.0))["kind"] == "again"


def test_a_short_rest_that_only_time_ends_is_slept() -> None:
    assert turn(Outcome("wait", NOW + 1.5)) == {"turn": 1, "kind": "sleep", "until": "2027-01-15T08:00:01.500Z"}


def test_a_rest_that_something_else_may_end_is_waited_for_with_a_token() -> None:
    assert turn(Outcome("wait", NOW + 1.5, ("approval",))) == {"turn": 1, "kind": "wait", "seconds": 2}
    assert turn(Outcome("wait", NOW + SHORT + 1))["kind"] == "wait"


def test_a_rest_without_an_end_lasts_as_long_as_its_leg() -> None:
    assert turn(Outcome("wait"))["seconds"] == LEG_DAYS * DAY
    assert turn(Outcome("wait", NOW + 999 * DAY, ("a",)))["seconds"] == LEG_DAYS * DAY


@pytest.mark.parametrize("outcome", [Outcome("again"), Outcome("wait"), Outcome("wait", NOW + 5)])
def test_a_leg_ends_after_so_many_turns_or_days(outcome) -> None:
    assert turn(outcome, number=LAST_TURN)["kind"] == "next_leg"
    assert turn(outcome, began=NOW - LEG_DAYS * DAY)["kind"] == "next_leg"
    assert turn(outcome, number=LAST_TURN - 1)["kind"] != "next_leg"


def test_a_run_that_is_over_needs_no_next_leg() -> None:
    assert turn(Outcome("done"), number=LAST_TURN)["kind"] == "done"


def test_runs_below_are_started_here_or_apart_and_then_waited_for() -> None:
    few, many = ["x"] * WIDE, ["x"] * (WIDE + 1)
    assert turn(Outcome("wait", NOW + 90, ("c",)), runs=few) == {
        "turn": 2 + WIDE // 2, "kind": "fan_out", "runs": few, "wide": False, "seconds": 90,
    }  # fmt: skip
    assert turn(Outcome("wait"), runs=many) | {"runs": 0} == {
        "turn": 1, "kind": "fan_out", "runs": 0, "wide": True, "seconds": LEG_DAYS * DAY,
    }  # fmt: skip
