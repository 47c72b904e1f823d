"""Instants as text: ISO 8601 with an offset, read in a time zone where they have none.

A wall-clock time that a zone skips (spring) moves on by the gap; one that comes twice (autumn) is the first (PEP 495).
"""

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from troupe.base.errors import Rejected

ZONE = "A time zone by its IANA name, like Europe/Paris."


@lru_cache(maxsize=500)
def zone_of(name: str) -> ZoneInfo:
    """The time zone. Raises Rejected."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        hint = "Zones have names like Europe/Paris, America/New_York or UTC."
        raise Rejected(f"There is no time zone {name[:100]!r}.", code="unknown_zone", hint=hint) from None


def read_instant(text: str, zone: str = "") -> datetime:
    """An aware time, in the zone where one is named. Raises Rejected."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        hint = "Write 2026-11-20T09:30:00+01:00; date.parse reads other forms."
        raise Rejected(f"{text[:100]!r} is no ISO 8601 time.", code="bad_date", hint=hint) from None
    return in_zone(found, zone)


def in_zone(found: datetime, zone: str) -> datetime:
    """The same instant in a zone; a time without an offset is read in it, or in UTC. Raises Rejected."""
    if found.tzinfo is None:
        return settled(found.replace(tzinfo=zone_of(zone) if zone else UTC))
    try:
        return found.astimezone(zone_of(zone)) if zone else found
    except (OverflowError, ValueError):
        raise out_of_range() from None


def settled(wall: datetime) -> datetime:
    """A wall-clock time as one that exists. Raises Rejected."""
    try:
        return wall.astimezone(UTC).astimezone(wall.tzinfo)
    except (OverflowError, ValueError):
        raise out_of_range() from None


def out_of_range() -> Rejected:
    """The failure of a time before the year 1 or after 9999."""
    return Rejected("The time lies outside of the years 1 to 9999.", code="out_of_range")
