"""What a program sees of its slice: steps, waits, times, transactions."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, cast

from troupe.base.errors import Unavailable
from troupe.base.values import Json, canonical
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.children import Children
from troupe.durable.digests import input_digest
from troupe.durable.facts import EXPIRED
from troupe.durable.failures import failure_of
from troupe.durable.models import Left, Row, SignalRow, as_dict, instant
from troupe.ports.run import Approval, Expired, Signal, Step


class View(Children):
    """The RunContext of a claimed run, with `together`, `map` and `call` of what it stands on."""

    async def step(self, key: str, step: Step, args: Json) -> Json:
        """One unit of work, done once."""
        digest = input_digest(step.block, args)
        row = self._ask(key, step.block, digest)
        if row is None:
            row = self._fresh(key, step, digest)
            if row.state == "done":
                return await self._value(row)
        elif row.state == "done":
            return await self._value(row)
        elif row.state == "failed":
            raise failure_of(row)
        elif row.state == "intent":
            await self._recover(row, step)
        while True:
            if row.state == "retry":
                await self._rest("time", key, due=row.due)
            if row.state == "unknown":
                await self._settlement(row)
            elif row.state == "done":
                return await self._value(row)
            elif row.state == "failed":
                raise failure_of(row)
            else:
                value, failed = await self._attempt(row, step, args)
                if row.state == "done":
                    return value
                if failed is not None and row.state == "failed":
                    raise failed

    async def wait(self, key: str, awaited: Signal | Approval) -> Json:
        """Rest until a message or a decision is there."""
        asks = isinstance(awaited, Approval)
        request: Row = _request_of(awaited) if isinstance(awaited, Approval) else {"signal": awaited.name}
        name = f"$approval/{key}" if asks else awaited.name
        row = self._ask(key, "$approval" if asks else "$signal", input_digest("", request))
        if row is None:
            due = None if awaited.expires is None else self.worker.now() + awaited.expires
            row = self._open(key, "$approval" if asks else "$signal", input_digest("", request), due=due)
            row.result = {"request": request} if asks else None
            self._offer(row, new=True, result=row.result)
        if row.state == "waiting":
            found = self._message(name) or await self._rest(
                "approval" if asks else "signal", key, due=row.due, name=name, expires=True
            )
            if isinstance(found, SignalRow):
                self.taken.add(found.id)
                row.ref = found.id
                row.result = {"request": request, **as_dict(found.payload)} if asks else found.payload
                self._end(row, "done", row.result)
        if asks:
            return {k: v for k, v in as_dict(row.result).items() if k != "request"}
        if row.ref == EXPIRED:
            raise Expired(key)
        return await self._value(row)

    async def sleep(self, key: str, *, seconds: float | None = None, until: datetime | None = None) -> None:
        """Rest for a time that is fixed the first time."""
        row = self._ask(key, "$sleep", None)
        if row is None:
            due = until.timestamp() if until else self.worker.now() + max(seconds or 0.0, 0.0)
            row = self._open(key, "$sleep", None, due=due)
            self._offer(row, new=True)
        if row.state == "waiting":
            await self._rest("time", key, due=row.due)
            self._end(row, "done", None)

    async def skip(self, key: str, reason: str) -> None:
        """Journal that a step is left out."""
        row = self._ask(key, "$skip", None, lenient=True)
        if row is None:
            row = self._open(key, "$skip", None)
            row.state, row.seq = "skipped", self._next_seq()
            self._offer(row, new=True, result={"reason": reason}, ended=True)

    async def now(self, key: str) -> datetime:
        """The time, journaled."""
        row = self._ask(key, "$now", None)
        if row is None:
            row = self._open(key, "$now", None)
            row.result = self.worker.now()
            self._end(row, "done", row.result, new=True)
        return instant(float(cast(float, row.result)))

    async def transact(self, key: str, fn: Callable[[Any], Awaitable[Json]]) -> Json:
        """Our own tables and the journal row in one transaction."""
        row = self._ask(key, "$transact", None)
        if row is None:
            await self._all_at_edge()
            await self.worker.writer.flush(self.run)
            row = self._open(key, "$transact", None)
            row.state = "done"

            def insert(value: Json) -> Row:
                return self._row(row, new=True, result=value)

            passing(Checkpoint.BEFORE_TRANSACT)
            await self.worker.ready()
            try:
                row.result = await self.worker.journal.transact(self.worker.id, self.worker.epoch, self.run, insert, fn)
            except Unavailable as down:
                raise Left from down
            passing(Checkpoint.AFTER_TRANSACT)
        if row.seq is None:  # told by the writer, so that a run's events are seen in order
            self._end(row, "done", row.result)
        return await self._value(row)


def _request_of(asked: Approval) -> Row:
    return {
        "title": asked.title, "arguments": asked.arguments, "block": asked.block, "effect": asked.effect.value,
        "by": list(asked.by), "arguments_hash": hashlib.sha256(canonical(asked.arguments)).hexdigest(),
    }  # fmt: skip
