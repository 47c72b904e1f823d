"""Advance: `{run, leg, last, began}` from the state machine → one slice → what the execution does next (`aws/turn`).

`last` is the answer before this one, which counts the turns; `began`, RFC 3339, is the start of the execution. Only ids
and times cross.
"""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any

from functions.kept import kept, seconds_left
from functions.observed import count, observed
from troupe.app import calls
from troupe.app.wiring import Troupe
from troupe.base.errors import BadInput
from troupe.base.ids import is_id


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door. Raises BadInput where the event names no run."""
    run, leg, turn, began = read(event)

    def slice_of(troupe: Troupe) -> Awaitable[dict[str, Any]]:
        return calls.advance(troupe, run, leg, turn=turn, began=began, seconds=seconds_left(context))

    said = kept.run(slice_of, context)
    count(f"Turns.{said['kind']}")
    return said


def read(event: Any) -> tuple[str, int, int, float]:
    """Run, leg, the number of this turn, and when the leg began in seconds since the epoch."""
    try:
        run, leg, last = event["run"], event["leg"], event["last"]
        if isinstance(run, str) and is_id(run) and isinstance(leg, int):
            return run, leg, int(last.get("turn", 0)) + 1, datetime.fromisoformat(event["began"]).timestamp()
    except (TypeError, KeyError, ValueError, AttributeError):
        pass
    raise BadInput('Send {"run": id, "leg": n, "last": {...}, "began": time}.', code="bad_event")
