"""Arithmetic: exact, bounded, and nothing but arithmetic."""

import time
from decimal import Decimal
from typing import Any

import pytest

from troupe.base.errors import Rejected
from troupe.catalog.blocks.math._arithmetic import calculate


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 2 * 3", "7"), ("-2 ^ 2", "-4"), ("2 ** 10", "1024"), ("7 / 2", "3.5"), ("-7 // 2", "-4"), ("-7 % 3", "2"),
        ("0.1 + 0.2", "0.3"), ("1e-3 * 1000", "1"), ("min(3, x, 5)", "2"), ("round(2.345, 2)", "2.35"),
        ("round(-2.5)", "-3"), ("sqrt(x * 8)", "4"), ("abs(-x)", "2"), ("ceil(1.2) + floor(-1.2)", "0"),
        ("(((1)))", "1"),
    ],
)  # fmt: skip
def test_it_computes_as_people_do(source: str, value: str) -> None:
    assert calculate(source, {"x": Decimal(2)}) == Decimal(value)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x.real", "bad_expression"), ("[1][0]", "bad_expression"), ("1 if x else 2", "bad_expression"),
        ("'a' * 9", "bad_expression"), ("lambda: 1", "bad_expression"), ("open(1)", "bad_expression"),
        ("1 < 2", "bad_expression"), ("True", "bad_expression"), ("1j", "bad_expression"),
        ("(" * 400, "bad_expression"),
        ("x y", "bad_expression"), ("y", "unknown_name"), ("1 / 0", "not_computable"), ("0 ^ 0 / 0", "not_computable"),
        ("sqrt(-1)", "not_computable"), ("10 ^ 999 * 10 ^ 999", "not_computable"), ("ln(0)", "not_computable"),
        ("round(1, 2, 3)", "not_computable"), ("round(1, 9 ^ 99)", "not_computable"), ("exp(99999)", "not_computable"),
        ("min()", "not_computable"), ("1e999999999", "not_computable"),
    ],
)  # fmt: skip
def test_all_else_is_refused_quickly(source: str, code: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Rejected) as caught:
        calculate(source, {"x": Decimal(2)})
    assert caught.value.code == code
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("number", "places", "mode", "text"),
    [
        (2.675, 2, "half_up", "2.68"), (-2.5, 0, "half_up", "-3"), (0.125, 2, "half_even", "0.12"),
        (1.001, 2, "up", "1.01"),
        (-1.001, 2, "down", "-1.01"), (1e21, 0, "half_up", "1000000000000000000000"), (5, 2, "half_up", "5.00"),
        (1e-300, 20, "half_up", "0.00000000000000000000"), (1e300, 20, "half_up", "1" + "0" * 300 + "." + "0" * 20),
    ],
)  # fmt: skip
async def test_rounding_goes_by_the_decimals_that_are_written(
    use: Any, number: float, places: int, mode: str, text: str
) -> None:
    assert (await use("math.round", number=number, places=places, mode=mode))["text"] == text
