"""A task that goes on for ever ends when it is told to."""

import asyncio

from troupe.base.tasks import end


async def test_a_task_that_loses_a_cancel_is_ended_all_the_same() -> None:
    lost = asyncio.Event()

    async def loses_the_first() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if lost.is_set():
                    raise
                lost.set()

    task = asyncio.create_task(loses_the_first())
    await asyncio.sleep(0)
    await end(task)
    assert lost.is_set()
    assert task.cancelled()
