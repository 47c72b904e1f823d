"""The tree of errors: codes, status and retry as its drawing says, and messages a person can read."""

import re

import pytest

from troupe.base import errors
from troupe.base.errors import BadInput, NotDone, Problem, StepFailed, TroupeError, tree

DRAWN = re.findall(r"^[ │├└─]*(\w+) +(\d{3})( retry)?", errors.__doc__ or "", re.MULTILINE)


def test_the_drawing_has_every_class_with_its_status_and_retry():
    ours = {kind for kind in tree().values() if kind.__module__ == errors.__name__}
    assert {kind.__name__ for kind in ours} == {name for name, _, _ in DRAWN}
    for name, status, retry in DRAWN:
        kind = getattr(errors, name)
        assert (kind.status, kind.retryable) == (int(status), bool(retry)), name


def test_codes_are_unique_and_the_drawn_ones_are_right():
    named = dict(re.findall(r"(\w+) +\d{3}(?: retry)? +`(\w+)`", errors.__doc__ or ""))
    assert len(named) >= 10
    for name, code in named.items():
        assert getattr(errors, name).code == code
    assert len({kind.code for kind in tree().values()}) == len(tree())


def test_the_docstring_is_the_message_until_another_is_given():
    for kind in tree().values():
        assert kind().message, kind
        assert "\n" not in kind().message
        assert kind("another").message == str(kind("another")) == "another"


def test_a_code_given_to_one_error_is_its_own():
    assert (TroupeError("x", code="special").code, TroupeError("x").code) == ("special", "internal")


def test_bad_input_says_its_first_problem_and_where():
    assert BadInput(problems=[Problem("/a", "c", "Too long.")]).message == "/a: Too long."
    assert BadInput(problems=[Problem("", "c", "Too long.")]).message == "Too long."


@pytest.mark.parametrize("kind", [k for k in tree().values() if issubclass(k, StepFailed)], ids=lambda k: k.__name__)
def test_only_not_done_vouches_that_nothing_happened(kind):
    unclear = {"timed_out", "connection_lost", "server_failed", "given_up", "cancelled", "step_failed"}
    assert issubclass(kind, NotDone) != (kind.code in unclear)
