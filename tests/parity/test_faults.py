"""Under faults of AWS from a seed, every case ends as it does without, and does to the world outside what it may."""

import itertools
import random
import time

import pytest

from tests.parity.faults import play_seeds

ENOUGH = 12.0  # seconds; longer rounds are those of scripts/chaos --aws


@pytest.mark.timeout(300)
async def test_faults_of_aws_change_neither_ends_nor_effects(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = itertools.count(random.randrange(2**32))
    tally = await play_seeds(database_url, monkeypatch, seeds, time.monotonic() + ENOUGH)
    assert not tally.wrong
    assert sum(tally.faults.values()) >= 1, tally
