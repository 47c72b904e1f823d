"""Sweep: make room for what comes, remove what nobody needs. Safe at any time and in many processes at once."""

from troupe.durable.store import PgJournal

MONTHS_AHEAD = 3


async def sweep(journal: PgJournal) -> None:
    """One round. Raises Unavailable; what was done until then stays done."""
    await journal.make_months(MONTHS_AHEAD)
