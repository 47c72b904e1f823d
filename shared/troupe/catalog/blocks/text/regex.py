"""text.regex: patterns, found and replaced."""

from itertools import islice
from typing import Any, cast

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_TEXT, bounded
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

SECONDS = 2.0  # for all the matching
MOST = 10_000


class Match(Fields):
    """One place that matches: the text, where it starts (in characters), its groups by number and by name."""

    text: str
    start: int
    groups: list[str | None]
    named: dict[str, str | None]


class Regex(Block):
    """Find what matches a regular expression, and replace it where a replacement is given.

    The syntax is that of Python with the additions of the `regex` package. A pattern that takes longer than two seconds
    is stopped: `too_slow`.
    """

    title = "Match a pattern"
    effect = pure
    cpu = True
    timeout = 20.0

    class Input(Fields):
        """A text, a pattern, and perhaps what takes the place of what matches."""

        text: str = Field(description="Where to look.", max_length=MAX_TEXT)
        pattern: str = Field(description="The regular expression.", min_length=1, max_length=2000)
        replacement: str | None = Field(
            None, description="What to put there; \\1 or \\g<name> stand for groups.", max_length=10_000
        )
        ignore_case: bool = Field(default=False, description="Take capital and small letters for the same.")
        multiline: bool = Field(default=False, description="^ and $ match at every line.")
        dot_all: bool = Field(default=False, description="The dot matches line ends too.")
        limit: int = Field(1000, description="Look for so many at most.", ge=1, le=MOST)

    class Output(Fields):
        """Whether anything matches, what, and the text after replacing."""

        found: bool
        count: int
        matches: list[Match]
        text: str

    examples = (
        Example(
            title="An order number",
            given={"text": "Order A-17 of May", "pattern": r"Order (?P<id>[A-Z]-\d+)"},
            gives={
                "found": True,
                "count": 1,
                "matches": [{"text": "Order A-17", "start": 0, "groups": ["A-17"], "named": {"id": "A-17"}}],
                "text": "Order A-17 of May",
            },
        ),
        Example(
            title="Dates turned round",
            given={"text": "2026-11-20", "pattern": r"(\d+)-(\d+)-(\d+)", "replacement": r"\3.\2.\1"},
            gives={
                "found": True,
                "count": 1,
                "matches": [{"text": "2026-11-20", "start": 0, "groups": ["2026", "11", "20"], "named": {}}],
                "text": "20.11.2026",
            },
        ),
    )
    refuses = (
        Refusal(given={"text": "a", "pattern": "("}, code="bad_pattern"),
        Refusal(given={"text": "a" * 40 + "!", "pattern": "(?:a|a)+$"}, code="too_slow"),
        Refusal(given={"text": "a", "pattern": "a", "replacement": "\\g<none>"}, code="bad_pattern"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        try:
            return _match(given)
        except TimeoutError:
            hint = "Patterns with repetitions inside repetitions are slow; make it simpler or the text shorter."
            raise Rejected(f"The pattern took longer than {SECONDS:g} s.", code="too_slow", hint=hint) from None


def _match(given: Regex.Input) -> Regex.Output:
    pattern = _compiled(given)
    found: list[Any] = list(islice(pattern.finditer(given.text, timeout=SECONDS), given.limit))
    matches = [
        Match(text=m.group(), start=m.start(), groups=list(m.groups()), named=dict(m.groupdict())) for m in found
    ]
    bounded("".join(m.text for m in matches))
    return Regex.Output(found=bool(matches), count=len(matches), matches=matches, text=_replaced(given, pattern))


def _replaced(given: Regex.Input, pattern: Any) -> str:
    if given.replacement is None:
        return given.text
    try:
        return bounded(pattern.sub(given.replacement, given.text, count=given.limit, timeout=SECONDS))
    except (IndexError, KeyError, ValueError, _error()) as wrong:
        raise Rejected(f"The replacement cannot be used: {wrong}", code="bad_pattern") from None


def _compiled(given: Regex.Input) -> Any:
    import regex

    flags = regex.IGNORECASE * given.ignore_case | regex.MULTILINE * given.multiline | regex.DOTALL * given.dot_all
    try:
        return regex.compile(given.pattern, flags)
    except (_error(), OverflowError, RecursionError, ValueError) as wrong:
        raise Rejected(f"This is no regular expression: {str(wrong)[:200]}", code="bad_pattern") from None


def _error() -> type[Exception]:
    import regex

    return cast(type[Exception], regex.error)
