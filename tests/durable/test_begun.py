"""Work begun at once is the same work: what it gives, waits for and is cancelled by."""

import asyncio

import pytest

from troupe.durable.begun import Begun


async def test_work_that_waits_for_nothing_is_over_at_once() -> None:
    async def work() -> int:
        return 7

    begun = Begun(work())
    assert (begun.over, begun.value) == (True, 7)


async def test_work_that_waits_goes_on_when_awaited() -> None:
    came: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> int:
        first = await came
        await asyncio.sleep(0)
        return first + 1

    begun = Begun(work())
    assert not begun.over
    asyncio.get_running_loop().call_soon(came.set_result, 6)
    assert await begun == 7


async def test_what_the_work_waits_for_may_fail_and_it_deals_with_that() -> None:
    came: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            await came
        except OSError:
            await asyncio.sleep(0)
        return "dealt with"

    begun = Begun(work())
    came.set_exception(OSError())
    assert await begun == "dealt with"


async def test_a_time_out_cuts_work_that_was_begun_before() -> None:
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    begun = Begun(work())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await begun
    assert cleaned == ["up"]


async def test_a_failure_before_the_first_wait_is_raised_at_once() -> None:
    async def work() -> None:
        raise OSError("refused")

    with pytest.raises(OSError, match="refused"):
        Begun(work())
