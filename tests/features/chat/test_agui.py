"""A run's events as AG-UI events, whatever order and gaps they come in."""

from datetime import UTC, datetime
from typing import Any

from tests.journeys.agui import Screen
from troupe.features.chat.agui import Telling
from troupe.features.runs.models import Event, Failure, Run

RUN = "00000000-0000-7000-8000-000000000001"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(type: str, step: str | None = None, seq: int | None = None, **data: Any) -> Event:
    return Event(seq=seq, type=type, at=NOW, run_id=RUN, step=step, data=data)


def token(turn: int, text: str, *, void: bool = False, place: int | None = None, so_far: str | None = None) -> Event:
    where: dict[str, Any] = {} if place is None else {"from": place}
    where |= {} if so_far is None else {"so_far": so_far}
    return event("step.token", f"turn/{turn}/model", data={"text": text, **({"void": True} if void else {})}, **where)


def said(turn: int, text: str, *calls: str) -> Event:
    made = [{"id": c, "name": f"do_{c}", "arguments": "{}"} for c in calls]
    return event("step.completed", f"turn/{turn}/model", 1, output={"text": text, "calls": made})


def ended(status: str, **more: Any) -> Run:
    return Run.model_validate({"id": RUN, "status": status, "created_at": NOW, **more})


def seen(*events: Event, end: Run | None = None, again: bool = False) -> Screen:
    """What a client sees of these events, the official models and the protocol's order satisfied."""
    telling, screen = Telling("thread", RUN, []), Screen()
    for made in telling.begin(again=again):
        screen.take(made)
    for one in events:
        for made in telling.hear(one):
            screen.take(made)
    for made in telling.ended(end) if end else []:
        screen.take(made)
    if end:
        assert not screen.open
    return screen


def test_tokens_and_the_finished_message_are_one_text() -> None:
    assert seen(token(1, "He"), token(1, "llo"), said(1, "Hello!"), end=ended("completed")).said() == ["Hello!"]


def test_without_tokens_the_message_is_told_whole() -> None:
    screen = seen(said(1, "Hello!"), end=ended("completed"))
    assert screen.said() == ["Hello!"]
    assert screen.types().count("TEXT_MESSAGE_CONTENT") == 1


def test_who_comes_late_is_not_shown_the_middle_of_a_text_but_all_of_it_at_its_end() -> None:
    late = seen(token(1, "llo", place=2), said(1, "Hello!"), end=ended("completed"))
    gap = seen(token(1, "He", place=0), token(1, "o", place=4), said(1, "Hello!"), end=ended("completed"))
    for screen in (late, gap):
        assert screen.said() == ["Hello!"]
        assert not list(screen.only("CUSTOM"))


def test_who_comes_late_goes_on_with_the_words_once_the_text_so_far_is_told() -> None:
    late = seen(token(1, "lo", place=3), token(1, " wo", place=5, so_far="Hello"), token(1, "rld", place=8))
    assert [e["delta"] for e in late.events if e["type"] == "TEXT_MESSAGE_CONTENT"] == ["Hello wo", "rld"]
    another = seen(token(1, "Bye", place=0), token(1, " wo", place=5, so_far="Hello"))
    assert another.said() == ["Bye"]


def test_a_token_that_comes_after_the_end_of_its_message_says_nothing() -> None:
    screen = seen(said(1, "One."), token(1, "One.", place=0), said(2, "Two."), token(1, "One.", place=0))
    assert screen.said() == ["One.", "Two."]


def test_tokens_that_were_lost_on_the_way_are_made_good() -> None:
    screen = seen(token(1, "Hel"), token(1, "!"), said(1, "Hello!"), end=ended("completed"))
    assert screen.said() == ["Hello!"]
    assert next(screen.only("CUSTOM"))["value"] == {"messageId": f"{RUN}:1"}


def test_what_was_said_in_vain_is_taken_back_even_where_only_the_retry_tells_of_it() -> None:
    for gone in (token(1, "", void=True), event("step.retrying", "turn/1/model")):
        screen = seen(token(1, "Wrong"), gone, token(1, "Right"), said(1, "Right."), end=ended("completed"))
        assert screen.said() == ["Right."]


def test_calls_that_no_step_tells_of_have_a_result_before_the_next_turn() -> None:
    done = event("step.completed", "turn/1/tool/a", 2, output=1)
    screen = seen(said(1, "", "a", "b"), done, said(2, "End."), end=ended("completed"))
    assert [e["content"] for e in screen.only("TOOL_CALL_RESULT")] == [
        "1", "Error (not_done): This call was not carried out.",
    ]  # fmt: skip
    kinds = screen.types()
    assert kinds.index("STEP_FINISHED") > kinds.index("TOOL_CALL_RESULT")


def test_a_block_that_is_a_program_gives_the_result_of_its_last_step() -> None:
    below = event("step.completed", "turn/1/tool/a/wait", 2, output={"text": "waited"})
    screen = seen(said(1, "", "a"), below, said(2, "End."), end=ended("completed"))
    assert screen.said("tool") == ["waited"]


def test_a_result_is_told_once_and_cut_where_it_is_long() -> None:
    long = event("step.completed", "turn/1/tool/a", 2, output="x" * 50_000, output_file="runs/1/a")
    screen = seen(said(1, "", "a"), long, said(2, "End."), end=ended("completed"))
    (result,) = screen.only("TOOL_CALL_RESULT")
    assert len(result["content"]) < 21_000
    assert result["metadata"] == {"file": "runs/1/a"}


def test_a_stopped_run_is_cancelled_and_its_open_calls_say_so() -> None:
    screen = seen(said(1, "Wait.", "a"), token(2, "And"), end=ended("terminated"))
    assert screen.events[-1]["outcome"] == {"type": "cancelled"}
    assert screen.said() == ["Wait.", "And"]


def test_a_failed_run_says_what_was_said_until_then() -> None:
    wrong = {"code": "server_failed", "message": "Broken.", "partial": "Half a"}
    broke = event("step.failed", "turn/1/model", 2, error=wrong)
    screen = seen(broke, end=ended("failed", error=Failure(**wrong)))
    assert screen.said() == ["Half a"]
    assert (screen.events[-1]["code"], screen.events[-1]["metadata"]) == ("server_failed", {"partial": "Half a"})


def test_a_stream_that_begins_again_starts_with_all_that_there_was() -> None:
    telling, screen = Telling("thread", RUN, [{"id": "m", "role": "user", "content": "Hi"}]), Screen()
    for before in (said(1, "First.", "a"), event("step.completed", "turn/1/tool/a", 2, output=1)):
        telling.hear(before)
    for made in [*telling.begin(again=True), *telling.hear(said(2, "Second."))]:
        screen.take(made)
    assert (screen.said("user"), screen.said()) == (["Hi"], ["First.", "Second."])
    assert "TOOL_CALL_RESULT" not in screen.types()


def test_what_is_no_step_of_an_answer_says_nothing() -> None:
    silent = (event("step.completed", "start", 1, output={}), event("run.started"), event("step.completed", "next", 9))
    assert seen(*silent).types() == ["RUN_STARTED"]
