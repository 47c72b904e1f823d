"""Followers: what a publisher asks. Light to import, for every function that advances runs has it."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from troupe.base.ids import WorkspaceId
from troupe.base.values import Json
from troupe.durable.store import PgJournal
from troupe.features.runs.models import Event
from troupe.features.runs.spoken import message_of
from troupe.features.runs.store import list_events
from troupe.features.runs.views import event_view
from troupe.features.scope import Parts
from troupe.features.sockets import store

AT_ONCE = 200  # events read in one go

Live = tuple[int, dict[str, Json]]
Say = Callable[[str, dict[str, Any]], Awaitable[bool]]  # socket, message -> whether the socket is still there


class Followers:
    """Who follows a run, and what they have not heard yet."""

    def __init__(self, journal: PgJournal, parts: Callable[[], Parts]) -> None:
        self.journal, self.parts = journal, parts

    async def followed_in(self, run: str) -> str | None:
        """The workspace in which sockets follow this run."""
        return await self.journal.followed_in(run)

    async def following(self, workspace: str, run: str) -> list[str]:
        """The sockets that may hear of the run."""
        async with self.parts().database.workspace(WorkspaceId(workspace)) as db:
            return await store.list_following(db, run)

    async def catch_up(self, workspace: str, run: str, socket: str, live: list[Live], say: Say) -> bool:
        """Say to a socket all that it has not heard of a run, one publisher at a time; False where it is gone.

        `live`: events in flight, each with the seq of the kept one before it; one comes behind that and before the
        next, or not at all where the socket has heard the next already.
        """
        async with self.parts().database.workspace(WorkspaceId(workspace)) as db:
            after = await store.lock_heard(db, socket, run)
            if after is None:
                return False
            waiting = deque((seq, event) for seq, event in live if seq >= after)
            while rows := await list_events(db, run, after, AT_ONCE):
                for row in rows:
                    before = [waiting.popleft()[1] for _ in range(len(waiting)) if waiting[0][0] < row.seq]
                    events = [Event.model_validate(event) for event in before]
                    if not await _say_all(say, socket, [*events, event_view(run, row)]):
                        await store.remove_socket(db, socket)
                        return False
                after = rows[-1].seq
            await store.update_heard(db, socket, run, after)
            return await _say_all(say, socket, [Event.model_validate(event) for _, event in waiting])


async def _say_all(say: Say, socket: str, events: list[Event]) -> bool:
    for event in events:
        if not await say(socket, message_of(event)):
            return False
    return True
