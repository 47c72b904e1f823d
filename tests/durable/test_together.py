"""Calls that come while others are under way share a round."""

import asyncio
from collections.abc import Sequence

import pytest

from troupe.durable.together import Together


async def test_calls_that_come_meanwhile_go_in_one_round_and_each_gets_its_own_result() -> None:
    rounds: list[list[int]] = []
    first = asyncio.Event()

    async def double(items: Sequence[int]) -> list[int]:
        rounds.append(list(items))
        if len(rounds) == 1:
            await first.wait()
        return [2 * i for i in items]

    gathering = Together(double)
    calls = [asyncio.ensure_future(gathering(0))]
    await asyncio.sleep(0)
    calls += [asyncio.ensure_future(gathering(i)) for i in range(1, 5)]
    await asyncio.sleep(0)
    first.set()
    assert await asyncio.gather(*calls) == [0, 2, 4, 6, 8]
    assert rounds == [[0], [1, 2, 3, 4]]
    assert gathering.idle


async def test_a_round_that_fails_fails_its_own_calls_only() -> None:
    async def refuse(items: Sequence[int]) -> list[int]:
        if 0 in items:
            raise ValueError("no")
        return list(items)

    gathering = Together(refuse, most=1)
    bad, good = await asyncio.gather(gathering(0), gathering(1), return_exceptions=True)
    assert isinstance(bad, ValueError)
    assert good == 1


async def test_a_caller_that_went_away_harms_nobody() -> None:
    over = asyncio.Event()

    async def wait(items: Sequence[int]) -> list[int]:
        await over.wait()
        return list(items)

    gathering = Together(wait)
    gone, stays = asyncio.ensure_future(gathering(1)), asyncio.ensure_future(gathering(2))
    await asyncio.sleep(0)
    gone.cancel()
    over.set()
    assert await stays == 2
    with pytest.raises(asyncio.CancelledError):
        await gone
