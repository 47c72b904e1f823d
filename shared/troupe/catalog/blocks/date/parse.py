"""date.parse: a time out of a text."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks.date._instant import ZONE, in_zone
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

FILLED = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001  two ways to fill in what a text leaves open


class Parse(Block):
    """Read a time as people write it: 20.11.2026 9:30, Nov 20, 2026, or ISO 8601.

    A text that leaves day, month or year open is refused, and so is the name of a zone that is not UTC or GMT: such
    names stand for several zones. Without an offset the time is read in `zone`.
    """

    title = "Read a date"
    effect = pure

    class Input(Fields):
        """A text, and how to understand it."""

        text: str = Field(description="The date or time.", min_length=1, max_length=200)
        zone: str = Field("UTC", description=ZONE, max_length=100)
        format: str = Field("", description="How it is written, like %d/%m/%Y; empty finds it out.", max_length=100)
        day_first: bool = Field(default=False, description="2/3/2026 is the second of March.")

    class Output(Fields):
        """The time as ISO 8601 in the zone, its parts, the day of the week (Monday is 1), and Unix seconds."""

        iso: str
        date: str
        year: int
        month: int
        day: int
        weekday: int
        timestamp: float

    examples = (
        Example(
            title="As people write it",
            given={"text": "20.11.2026 9:30", "zone": "Europe/Paris", "day_first": True},
            gives={
                "iso": "2026-11-20T09:30:00+01:00", "date": "2026-11-20", "year": 2026, "month": 11, "day": 20,
                "weekday": 5, "timestamp": 1795163400.0,
            },
        ),
        Example(
            title="By a format",
            given={"text": "03/02/26", "format": "%d/%m/%y"},
            gives={
                "iso": "2026-02-03T00:00:00+00:00", "date": "2026-02-03", "year": 2026, "month": 2, "day": 3,
                "weekday": 2, "timestamp": 1770076800.0,
            },
        ),
    )  # fmt: skip
    refuses = (
        Refusal(given={"text": "soon"}, code="bad_date"),
        Refusal(given={"text": "10 May"}, code="bad_date"),
        Refusal(given={"text": "2026-05-10 10:00 CST"}, code="unknown_zone"),
        Refusal(given={"text": "2026", "format": "%d/%m/%Y"}, code="bad_date"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        found = in_zone(_read(given), given.zone or "UTC")
        return self.Output(
            iso=found.isoformat(),
            date=found.date().isoformat(),
            year=found.year,
            month=found.month,
            day=found.day,
            weekday=found.isoweekday(),
            timestamp=found.timestamp(),
        )


def _read(given: Parse.Input) -> datetime:
    if given.format:
        try:
            return datetime.strptime(given.text, given.format)  # noqa: DTZ007  the zone is given apart
        except (ValueError, OverflowError) as wrong:
            raise Rejected(f"The text is not written so: {str(wrong)[:200]}.", code="bad_date") from None
    try:
        return datetime.fromisoformat(given.text)
    except ValueError:
        return _understood(given)


def _understood(given: Parse.Input) -> datetime:
    from dateutil import parser

    try:
        one, other = [
            parser.parse(given.text, dayfirst=given.day_first, default=filled, tzinfos=_offset) for filled in FILLED
        ]
    except (ValueError, OverflowError, TypeError, AttributeError):
        hint = "Say how it is written with `format`."
        raise Rejected(f"{given.text[:100]!r} cannot be read as a time.", code="bad_date", hint=hint) from None
    if one != other:
        raise Rejected(f"{given.text[:100]!r} leaves day, month or year open.", code="bad_date")
    return one


def _offset(name: str | None, seconds: int | None) -> Any:
    found: tzinfo | None = None
    if seconds is not None:
        found = timezone(timedelta(seconds=seconds))
    elif name is not None:
        if name.upper() not in ("UTC", "GMT", "Z"):
            hint = "Write the offset, like +02:00, or name the zone in `zone`."
            raise Rejected(f"{name[:50]!r} may stand for several time zones.", code="unknown_zone", hint=hint)
        found = UTC
    return found
