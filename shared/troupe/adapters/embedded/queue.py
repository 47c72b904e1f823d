"""Queue of the one process: the outbox table, looked at when something was sent, when something is due, and seldom."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping

from troupe.base.errors import TroupeError, Unavailable
from troupe.base.tasks import end
from troupe.durable.outbox.store import Delivery, Mark, PgOutbox
from troupe.ports.queue import DeadLetter, Handler, Message, pause_before, reason_of

log = logging.getLogger("troupe.queue")


class OutboxQueue:
    """The queue port; delivers while it is entered. All times in seconds.

    A handler has `hold` for a message; after that another process may get it. What other processes sent, or left when
    they died, is seen within `poll`.
    """

    def __init__(
        self, outbox: PgOutbox, handlers: Mapping[str, Handler], *, at_once: int = 16, tries: int = 10,
        hold: float = 120.0, poll: float = 5.0, first_pause: float = 1.0,
    ) -> None:  # fmt: skip
        self.outbox, self.handlers = outbox, handlers
        self.at_once, self.tries, self.hold, self.poll, self.first_pause = at_once, tries, hold, poll, first_pause
        self.bell = asyncio.Event()
        self._marks: list[Mark] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "OutboxQueue":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is under way is left to the next process."""
        await end(*self._under_way, *([self._task] if self._task else []))
        with contextlib.suppress(Unavailable):
            await self._mark()

    async def send(self, messages: list[Message]) -> None:
        """Keep them; one whose id was sent before changes nothing."""
        if messages:
            await self.outbox.insert(messages)
            self.bell.set()

    def wake(self) -> None:
        """Look into the outbox now."""
        self.bell.set()

    async def list_dead(self, limit: int) -> list[DeadLetter]:
        """What was given up, the oldest first."""
        return await self.outbox.list_dead(limit)

    async def redrive(self, ids: list[str]) -> int:
        """Deliver dead letters again; how many there were."""
        found = await self.outbox.redrive(ids)
        self.bell.set()
        return found

    async def _run(self) -> None:
        while True:
            self.bell.clear()
            try:
                pause = await self._turn()
            except Unavailable as down:
                log.warning("The queue waits for the database: %s", down.message)
                pause = self.poll
            except Exception:
                log.exception("A turn of the queue failed; it goes on.")
                pause = self.poll
            if pause > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # wait_for of Python 3.11 may lose a cancel when the bell rings
                        await self.bell.wait()

    async def _turn(self) -> float:
        """Mark what has ended, begin what there is room for; seconds to rest."""
        await self._mark()
        room = self.at_once - len(self._under_way)
        if room <= 0:
            return self.poll
        for delivery in (claimed := await self.outbox.claim(room, hold=self.hold, tries=self.tries)):
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        if claimed:
            return 0.0
        due = await self.outbox.next_due()
        return self.poll if due is None else min(self.poll, max(due, 0.02))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.bell.set()

    async def _mark(self) -> None:
        """One statement for all that ended since the last turn; kept for the next where the database is away."""
        marks, self._marks = self._marks, []
        if not marks:
            return
        try:
            await self.outbox.mark(marks, tries=self.tries)
        except BaseException:
            self._marks = marks + self._marks
            raise

    async def _deliver(self, delivery: Delivery) -> None:
        message = delivery.message
        try:
            handler = self.handlers.get(message.kind)
            if handler is None:
                raise TroupeError(f"Nobody knows messages of the kind {message.kind!r}.", code="unknown_message")
            async with asyncio.timeout(self.hold * 0.9):
                await handler(message)
        except Exception as wrong:
            log.warning("Message %s (%s) failed for the %d. time.", message.id, message.kind, delivery.tries,
                        exc_info=wrong)  # fmt: skip
            self._marks.append(Mark(delivery, reason_of(wrong), pause_before(delivery.tries, self.first_pause)))
        else:
            self._marks.append(Mark(delivery))
