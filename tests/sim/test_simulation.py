"""A thousand worlds in which everything goes wrong, and no promise is broken."""

import pytest

from tests.sim.simulation import Simulation

SEEDS = 1000


@pytest.mark.parametrize("start", range(0, SEEDS, SEEDS // 10))
def test_no_seed_breaks_a_promise(start: int) -> None:
    for seed in range(start, start + SEEDS // 10):
        Simulation(seed).play()


def test_a_seed_gives_the_same_world_twice() -> None:
    one, two = Simulation(7).play(), Simulation(7).play()
    assert one.tables.steps == two.tables.steps
    assert one.arrivals == two.arrivals
