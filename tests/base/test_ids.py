"""Ids: version 7 UUIDs that sort by the time they were made."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troupe.base.ids import is_id, new_id


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_is_a_version_7_uuid_of_its_time(now, entropy):
    id = UUID(made := new_id(now, entropy))
    assert (id.version, id.variant, id.int >> 80, str(id)) == (7, "specified in RFC 4122", now, made)
    assert is_id(made)


@given(st.lists(st.integers(0, 2**48 - 1), unique=True, min_size=2))
def test_ids_sort_as_text_by_time(times):
    assert [UUID(id).int >> 80 for id in sorted(map(new_id, times))] == sorted(times)


def test_ids_of_one_millisecond_differ():
    assert len({new_id(1) for _ in range(10_000)}) == 10_000


ID = "00000000-0001-718b-9545-b5e3ff7e572d"


@pytest.mark.parametrize("text", ["", "x", "0" * 32, f"{{{ID}}}", ID.upper(), f"{ID} ", f"urn:uuid:{ID}", f"../{ID}"])
def test_only_the_canonical_form_is_an_id(text):
    assert not is_id(text)
