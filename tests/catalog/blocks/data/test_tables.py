"""CSV that a spreadsheet opens and gets back as it was; tables whose cells are of every kind."""

import csv
import io
from random import Random
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from troupe.base.errors import Rejected
from troupe.catalog.blocks.data._csv import neutral, restored
from troupe.catalog.blocks.data._order import equal_key, number_of, sort_key
from troupe.catalog.blocks.data.table_filter import Condition, holds

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", "'=1", "''=1", "＝1", "＠x", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
async def test_formulas_are_written_harmless_and_read_back_as_they_were(use: Any, separator: str) -> None:
    rows = [{"=name": text, "n": 1} for text in DANGEROUS]
    text = (await use("data.csv_write", rows=rows, separator=separator))["text"]
    cells = [cell for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in line]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r\n＝＋－＠")]
    made = await use("data.csv_read", text=text, separator=separator, numbers=True)
    assert made["rows"] == rows


@drawn(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert restored(neutral(text)) == text
    assert neutral(text)[:1] not in {*"=+-@\t\r\n"}


async def test_numbers_stay_numbers_also_below_zero(use: Any) -> None:
    text = (await use("data.csv_write", rows=[{"a": -5, "b": -0.5, "c": True, "d": [1]}], header=False))["text"]
    assert text == "-5,-0.5,true,[1]\r\n"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("\ufeffa,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("a,a,\n1,2,3", [{"a": "1", "a_2": "2", "c3": "3"}]),
        ("a,a,a_2\n1,2,3", [{"a": "1", "a_2": "2", "a_2_2": "3"}]),
        ('a\n"x ""y""\nz"\n', [{"a": 'x "y"\nz'}]),
        ("a,b\n1\n", [{"a": "1", "b": ""}]),
        ("a\r\n\r\n1\r\n", [{"a": "1"}]),
        ("", []),
    ],
)
async def test_csv_as_it_comes_is_read(use: Any, text: str, rows: Any) -> None:
    assert (await use("data.csv_read", text=text, separator=","))["rows"] == rows


@pytest.mark.parametrize("cell", ["007", "1e5", "1_000", "0x10", "NaN", "Infinity", "12345678901234567890", "١", " 1"])
async def test_what_only_looks_like_a_number_stays_text(use: Any, cell: str) -> None:
    assert (await use("data.csv_read", text=f"a\n{cell}", numbers=True))["rows"] == [{"a": cell}]


async def test_a_cell_of_a_huge_size_is_refused_with_its_line(use: Any) -> None:
    with pytest.raises(Rejected, match="Line 1 "):
        await use("data.csv_read", text="x" * 200_000)


@pytest.mark.parametrize(
    ("cell", "test", "value", "expected"),
    [
        (10, ">", 9, True), ("10", ">", "9", True), ("b", ">", "A", True), (10, ">", "b", False), (None, "<", 1, False),
        (1, "=", True, False), (1, "=", "1", True), ("a", "=", "A", False), (None, "!=", 0, True),
        (0, "empty", None, False),
        (None, "empty", None, True), ([], "empty", None, True), ("Tea", "contains", "EA", True),
        (7, "in", [6, "7"], True),
        ("x", "in", "xyz", False), ("nan", ">", 0, False), ("abc", "starts_with", "AB", True),
        (False, "not_empty", None, True),
    ],
)  # fmt: skip
def test_a_cell_is_compared_as_what_it_is(cell: Any, test: Any, value: Any, expected: bool) -> None:
    assert holds(Condition(column="c", test=test, value=value), cell) is expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@drawn(st.lists(JSON, max_size=6), st.randoms())
def test_values_of_every_kind_have_one_order(values: list[Any], chance: Random) -> None:
    shuffled = chance.sample(values, len(values))
    assert [equal_key(v) for v in sorted(shuffled, key=sort_key)] == [
        equal_key(v) for v in sorted(values, key=sort_key)
    ]
    assert all(number_of(v) is None or isinstance(number_of(v), float) for v in values)


async def test_null_joins_nothing(use: Any) -> None:
    made = await use("data.table_join", left=[{"k": None, "a": 1}], right=[{"k": None, "b": 2}], on="k", keep="full")
    assert made["rows"] == [{"k": None, "a": 1}, {"k": None, "b": 2}]
