"""Sweep: a tick of the scheduler → runs that nobody comes for go on, messages are sent, what is old is removed."""

from typing import Any

from functions.kept import kept
from functions.observed import count, observed
from troupe.app import calls


@observed
def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door."""
    found = kept.run(calls.sweep, context)
    for name, number in found.items():
        count(f"Sweep.{name}", number)
    return found
