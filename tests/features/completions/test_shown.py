"""What of an answer has been shown, and what may still be."""

import pytest

from troupe.features.completions.shown import Changed, Shown


def test_pieces_are_shown_as_they_come_and_the_end_adds_nothing() -> None:
    shown = Shown()
    assert [shown.token("model", t) for t in ("One ", "two")] == ["One ", "two"]
    assert shown.ended("model", "One two") == ""
    assert shown.whole("One two") == ""


def test_what_was_missed_comes_at_the_end_of_its_step() -> None:
    shown = Shown()
    shown.token("model", "One ")
    assert shown.ended("model", "One two three") == "two three"
    assert shown.whole("One two three") == ""


def test_a_second_attempt_is_shown_from_where_the_first_one_broke_off() -> None:
    shown = Shown()
    shown.token("model", "One two")
    shown.void()
    assert [shown.token("model", t) for t in ("One", " two th", "ree")] == ["", " th", "ree"]
    assert shown.ended("model", "One two three") == ""


@pytest.mark.parametrize("text", ["Other", "One but"])
def test_a_second_attempt_that_reads_otherwise_is_not_shown(text: str) -> None:
    shown = Shown()
    shown.token("model", "One two")
    shown.void()
    with pytest.raises(Changed):
        shown.token("model", text)


def test_a_second_attempt_that_is_shorter_is_known_at_its_end() -> None:
    shown = Shown()
    shown.token("model", "One two")
    shown.void()
    assert shown.token("model", "One") == ""
    with pytest.raises(Changed):
        shown.ended("model", "One")


def test_a_first_attempt_that_said_nothing_leaves_no_trace() -> None:
    shown = Shown()
    shown.void()
    assert shown.token("model", "Hello") == "Hello"


def test_turns_are_parted_by_an_empty_line_and_silent_ones_are_not_seen() -> None:
    shown = Shown()
    said = [shown.token("turn/1/model", "See."), shown.ended("turn/1/model", "See.")]
    said += [shown.ended("turn/2/model", ""), shown.token("turn/3/model", "Here."), shown.ended("turn/4/model", "End.")]
    assert "".join(said) == "See.\n\nHere.\n\nEnd."
    assert shown.whole("See.\n\nHere.\n\nEnd.") == ""
