"""Advance: `{run, leg}` from the state machine → one slice of the run → `{run, leg, kind, due, signals}`.

`kind` is done, failed, again, wait or next_leg; `due` seconds since the epoch; only ids and times cross.
"""

from dataclasses import asdict
from typing import Any

from functions.kept import kept
from troupe.app.wiring import Troupe
from troupe.base.errors import BadInput
from troupe.base.ids import is_id
from troupe.durable.worker import Worker


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The door."""

    async def slice_of(troupe: Troupe) -> dict[str, Any]:
        async with troupe.working() as worker:
            return await advance(worker, event)

    return kept.run(slice_of)


async def advance(worker: Worker, event: Any) -> dict[str, Any]:
    """One slice. Raises BadInput where the event names no run."""
    run = event.get("run") if isinstance(event, dict) else None
    if not isinstance(run, str) or not is_id(run):
        raise BadInput('Send {"run": id, "leg": n}.', code="bad_event")
    outcome = asdict(await worker.advance(run))
    return {"run": run, "leg": event.get("leg", 1), **outcome, "signals": list(outcome["signals"])}
