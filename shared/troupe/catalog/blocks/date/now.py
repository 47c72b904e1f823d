"""date.now: what time it is."""

from pydantic import Field

from troupe.catalog.blocks.date._instant import ZONE, in_zone
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, read


class Now(Block):
    """The time at which this step runs. A replay of the run gives the same time again."""

    title = "Now"
    effect = read

    class Input(Fields):
        """The zone to tell the time in."""

        zone: str = Field("UTC", description=ZONE, max_length=100)

    class Output(Fields):
        """The time as ISO 8601, its date and clock time, the day of the week (Monday is 1), and Unix seconds."""

        iso: str
        date: str
        time: str
        weekday: int
        timestamp: float

    examples = (
        Example(title="In UTC", given={}),
        Example(title="In Paris", given={"zone": "Europe/Paris"}),
    )
    refuses = (Refusal(given={"zone": "Mars/Base"}, code="unknown_zone"),)

    async def run(self, given: Input, ctx: Context) -> Output:
        now = in_zone(ctx.now(), given.zone or "UTC")
        return self.Output(
            iso=now.isoformat(timespec="seconds"),
            date=now.date().isoformat(),
            time=now.time().isoformat(timespec="seconds"),
            weekday=now.isoweekday(),
            timestamp=now.timestamp(),
        )
