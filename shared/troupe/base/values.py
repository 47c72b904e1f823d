"""JSON values: read strictly, clean for the database, hash. The one place that decides what a value may be."""

import hashlib
import math
import re
from typing import Any, TypeAlias, cast

import orjson

from troupe.base.errors import BadInput, Problem

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH = 200
_BAD_TEXT = re.compile("[\x00\ud800-\udfff]")


def read_json(raw: bytes | str) -> Json:
    """Parse JSON text (RFC 8259). Raises BadInput for anything else: NaN, 1e999, lone surrogates, too deep."""
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as wrong:
        raise BadInput(problems=[Problem("", "bad_json", f"This is not JSON: {str(wrong)[:200]}")]) from None
    check_depth(value)
    return cast(Json, value)


def check_depth(value: Any, limit: int = MAX_DEPTH) -> None:
    """Raises BadInput when lists and objects nest deeper than `limit`."""
    level: list[Any] = [value]
    for _ in range(limit + 1):
        level = [x for v in level if isinstance(v, (dict, list)) for x in (v.values() if isinstance(v, dict) else v)]  # pyright: ignore
        if not level:
            return
    raise too_deep(limit)


def too_deep(limit: int) -> BadInput:
    """The error for a value that nests too deep."""
    return BadInput(problems=[Problem("", "too_deep", f"Values may nest {limit} levels deep.")])


def clean(value: Any, left: int = MAX_DEPTH) -> Json:
    """The value as Postgres can store it: NUL dropped, lone surrogates replaced, NaN and infinities null.

    Integers beyond 64 bits become text, keys become text; anything that is no JSON, or nests deeper than `left` levels,
    raises BadInput.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _BAD_TEXT.sub(lambda m: "" if m[0] == "\x00" else "\ufffd", value) if _BAD_TEXT.search(value) else value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if left <= 0:
        raise too_deep(MAX_DEPTH)
    if isinstance(value, dict):
        given = cast(dict[Any, Any], value)
        cleaned = {cast(str, clean(str(k))): clean(v, left - 1) for k, v in given.items()}
        if len(cleaned) < len(given):  # keys that became one: which stays must not hang on their order
            return {
                cast(str, clean(str(k))): clean(given[k], left - 1)
                for k in sorted(given, key=lambda k: (str(k), repr(k)))
            }
        return cleaned
    if isinstance(value, (list, tuple)):
        return [clean(v, left - 1) for v in cast(list[Any], value)]
    raise BadInput(f"A value of type {type(value).__name__} is no JSON.", code="not_json")


def dump(value: Any) -> bytes:
    """Compact JSON, fast; cleans only where the fast way refuses or Postgres would (NUL). Raises BadInput."""
    return _write(value, 0)


def canonical(value: Any) -> bytes:
    """One byte form for equal values, cleaned or not: keys sorted, compact, UTF-8. For hashes only. Raises BadInput."""
    return _write(value, orjson.OPT_SORT_KEYS)


def _write(value: Any, option: int) -> bytes:
    try:
        text = orjson.dumps(value, option=option)
        return orjson.dumps(clean(value), option=option) if b"\\u0000" in text else text
    except (TypeError, orjson.JSONEncodeError):
        return orjson.dumps(clean(value), option=option)


def hash_of(value: Any) -> str:
    """SHA-256 of the canonical form, 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()
