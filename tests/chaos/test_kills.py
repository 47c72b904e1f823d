"""A round of kills in the normal suite: every checkpoint once, then some at random instants. Which step of which effect
class it is lies with the seed; `scripts/chaos` makes them all."""

import random
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from tests.chaos.house import House
from tests.chaos.rounds import Tally, at_random, fork_one, matrix

ENOUGH = 25.0  # seconds from the begin, after which one more kill at random is one for scripts/chaos


@pytest.mark.timeout(400)
async def test_no_kill_at_any_checkpoint_or_instant_breaks_a_promise() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, tally, end = random.Random(seed), Tally(), time.monotonic() + ENOUGH
    home = Path(tempfile.mkdtemp(prefix="troupe-chaos-"))
    print(f"on a failure the database is kept in {home}")
    async with House(home, seed) as house:
        async for _ in matrix(house, tally, chance, whole=False):
            pass
        await house.start("long", {"turns": 3}, budget_usd=1.0)
        await house.finish()
        assert await fork_one(house, chance)
        await at_random(house, tally, chance, 10, f"seed {seed}")
        while time.monotonic() < end:
            await at_random(house, tally, chance, 10, f"seed {seed}")
    shutil.rmtree(home)
    assert tally.all >= 20, f"only {tally.all} kills"
