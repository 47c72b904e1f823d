"""One order over all JSON values, and cells of rows: what sorts, compares and groups."""

from typing import Any

from troupe.base.values import dump
from troupe.catalog.blocks._limits import as_text

Key = tuple[int, Any]


def sort_key(value: Any) -> Key:
    """Numbers by size, then texts without regard to capitals, then truth, then the rest by its JSON; null last."""
    if value is None:
        return (9, 0)
    if isinstance(value, bool):
        return (3, value)
    if isinstance(value, (int, float)):
        return (1, value)
    if isinstance(value, str):
        return (2, (value.casefold(), value))
    return (4, dump(value))


def equal_key(value: Any) -> Key:
    """Equal for equal values: 1 and 1.0 are, 1 and true and "1" are not."""
    kind, key = sort_key(value)
    return kind, (key[1] if kind == 2 else key)


def number_of(value: Any) -> float | None:
    """The value as a number; a text that is written as one counts, truth does not. None for all else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    try:
        made = float(as_text(value).replace("_", "x"))
    except ValueError:
        return None
    return made if made - made == 0 else None  # neither NaN nor infinite
