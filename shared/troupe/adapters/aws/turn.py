"""Turn: what an execution does after a slice, in the words of `statemachines/run.asl.json`.

`{run, leg, turn, kind}` and, by kind: `sleep` with `until` (RFC 3339), `wait` with `seconds`, `fan_out` with `runs`,
`wide` and `seconds`, `work` with a `queue`'s URL and `seconds`; `again`, `next_leg`, `done`, `failed` with nothing.
"""

from typing import Any

from troupe.durable.models import Outcome, instant

LAST_TURN = 1000  # of a leg: far less than the 25,000 events of an execution, retries included
LEG_DAYS = 300.0  # an execution may last a year
DAY = 86_400.0
SHORT = 30.0  # seconds that a Wait state sleeps, cheaper than a token, where only an end could come sooner
WIDE = 40  # runs below that are more than one execution starts by itself


def turn_of(
    outcome: Outcome, run: str, leg: int, *, turn: int, now: float, began: float, runs: list[str] | None = None,
    queue: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What is said after the `turn`th slice of a leg that began at `began`; `runs`: those to be started; `queue`: where
    workers look."""
    said: dict[str, Any] = {"run": run, "leg": leg, "turn": turn}
    if outcome.kind in ("done", "failed"):
        return said | {"kind": outcome.kind}
    if outcome.kind == "long":
        return said | {"kind": "work", "queue": queue, "seconds": _whole(DAY)}
    left = LEG_DAYS * DAY - (now - began)
    if (turn >= LAST_TURN or left <= 0) and not runs:
        return said | {"kind": "next_leg"}
    seconds = left if outcome.due is None else min(left, outcome.due - now)
    if runs:
        wide = len(runs) > WIDE
        counted = turn if wide else turn + 1 + len(runs) // 2  # the history of this execution holds each start of a run
        return said | {"turn": counted, "kind": "fan_out", "runs": runs, "wide": wide, "seconds": _whole(seconds)}
    if outcome.kind == "again" or seconds <= 0:
        return said | {"kind": "again"}
    if seconds <= SHORT and not outcome.signals:
        until = instant(now + seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return said | {"kind": "sleep", "until": until}
    return said | {"kind": "wait", "seconds": _whole(seconds)}


def _whole(seconds: float) -> int:
    """What TimeoutSeconds takes: a whole number, 1 at least."""
    return max(1, int(seconds) + (seconds % 1 > 0))
