"""date.add: a time before or after another."""

from datetime import UTC, timedelta

from pydantic import Field

from troupe.catalog.blocks.date._instant import ZONE, out_of_range, read_instant, settled
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Add(Block):
    """Add a span to a time, or take one away with negative numbers.

    Years, months, weeks and days go by the calendar of the zone: a day later is the same time of day, though summer
    time may begin between. Hours, minutes and seconds are time that passes.
    The 31st of a shorter month is its last day.
    """

    title = "Add to a date"
    effect = pure

    class Input(Fields):
        """A time and a span."""

        date: str = Field(description="The time as ISO 8601.", min_length=1, max_length=100)
        zone: str = Field("", description=ZONE + " Empty keeps the offset it has.", max_length=100)
        years: int = Field(0, description="Years.", ge=-10_000, le=10_000)
        months: int = Field(0, description="Months.", ge=-120_000, le=120_000)
        weeks: int = Field(0, description="Weeks.", ge=-500_000, le=500_000)
        days: int = Field(0, description="Days.", ge=-4_000_000, le=4_000_000)
        hours: float = Field(0, description="Hours.", ge=-1e8, le=1e8)
        minutes: float = Field(0, description="Minutes.", ge=-1e10, le=1e10)
        seconds: float = Field(0, description="Seconds.", ge=-1e12, le=1e12)

    class Output(Fields):
        """The new time as ISO 8601, and its date."""

        iso: str
        date: str

    examples = (
        Example(
            title="A day over the change to summer time",
            given={"date": "2026-03-28T12:00:00", "zone": "Europe/Paris", "days": 1},
            gives={"iso": "2026-03-29T12:00:00+02:00", "date": "2026-03-29"},
        ),
        Example(
            title="24 hours over it",
            given={"date": "2026-03-28T12:00:00", "zone": "Europe/Paris", "hours": 24},
            gives={"iso": "2026-03-29T13:00:00+02:00", "date": "2026-03-29"},
        ),
        Example(
            title="A month before the 31st",
            given={"date": "2026-03-31", "months": -1},
            gives={"iso": "2026-02-28T00:00:00+00:00", "date": "2026-02-28"},
        ),
    )
    refuses = (
        Refusal(given={"date": "2026-13-01"}, code="bad_date"),
        Refusal(given={"date": "2026-01-01", "years": 9000}, code="out_of_range"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        from dateutil.relativedelta import relativedelta

        start = read_instant(given.date, given.zone)
        span = relativedelta(years=given.years, months=given.months, weeks=given.weeks, days=given.days)
        passing = timedelta(hours=given.hours, minutes=given.minutes, seconds=given.seconds)
        try:
            day = settled((start + span).replace(fold=0) if span else start)
            made = (day.astimezone(UTC) + passing).astimezone(start.tzinfo)
        except (OverflowError, ValueError):
            raise out_of_range() from None
        return self.Output(iso=made.isoformat(), date=made.date().isoformat())
