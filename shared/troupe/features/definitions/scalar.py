"""Plain scalars of YAML 1.2: which of them are numbers, truth values and null."""

import math
import re
from typing import Any

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())
}


def resolve(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2. Raises ValueError for what JSON cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INT.fullmatch(text):
        if len(text) > 40:
            raise ValueError("This integer does not fit 64 bits.")
        value = int(text, 0) if text[1:2] in ("o", "x") else int(text)
        if not -(2**63) <= value < 2**63:
            raise ValueError("This integer does not fit 64 bits.")
        return value
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError("This number is too large.")
        return number
    if _NO_JSON.fullmatch(text):
        raise ValueError("Infinity and NaN are no values here.")
    return text
