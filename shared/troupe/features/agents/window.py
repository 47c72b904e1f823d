"""The window: what of a long run the model is shown. Pure, so that a replay shows the same.

Tokens are estimated from characters, four to one, which is near for English and errs on the side of too many for code.
"""

from dataclasses import dataclass

from troupe.catalog.contract import Message

PER_TOKEN = 4
EACH = 12  # tokens that a message costs besides its text
KEPT_OF_RESULT = 400  # characters of an old result that stay


@dataclass(frozen=True, slots=True)
class Shown:
    """The messages as the model sees them; of which calls the results were shortened, and how many turns left out."""

    messages: list[Message]
    shortened: tuple[str, ...] = ()
    left_out: int = 0


def cut(text: str, most: int) -> str:
    """A tool's result, no longer than `most` characters and a note that says how much is missing."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\n[cut here: {len(text) - most:,} of {len(text):,} characters are not shown]"


def fit(messages: list[Message], window: int, keep: int) -> Shown:
    """What fits in `window` tokens. First old results are shortened, all but the newest `keep`; then old turns go.

    The instructions and the last message of a person always stay; a turn goes with the results of its calls.
    """
    left = window - sum(tokens(m) for m in messages)
    if left >= 0:
        return Shown(messages)
    shown, shortened = list(messages), list[str]()
    results = [i for i, m in enumerate(shown) if m.role == "tool"]
    for i in results[: max(len(results) - keep, 0)]:
        short = cut(shown[i].text, KEPT_OF_RESULT)
        if len(short) < len(shown[i].text):
            left += tokens(shown[i]) - tokens(shown[i].model_copy(update={"text": short}))
            shown[i] = shown[i].model_copy(update={"text": short})
            shortened.append(shown[i].call_id)
        if left >= 0:
            return Shown(shown, tuple(shortened))
    return _without_old_turns(shown, left, tuple(shortened))


def tokens(message: Message) -> int:
    """About how many tokens a message takes."""
    size = len(message.text) + sum(len(c.name) + len(c.arguments) for c in message.calls)
    return EACH + size // PER_TOKEN + 1000 * len(message.images)


def _without_old_turns(messages: list[Message], left: int, shortened: tuple[str, ...]) -> Shown:
    last = max((i for i, m in enumerate(messages) if m.role == "user"), default=0)
    gone: set[int] = set()
    turns = 0
    for i, message in enumerate(messages):
        if left >= 0 or i >= len(messages) - 2:
            break
        if message.role in ("system", "tool") or i == last or i in gone:
            continue
        turns += 1
        for j in range(i, len(messages)):
            if j != i and messages[j].role != "tool":
                break
            gone.add(j)
            left += tokens(messages[j])
    note = Message(role="user", text=f"[{turns} earlier messages of this conversation are not shown]")
    head = [m for i, m in enumerate(messages) if m.role == "system" and i not in gone]
    rest = [m for i, m in enumerate(messages) if m.role != "system" and i not in gone]
    return Shown([*head, *([note] if turns else []), *rest], shortened, turns)
