"""flow.sleep: a pause."""

from typing import Any

from pydantic import Field, model_validator

from troupe.catalog.blocks.date._instant import read_instant
from troupe.catalog.blocks.flow._duration import Duration
from troupe.catalog.contract import Block, Example, Fields, ProgramRun, Refusal, pure


class Sleep(Block):
    """Let the run rest for a while, or until a time. It costs nothing while it rests and survives a restart.

    The time of waking is fixed when the pause is first reached; a time that has passed is no pause.
    """

    title = "Sleep"
    effect = pure

    class Input(Fields):
        """How long, or until when."""

        duration: Duration | None = Field(None, description="Seconds, or a span like 10m, 2h, 3d; a year at most.")
        until: str = Field("", description="A time as ISO 8601; without an offset it is UTC.", max_length=100)

        @model_validator(mode="after")
        def _one_of_both(self) -> Any:
            if (self.duration is None) == (self.until == ""):
                raise ValueError("give either a duration or a time")
            return self

    class Output(Fields):
        """What was asked for: the pause in seconds, or the time in UTC."""

        seconds: float | None
        until: str | None

    examples = (
        Example(title="Ten minutes", given={"duration": "10m"}, gives={"seconds": 600.0, "until": None}),
        Example(
            title="Until a morning",
            given={"until": "2026-11-21T09:00:00+01:00"},
            gives={"seconds": None, "until": "2026-11-21T09:00:00+01:00"},
        ),
    )
    refuses = (
        Refusal(given={}),
        Refusal(given={"duration": "soon"}),
        Refusal(given={"duration": 5, "until": "2026-11-21"}),
        Refusal(given={"duration": "900d"}),
    )

    async def program(self, given: Input, run: ProgramRun) -> Output:
        until = read_instant(given.until) if given.until else None
        await run.sleep("", seconds=given.duration, until=until)
        return self.Output(seconds=given.duration, until=until.isoformat() if until else None)
