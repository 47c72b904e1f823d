"""Functions and arithmetic of expressions, as the evaluating library calls them.

Arithmetic mixes int and double; integers beyond 64 bits, NaN and infinity are errors. Times and durations add and
subtract as in CEL.
"""
# pyright: reportUnknownVariableType=false
# (`type(x)` of a value that may be anything)

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import orjson

from troupe.features.workflows.expressions.syntax import ExpressionError

MAX_TEXT = 10_000_000  # characters a single operation may make

_NAMES: dict[type[Any], str] = {
    type(None): "null_type", bool: "bool", int: "int", float: "double", str: "string", bytes: "bytes",
    list: "list", dict: "map", datetime: "timestamp", timedelta: "duration",
}  # fmt: skip


def type_name(value: Any) -> str:
    """CEL's name of a value's type."""
    kind: type[Any] = type(value)
    return _NAMES.get(kind, kind.__name__)


def text_of(value: Any) -> str:
    """A value written into a text: null is empty, lists and maps are compact JSON, times RFC 3339, durations `90s`."""
    kind: Any = type(value)
    if kind is str:
        return value
    if value is None:
        return ""
    plain = to_json(value)
    return plain if isinstance(plain, str) else orjson.dumps(plain).decode()


def to_json(value: Any) -> Any:
    """What an expression gave, as JSON. Raises ExpressionError for NaN, infinity and integers beyond 64 bits."""
    kind: Any = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int or kind is float:
        return _number(value)
    if kind is list or kind is tuple:
        return [to_json(v) for v in value]
    if kind is dict:
        return {k if type(k) is str else text_of(k): to_json(v) for k, v in value.items()}
    if kind is datetime:
        return value.isoformat().replace("+00:00", "Z")
    if kind is timedelta:
        return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"
    if kind is bytes:
        import base64

        return base64.b64encode(value).decode()
    raise ExpressionError(f"An expression cannot give a {type_name(value)}.")


def _number(value: Any) -> Any:
    if type(value) is float:
        if not math.isfinite(value):
            raise ExpressionError("The result is not a finite number.", code="not_finite")
    elif not -(2**63) <= value < 2**63:
        raise ExpressionError("The result does not fit 64 bits.", code="integer_overflow")
    return value


def _numbers(a: Any, b: Any) -> bool:
    ta: Any = type(a)
    tb: Any = type(b)
    return (ta is int or ta is float) and (tb is int or tb is float)


def _mismatch(op: str, a: Any, b: Any) -> ExpressionError:
    return ExpressionError(f"{type_name(a)} {op} {type_name(b)} has no meaning.", code="type_mismatch")


def _fits(size: int) -> None:
    if size > MAX_TEXT:
        raise ExpressionError(f"The result is larger than {MAX_TEXT:,} characters.", code="too_large")


def add(*args: Any) -> Any:
    """a + b + …: numbers, texts, lists, bytes, times with durations."""
    total = args[0]
    for other in args[1:]:
        if _numbers(total, other):
            total = _number(total + other)
        elif type(total) is type(other) and type(total) in (str, list, bytes):
            _fits(len(total) + len(other))
            total = total + other
        elif timedelta in (type(total), type(other)) and {type(total), type(other)} <= {datetime, timedelta}:
            total = _of_time(lambda a, b: a + b, total, other)
        else:
            raise _mismatch("+", total, other)
    return total


def sub(a: Any, b: Any) -> Any:
    """a - b: numbers; a time less a time or a duration."""
    if _numbers(a, b):
        return _number(a - b)
    if type(a) in (datetime, timedelta) and type(b) in (datetime, timedelta):
        return _of_time(lambda x, y: x - y, a, b)
    raise _mismatch("-", a, b)


def _of_time(op: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    try:
        return op(a, b)
    except (OverflowError, TypeError):
        raise ExpressionError("This time or duration is out of range.", code="out_of_range") from None


def mul(*args: Any) -> Any:
    """a * b * …, numbers only."""
    total = args[0]
    for other in args[1:]:
        if not _numbers(total, other):
            raise _mismatch("*", total, other)
        total = _number(total * other)
    return total


def div(a: Any, b: Any) -> Any:
    """a / b; two integers give an integer, cut towards zero."""
    if not _numbers(a, b):
        raise _mismatch("/", a, b)
    if b == 0:
        raise ExpressionError("Division by zero.", code="division_by_zero")
    if type(a) is float or type(b) is float:
        return _number(_wide(lambda: a / b))
    quotient = abs(a) // abs(b)
    return _number(quotient if (a < 0) == (b < 0) else -quotient)


def mod(a: Any, b: Any) -> Any:
    """a % b, with the sign of a."""
    if not _numbers(a, b):
        raise _mismatch("%", a, b)
    if b == 0:
        raise ExpressionError("Division by zero.", code="division_by_zero")
    if type(a) is float or type(b) is float:
        return math.fmod(a, b)
    return a - b * (abs(a) // abs(b) if (a < 0) == (b < 0) else -(abs(a) // abs(b)))


def _wide(fn: Callable[[], float]) -> float:
    try:
        return fn()
    except OverflowError:
        return math.inf


def neg(a: Any) -> Any:
    """-a, a number."""
    if type(a) is not int and type(a) is not float:
        raise ExpressionError(f"-{type_name(a)} has no meaning.", code="type_mismatch")
    return _number(-a)


def size(value: Any) -> int:
    """Characters of a text, items of a list, entries of a map, octets of bytes."""
    if type(value) not in (str, list, dict, bytes):
        raise ExpressionError(f"A {type_name(value)} has no size.", code="type_mismatch")
    return len(value)


def _text(value: Any, fn: str) -> str:
    if type(value) is not str:
        raise ExpressionError(f"{fn}() takes a text, not a {type_name(value)}.", code="type_mismatch")
    return value


def _list(value: Any, fn: str) -> list[Any]:
    if type(value) is not list:
        raise ExpressionError(f"{fn}() takes a list, not a {type_name(value)}.", code="type_mismatch")
    return cast(list[Any], value)


def split(text: Any, by: Any) -> list[str]:
    """The parts between the separators; an empty separator gives the characters."""
    whole, mark = _text(text, "split"), _text(by, "split")
    return whole.split(mark) if mark else list(whole)


def join(items: Any, by: Any = "") -> str:
    """The items as one text."""
    parts = [text_of(v) for v in _list(items, "join")]
    mark = _text(by, "join")
    _fits(sum(map(len, parts)) + len(mark) * len(parts))
    return mark.join(parts)


def replace(text: Any, old: Any, new: Any) -> str:
    """Every `old` in the text becomes `new`."""
    whole, was, to = _text(text, "replace"), _text(old, "replace"), _text(new, "replace")
    count = whole.count(was)
    _fits(len(whole) + count * (len(to) - len(was)))
    return whole.replace(was, to)


def lower(text: Any) -> str:
    """The text in lower case."""
    return _text(text, "lower").lower()


def upper(text: Any) -> str:
    """The text in upper case."""
    return _text(text, "upper").upper()


def trim(text: Any) -> str:
    """The text without space at its ends."""
    return _text(text, "trim").strip()


def total(items: Any) -> Any:
    """The sum of a list of numbers; 0 for none."""
    return add(0, *_list(items, "sum"))


def sort(items: Any) -> list[Any]:
    """A list of numbers, or of texts, in rising order."""
    whole = _list(items, "sort")
    kinds: set[Any] = {int if type(v) in (int, float) else type(v) for v in whole}
    if len(kinds) > 1 or not kinds <= {int, str, datetime, timedelta}:
        raise ExpressionError("sort() takes a list of numbers or a list of texts.", code="type_mismatch")
    return sorted(whole)


# CEL's own functions and operators that the library is not asked for, by the name they have in compiled text
OURS: dict[str, Callable[..., Any]] = {
    "+": add, "-": sub, "*": mul, "/": div, "%": mod, "neg": neg,
    "size": size, "string": text_of, "type": type_name,
    "split": split, "join": join, "replace": replace, "sum": total, "sort": sort,
    "lower": lower, "upper": upper, "trim": trim,
}  # fmt: skip
