"""JSON values: read strictly, cleaned so that Postgres takes them, hashed by what they mean."""

import json
import math

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troupe.base.errors import BadInput
from troupe.base.values import MAX_DEPTH, canonical, check_depth, clean, dump, hash_of, read_json

TEXT = st.text(st.characters(), max_size=20)  # every code point, lone surrogates and NUL among them
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(TEXT | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


def nested(depth: int) -> list[object]:
    value: list[object] = [1]
    for _ in range(depth - 1):
        value = [value]
    return value


BAD = ["", "nul", "NaN", "Infinity", "1e999", "-1e999", '"\\ud800"', '"\x00"', "[1,]", "{a:1}", "[1] x", "'x'", "01",
       b"\xff", '"\udc80"', "[" * 100_000, '{"a":' * 100_000, "[" * 300 + "]" * 300]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_is_no_json_is_bad_input_and_never_a_crash(text):
    with pytest.raises(BadInput) as refused:
        read_json(text)
    assert refused.value.problems


@given(ANYTHING.map(clean))
def test_what_was_dumped_is_read_back(value):
    assert read_json(dump(value)) == value


@given(ANYTHING)
def test_cleaning_leaves_nothing_that_a_strict_parser_or_postgres_refuses(value):
    text = dump(value).decode()
    again = json.loads(text, parse_constant=pytest.fail)
    assert clean(again) == again == clean(value)
    assert "\\u0000" not in json.dumps(again)


def test_postgres_takes_whatever_was_cleaned(database_url):
    with psycopg.connect(database_url) as connection:

        @settings(max_examples=200, deadline=None)
        @given(ANYTHING)
        def stored(value):
            text = dump(value).decode()
            row = connection.execute("SELECT %s::json::text, %s::jsonb IS NOT NULL", [text, text]).fetchone()
            assert row == (text, True)

        stored()


def test_each_kind_of_bad_value_has_its_cure():
    assert clean(["a\x00b", "\ud800", math.nan, -math.inf, 2**64, (1, 2), {3: None}]) == [
        "ab", "\ufffd", None, None, str(2**64), [1, 2], {"3": None},
    ]  # fmt: skip


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), 1j, [{"deep": range(3)}]])
def test_what_is_no_json_value_is_refused_by_its_kind(value):
    for use in (clean, dump, canonical):
        with pytest.raises(BadInput) as refused:
            use(value)
        assert refused.value.code == "not_json"


def test_depth_is_counted_by_lists_and_objects():
    check_depth(nested(MAX_DEPTH))
    with pytest.raises(BadInput):
        check_depth(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("depth", [300, 5_000, 200_000])
def test_a_value_too_deep_to_write_is_bad_input_and_never_a_crash(depth):
    for use in (dump, canonical, clean):
        with pytest.raises(BadInput):
            use(nested(depth))


@given(st.dictionaries(TEXT, ANYTHING, max_size=5))
def test_equal_values_have_one_hash_whatever_their_order(value):
    assert hash_of(value) == hash_of(dict(reversed(value.items())))
    assert len(hash_of(value)) == 64


@given(ANYTHING)
def test_a_value_has_the_hash_of_what_is_left_of_it_when_it_is_clean(value):
    assert hash_of(value) == hash_of(clean(value))


def test_keys_that_become_one_when_cleaned_leave_the_same_value_in_any_order():
    assert clean({"\x00a": 1, "a": 2}) == clean({"a": 2, "\x00a": 1}) == {"a": 2}


def test_different_values_have_different_hashes():
    values = [None, False, 0, 0.5, "", "0", [], {}, [0], {"a": None}, {"a": []}]
    assert len({hash_of(value) for value in values}) == len(values)
