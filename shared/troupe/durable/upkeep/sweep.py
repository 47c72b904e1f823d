"""Sweep: make room for what comes, remove what is old."""

import logging
from collections.abc import Callable

from troupe.durable.upkeep.store import PgUpkeep

log = logging.getLogger("troupe.upkeep")

MONTHS_AHEAD = 3
RUNS, ROWS = 100, 5000  # of a transaction
FIRST = "00000000-0000-0000-0000-000000000000"


async def sweep(upkeep: PgUpkeep, keep_days: int | None, wake: Callable[[], None]) -> int:
    """One round; how many runs were removed. Raises Unavailable; what was done until then stays done.

    `keep_days`: how long a run is kept after its end, None for ever. `wake` is told when messages lie in the outbox.
    """
    await upkeep.make_months(MONTHS_AHEAD)
    removed = 0 if keep_days is None else await _remove_runs(upkeep, keep_days, wake)
    await upkeep.remove_over(ROWS)
    if dropped := await upkeep.drop_months():
        log.info("Dropped %d months of the journal, in which no run is left.", dropped)
    return removed


async def _remove_runs(upkeep: PgUpkeep, keep_days: int, wake: Callable[[], None]) -> int:
    """Go through the old runs once, from the oldest on."""
    removed, after = 0, FIRST
    while (looked := await upkeep.remove_runs(after, keep_days, RUNS)).last is not None:
        after, removed = looked.last, removed + looked.removed
        if looked.removed:
            wake()
    if removed:
        log.info("Removed %d runs that ended more than %d days ago.", removed, keep_days)
    return removed
