"""Follow a run: what the journal holds, then what comes, nothing lost between. SSE and WebSocket both read this."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from troupe.base.errors import NotFound
from troupe.base.ids import is_id
from troupe.features.accounts import service as accounts
from troupe.features.runs import service, store
from troupe.features.runs.models import Event, Run
from troupe.features.runs.views import event_view
from troupe.features.scope import Caller

PING = 15.0  # seconds between signs of life; the caller's rights are looked at again at each
LOOK = 2.0  # seconds after which another process's events are seen
GAPS = frozenset({"lagged", "quiet"})  # after which the journal is looked at
ENDS = frozenset({"run.completed", "run.failed", "run.terminated"})


async def follow(who: Caller, run: str, after: int = 0, secret: str | None = None) -> AsyncGenerator[Event | None]:
    """Events with a larger seq, then live ones, until the run's last; None every 15 s. Raises NotFound, Unauthorized.

    With `secret`, the stream ends by Unauthorized once that secret is worthless.
    """
    await check_run(who, run)
    news = who.parts.realtime.listen(run, LOOK)
    loop = asyncio.get_running_loop()
    last, ping = after, loop.time() + PING
    try:
        while True:
            kept = await _read(who, run, last, 200)
            for event in kept:
                last = event.seq or last
                yield event
            if kept and kept[-1].type in ENDS:
                return
            if len(kept) == 200:
                continue
            async for said in news:
                if loop.time() >= ping:
                    ping = loop.time() + PING
                    if secret is not None:
                        await accounts.identify(who.parts, secret, who.workspace)
                    yield None
                seq = said.get("seq")
                if said["type"] in GAPS or (isinstance(seq, int) and seq > last + 1):
                    break
                if seq is None or (isinstance(seq, int) and seq == last + 1):
                    event = Event.model_validate(said)
                    last = event.seq or last
                    yield event
                    if event.type in ENDS:
                        return
    finally:
        await news.aclose()


async def ended(who: Caller, run: str, seconds: float) -> Run:
    """The run once it is over, or as it is after so many seconds. Raises NotFound."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), contextlib.aclosing(follow(who, run)) as events:
            async for _ in events:
                pass
    async with who.acting("viewer") as scope:
        return await service.get(scope, run)


async def check_run(who: Caller, run: str) -> None:
    """Raises NotFound where the caller has no such run."""
    if not is_id(run):
        raise NotFound("No run with this id in this workspace.")
    async with who.parts.database.workspace(who.workspace) as db:
        try:
            await store.get_run(db, run)
        except NotFound:
            raise NotFound("No run with this id in this workspace.") from None


async def read_events(who: Caller, run: str, after: int, limit: int) -> list[Event]:
    """Kept events with a larger seq, `limit` at most. Raises NotFound."""
    await check_run(who, run)
    return await _read(who, run, after, limit)


async def _read(who: Caller, run: str, after: int, limit: int) -> list[Event]:
    async with who.parts.database.workspace(who.workspace) as db:
        return [event_view(run, row) for row in await store.list_events(db, run, after, limit)]
