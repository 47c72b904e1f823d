"""Wait: `{run, leg, token}` from the state machine → the token is kept for whoever wakes the run.

Where something has come since the run was put to rest, the token is used at once.
"""

from typing import Any

from functions.kept import kept
from functions.observed import count, observed
from troupe.app import calls
from troupe.base.errors import BadInput
from troupe.base.ids import is_id


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door. Raises BadInput where the event names no run."""
    run, leg, token = event.get("run"), event.get("leg"), event.get("token")
    if not (isinstance(run, str) and is_id(run) and isinstance(leg, int) and isinstance(token, str)):
        raise BadInput('Send {"run": id, "leg": n, "token": text}.', code="bad_event")
    waits = kept.run(lambda troupe: calls.wait(troupe, run, leg, token), context)
    count("Waits.kept" if waits else "Waits.over")
    return {"waits": waits}
