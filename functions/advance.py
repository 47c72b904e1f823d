"""Advance: `{run, leg, last, began}` from the state machine → one slice → what the execution does next (`aws/turn`).

`last` is the answer before this one, which counts the turns; `began`, RFC 3339, is the start of the execution. Only ids
and times cross.
"""

from typing import Any

from functions.kept import kept, seconds_left
from functions.observed import count, observed
from troupe.app import calls


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door. Raises BadInput where the event names no run."""
    turn = calls.read_turn(event)
    said = kept.run(lambda troupe: calls.advance(troupe, turn, seconds_left(context)), context)
    count(f"Turns.{said['kind']}")
    return said
