"""From rows to what a caller sees. Pure."""

import re
from typing import Any

from troupe.features.runs.models import Event, Failure, Place, Run, Step, StepStatus, Subject, Used
from troupe.features.runs.store import EventRow, RunRow, StepRow

STATUS: dict[str, StepStatus] = {
    "intent": "running", "retry": "waiting", "waiting": "waiting", "done": "done", "failed": "failed",
    "skipped": "skipped", "unknown": "unknown",
}  # fmt: skip
_INDEX = re.compile(r"\[\d+\]")


def node_of(key: str) -> str:
    """The node that a step key belongs to: `each[7]/fetch` is of `each/fetch`."""
    return _INDEX.sub("", key)


def run_view(row: RunRow) -> Run:
    """A run; large values are filled in by the service."""
    subject = Subject(id=row.definition_id, name=row.name or "", version=row.number or 0) if row.definition_id else None
    return Run(
        id=row.id,
        workflow=subject if row.kind == "workflow" else None,
        agent=subject if row.kind == "agent" else None,
        status=row.status,  # pyright: ignore[reportArgumentType]  the table's CHECK says the same
        reason=row.reason,
        input=row.input,
        output=row.output,
        error=Failure.model_validate(row.error) if row.error else None,
        parent=Place(run_id=row.parent_id, step=row.parent_key) if row.parent_id else None,
        origin=Place(run_id=row.origin_id, step=row.origin_step) if row.origin_id else None,
        dry_run=row.dry_run,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        wakes_on=row.wakes_on,
        usage=Used(
            input_tokens=row.input_tokens, output_tokens=row.output_tokens, cost_usd=row.cost_usd, seconds=row.seconds
        ),
    )


def step_view(row: StepRow, input: Any = None) -> Step:
    """A step; its input is computed anew by replay, not kept."""
    bad = row.state in ("failed", "unknown", "retry") and isinstance(row.result, dict)
    large = row.ref if row.ref and row.ref.startswith("file:") else None
    source = row.origin if row.origin and "run_id" in row.origin else None
    return Step(
        key=row.key,
        node=node_of(row.key),
        block=row.block,
        effect=row.effect,
        status=STATUS[row.state],
        attempt=row.attempt,
        input=input,
        output=row.result if row.state in ("done", "skipped", "waiting") else None,
        output_file=large[5:] if large else None,
        error=Failure.model_validate(row.result) if bad else None,
        effect_key=row.effect_key,
        reused_from=Place.model_validate(source) if source else None,
        simulated=bool(row.simulated),
        usage=Used(
            input_tokens=row.input_tokens or 0, output_tokens=row.output_tokens or 0, cost_usd=row.cost_usd or 0.0,
            seconds=row.seconds or 0.0,
        ),
        started_at=row.started_at,
        ended_at=row.ended_at,
    )  # fmt: skip


def event_view(run: str, row: EventRow) -> Event:
    """A kept event."""
    data: dict[str, Any] = row.result if isinstance(row.result, dict) and row.block is None else {}
    if row.type.startswith("step.") and row.type != "step.unknown":
        data = {"node": node_of(row.key or ""), "block": row.block, "attempt": row.attempt}
        data |= {"output_file": row.ref[5:]} if row.ref and row.ref.startswith("file:") else {}
        data |= {"error" if row.type == "step.failed" else "output": row.result}
    return Event(seq=row.seq, type=row.type, at=row.at, run_id=run, step=row.key, data=data)
