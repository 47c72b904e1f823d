"""Spans of time as a workflow writes them: seconds, or a number and a unit, like 90s, 10m, 2h, 3d, 1w."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
LONGEST = 366 * 86_400.0
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d|w)")


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _SPAN.fullmatch(value.strip())
    if found is None:
        raise ValueError("a span is written like 90s, 10m, 2h, 3d or 1w")
    return float(found[1]) * SECONDS[found[2]]


Duration = Annotated[
    float,
    BeforeValidator(_seconds, json_schema_input_type=float | str),
    Field(ge=0, le=LONGEST),
]
