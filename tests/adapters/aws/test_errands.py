"""What a call set going is waited for, but not for ever."""

import asyncio

from troupe.adapters.aws._errands import Errands


async def test_what_comes_meanwhile_is_waited_for_too() -> None:
    errands, done = Errands(), list[str]()

    async def last() -> None:
        done.append("last")

    async def first() -> None:
        done.append("first")
        errands.begin(last())

    errands.begin(first())
    await errands.done()
    assert done == ["first", "last"]


async def test_one_without_end_holds_nobody_up(caplog) -> None:
    errands, end = Errands(longest=0.05), asyncio.Event()
    errands.begin(end.wait())
    await asyncio.wait_for(errands.done(), 10)
    assert "goes on beside the next call" in caplog.text
    end.set()
    await errands.done()
