"""date.format: a time as people read it."""

import re
from email.utils import format_datetime
from typing import Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks.date._instant import ZONE, read_instant
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

DIRECTIVES = re.compile(r"%[aAbBdHIjmMpSyYZzfGuVUWw%]|[^%]")


class Format(Block):
    """Write a time in a zone: by a pattern like `%d.%m.%Y %H:%M`, or in a standard form."""

    title = "Format a date"
    effect = pure

    class Input(Fields):
        """A time and how to write it."""

        date: str = Field(description="The time as ISO 8601.", min_length=1, max_length=100)
        zone: str = Field("", description=ZONE + " Empty keeps its own.", max_length=100)
        style: Literal["pattern", "iso", "date", "time", "rfc2822", "unix"] = Field("pattern", description="The form.")
        pattern: str = Field("%Y-%m-%d %H:%M", description="The pattern (C89's strftime).", max_length=200)

    class Output(Fields):
        """The text."""

        text: str

    examples = (
        Example(
            title="By a pattern, in a zone",
            given={"date": "2026-07-01T12:00:00Z", "zone": "Europe/Paris", "pattern": "%A %d.%m.%Y, %H:%M %Z"},
            gives={"text": "Wednesday 01.07.2026, 14:00 CEST"},
        ),
        Example(
            title="As a mail has it",
            given={"date": "2026-11-20T09:30:00+01:00", "style": "rfc2822"},
            gives={"text": "Fri, 20 Nov 2026 09:30:00 +0100"},
        ),
    )
    refuses = (
        Refusal(given={"date": "tomorrow"}, code="bad_date"),
        Refusal(given={"date": "2026-11-20", "pattern": "%9999999Y"}, code="bad_pattern"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        when = read_instant(given.date, given.zone)
        match given.style:
            case "iso":
                text = when.isoformat()
            case "date":
                text = when.date().isoformat()
            case "time":
                text = when.time().isoformat(timespec="seconds")
            case "rfc2822":
                text = format_datetime(when)
            case "unix":
                text = str(int(when.timestamp()))
            case "pattern":
                text = when.strftime(_checked(given.pattern))
        return self.Output(text=text)


def _checked(pattern: str) -> str:
    """The pattern, where it holds nothing that only some systems know (widths among it). Raises Rejected."""
    if DIRECTIVES.sub("", pattern.replace("\n", " ")):
        hint = "Use %Y %m %d %H %M %S %A %a %B %b %j %p %I %y %Z %z %f %G %V %u."
        raise Rejected("The pattern holds a directive that is not known here.", code="bad_pattern", hint=hint)
    return pattern
