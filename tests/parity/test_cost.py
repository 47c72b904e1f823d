"""The page of costs is what counts and prices come to, its counts are true, and its promises are kept."""

import pytest

from tests.bench.cost import table
from tests.bench.cost.measure import count, metered
from tests.bench.cost.shapes import ONE, SHAPES


def test_the_page_is_what_the_kept_counts_come_to() -> None:
    assert table.PAGE.read_text() == table.page(table.read())


@pytest.mark.parametrize("shape", SHAPES[:2], ids=[shape.name for shape in SHAPES[:2]])
@pytest.mark.parametrize("how", table.HOWS)
def test_a_chain_and_a_wide_run_cost_a_fifth_of_one_state_a_node_at_most(shape, how) -> None:
    kept = table.read()
    ours = table.price(table.counts_of(kept, how, shape.name))
    assert ours <= table.price(shape.one_state_per_node(table.node_seconds(kept))) / 5


def test_lean_costs_twenty_dollars_a_month_at_most_while_nobody_uses_it() -> None:
    assert table.idle() <= 20


@pytest.mark.parametrize("how", table.HOWS)
async def test_counts_are_those_of_the_functions_and_the_state_machine(
    how: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = table.read()
    async with metered(database_url, monkeypatch, how) as (house, meter):
        for shape in (ONE, *SHAPES[:4]):
            found, said = await count(house, meter, shape), table.counts_of(kept, how, shape.name)
            assert (found.transitions, found.invocations) == (said.transitions, said.invocations), shape.name
