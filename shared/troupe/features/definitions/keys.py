"""Keys: what the keys of every definition share, whatever its kind."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

DEFINITION_NAME = r"^[a-z][a-z0-9_-]{0,62}$"
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
DAY = 86_400.0


def seconds(value: object) -> float:
    """`1s`, `2m`, `3h`, `4d` (also `500ms`, `1.5h`) in seconds. Raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration is a number with its unit: 500ms, 30s, 2m, 3h or 4d")
    return float(found[1]) * _UNITS[found[2]]


Duration = Annotated[float, BeforeValidator(seconds)]


class Keys(BaseModel):
    """A map with fixed keys; any other is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
