"""Realtime over API Gateway's WebSockets: a function holds none, so it posts to them by their ids.

Kept events are read from the journal when one was published, each socket from where it last heard; so the news of one
process reach a socket in order and whole, even those that another process did not get to tell. Tokens in flight are
posted as they come, and may be lost. Listeners in this process are served like those of the hub.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.adapters.embedded.realtime import WAITING, Hub
from troupe.base.errors import Unavailable
from troupe.base.values import Json, dump

log = logging.getLogger("troupe.realtime")

LOOK = 2.0  # seconds for which it is known whether somebody follows a run
MOST_KNOWN = 10_000  # runs of which it is remembered


Live = tuple[int, dict[str, Json]]  # the seq of the kept event before it, an event in flight
Say = Callable[[str, dict[str, Any]], Awaitable[bool]]  # socket, message -> whether the socket is still there


class Followers(Protocol):
    """Who follows a run (`features/sockets`)."""

    async def followed_in(self, run: str) -> str | None: ...
    async def following(self, workspace: str, run: str) -> list[str]: ...
    async def catch_up(self, workspace: str, run: str, socket: str, live: list[Live], say: Say) -> bool: ...


class Gateway(Hub):
    """The realtime port. `endpoint`: the https URL of the WebSocket API's stage."""

    def __init__(self, aws: Aws, endpoint: str, followers: Followers, errands: Errands, *, size: int = WAITING) -> None:
        super().__init__(size)
        self.followers, self.errands = followers, errands
        self._gateway = aws.client("apigatewaymanagementapi", endpoint=endpoint, timeout=5.0)
        self._known: dict[str, tuple[float, bool]] = {}  # run -> when it was looked up, whether it is followed
        self._live: dict[str, deque[Live]] = {}
        self._last: dict[str, int] = {}  # run -> seq of the last kept event published here
        self._telling: set[str] = set()
        self._again: set[str] = set()

    def watched(self, run: str) -> bool:
        """Whether anybody listens here or, as of a moment ago, follows it elsewhere; who does not know says yes."""
        looked, followed = self._known.get(run, (0.0, True))
        if time.monotonic() - looked > LOOK:
            self._tell_soon(run)
        return followed or super().watched(run)

    def publish(self, run: str, event: dict[str, Json]) -> None:
        """Offer an event to whoever listens; never waits."""
        super().publish(run, event)
        seq = event.get("seq")
        if isinstance(seq, int):
            self._last[run] = seq
        else:
            self._live.setdefault(run, deque(maxlen=WAITING)).append((self._last.get(run, 0), event))
        self._tell_soon(run)

    async def tell(self, run: str) -> None:
        """Post to every socket that follows a run what it has not heard. Raises Unavailable."""
        workspace = await self.followers.followed_in(run)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
            self._last.clear()
        self._known[run] = (time.monotonic(), workspace is not None)
        live = list(self._live.pop(run, ()))
        if workspace is None:
            return
        following = await self.followers.following(workspace, run)
        await asyncio.gather(*(self._catch_up(workspace, run, socket, live) for socket in following))

    async def post(self, socket: str, message: dict[str, Any]) -> bool:
        """Say something to a socket; False where it is gone."""
        answer = await self._gateway.run(
            lambda client: client.post_to_connection(ConnectionId=socket, Data=dump(message)),
            fine=("GoneException",),
        )
        return bool(answer)

    async def close_socket(self, socket: str) -> None:
        """End a socket from here."""
        await self._gateway.call("delete_connection", fine=("GoneException",), ConnectionId=socket)

    def _tell_soon(self, run: str) -> None:
        """One errand a run: what comes while it is under way is told by its next round."""
        self._again.add(run)
        if run not in self._telling:
            self._telling.add(run)
            self.errands.begin(self._keep_telling(run))

    async def _keep_telling(self, run: str) -> None:
        try:
            while run in self._again:
                self._again.discard(run)
                await self.tell(run)
        finally:
            self._telling.discard(run)

    async def _catch_up(self, workspace: str, run: str, socket: str, live: list[Live]) -> None:
        try:
            await self.followers.catch_up(workspace, run, socket, live, self.post)
        except Unavailable as down:
            log.warning("The socket %s could not be told of %s: %s", socket, run, down.message)
