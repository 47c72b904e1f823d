"""Tasks: how one that goes on for ever is ended."""

import asyncio
from typing import Any

AGAIN = 0.5  # seconds until a task that has not ended is cancelled again


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel until they have ended. Once may not be enough: wait_for of Python 3.11, which the pool of connections
    uses, loses a cancel that comes when what it waits for does."""
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
