"""The window: what of a long run the model is shown."""

from hypothesis import given, settings
from hypothesis import strategies as st

from troupe.catalog.contract import Message, ToolCall
from troupe.features.agents.window import cut, fit, tokens


def turn(number: int, result: str) -> list[Message]:
    """A model's call and its result."""
    call = ToolCall(id=f"c{number}", name="look", arguments="{}")
    return [Message(role="assistant", calls=[call]), Message(role="tool", text=result, call_id=call.id)]


HEAD = [Message(role="system", text="Help."), Message(role="user", text="Find it.")]


def test_what_fits_is_shown_as_it_is() -> None:
    messages = [*HEAD, *turn(1, "x" * 1000)]
    assert fit(messages, 10_000, 4).messages == messages


def test_old_results_are_shortened_first_and_the_newest_stay_whole() -> None:
    messages = [*HEAD, *turn(1, "a" * 8000), *turn(2, "b" * 8000), *turn(3, "c" * 8000)]
    shown = fit(messages, 4800, 1)
    assert shown.shortened == ("c1",)
    assert "8,000 characters" in shown.messages[3].text
    assert shown.messages[-1].text == "c" * 8000
    assert len(shown.messages) == len(messages)


def test_then_old_turns_go_with_their_results_and_a_note_says_so() -> None:
    messages = [*HEAD, *(m for n in range(9) for m in turn(n, "a" * 800))]
    shown = fit(messages, 700, 1)
    assert shown.left_out > 0
    assert shown.messages[0] == HEAD[0]
    assert f"{shown.left_out} earlier messages" in shown.messages[1].text
    assert HEAD[1] in shown.messages
    assert shown.messages[-1] == messages[-1]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5000)), max_size=12), st.integers(100, 20_000))
def test_no_result_is_ever_shown_without_its_call(turns: list[tuple[int, int]], window: int) -> None:
    messages = list(HEAD)
    for number, (calls, size) in enumerate(turns):
        made = [ToolCall(id=f"{number}-{i}", name="look", arguments="{}") for i in range(calls)]
        messages.append(Message(role="assistant", calls=made))
        messages += [Message(role="tool", text="r" * size, call_id=c.id) for c in made]
    shown = fit(messages, window, 2).messages
    called = {c.id for m in shown for c in m.calls}
    answered = {m.call_id for m in shown if m.role == "tool"}
    assert answered == called, "providers refuse a result without its call, and a call without its result"
    assert sum(map(tokens, shown)) <= max(window, sum(map(tokens, messages)))


def test_a_cut_result_says_how_much_is_missing() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdef", 3) == "abc\n[cut here: 3 of 6 characters are not shown]"
