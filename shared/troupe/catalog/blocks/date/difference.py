"""date.difference: the time between two times."""

from datetime import UTC

from pydantic import Field

from troupe.catalog.blocks.date._instant import ZONE, read_instant
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Difference(Block):
    """The time from one time to another: as it passed, and by the calendar of a zone. Negative where it goes back."""

    title = "Difference of dates"
    effect = pure

    class Input(Fields):
        """Two times."""

        start: str = Field(description="The first time as ISO 8601.", min_length=1, max_length=100)
        end: str = Field(description="The second time as ISO 8601.", min_length=1, max_length=100)
        zone: str = Field("UTC", description=ZONE + " The calendar is this zone's.", max_length=100)

    class Output(Fields):
        """Time that passed, in seconds, hours and days of 24 hours; and whole years, months, days of the calendar."""

        seconds: float
        hours: float
        days: float
        calendar_years: int
        calendar_months: int
        calendar_days: int

    examples = (
        Example(
            title="A day that has 23 hours",
            given={"start": "2026-03-29", "end": "2026-03-30", "zone": "Europe/Paris"},
            gives={
                "seconds": 82800.0, "hours": 23.0, "days": 0.958333,
                "calendar_years": 0, "calendar_months": 0, "calendar_days": 1,
            },
        ),
        Example(
            title="Back by more than a year",
            given={"start": "2026-03-01T00:00:00Z", "end": "2025-01-30T00:00:00Z"},
            gives={
                "seconds": -34128000.0, "hours": -9480.0, "days": -395.0,
                "calendar_years": -1, "calendar_months": -1, "calendar_days": -2,
            },
        ),
    )  # fmt: skip
    refuses = (
        Refusal(given={"start": "2026-01-01", "end": "later"}, code="bad_date"),
        Refusal(given={"start": "2026-01-01", "end": "2026-01-02", "zone": "Nowhere"}, code="unknown_zone"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        from dateutil.relativedelta import relativedelta

        zone = given.zone or "UTC"
        start, end = read_instant(given.start, zone), read_instant(given.end, zone)
        passed = (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
        span = relativedelta(end.replace(tzinfo=None), start.replace(tzinfo=None))
        return self.Output(
            seconds=passed,
            hours=round(passed / 3600, 6),
            days=round(passed / 86400, 6),
            calendar_years=span.years,
            calendar_months=span.months,
            calendar_days=span.days,
        )
