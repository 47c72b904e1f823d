"""The writer: results of all runs of the process share commits.

Rows are offered without waiting; one commit is under way at a time and takes everything offered since the last. Who
needs to know awaits `flush`. A run's rows commit in the order they were offered.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from troupe.base.errors import Unavailable
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.models import NOTHING_REFUSED, BadRow, Batch, Fenced, Journal, Row, Run, Verdicts

TURNS = 3  # of the event loop, from a program's end to its run's
CHUNK = 48  # runs that are told of a commit before the next one is sent


class _Round:
    """One batch to be, and who waits for it."""

    __slots__ = ("above", "batch", "ending", "fresh", "others", "resting", "told", "waiters")

    def __init__(self) -> None:
        self.batch = Batch()
        self.waiters: list[asyncio.Future[Verdicts]] = []
        self.fresh: dict[tuple[str, str], Row] = {}  # rows not yet in the database, by run and key
        self.resting: set[str] = set()  # runs whose own row this batch sets
        self.ending: set[str] = set()  # of those, the ones that are over: their children are asked to end
        self.above: set[str] = set()  # parents of those that rest
        self.others: set[str] = set()  # runs whose row it updates for the sake of a parent or a child
        self.told: list[Callable[[], None]] = []

    async def told_of(self, run: Run) -> Verdicts:
        """Wait for the end of this round."""
        waiter: asyncio.Future[Verdicts] = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        return await waiter


def _tell(waiters: list[asyncio.Future[Verdicts]], verdicts: Verdicts) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(verdicts)


async def _tell_in_turn(waiters: list[asyncio.Future[Verdicts]], verdicts: Verdicts) -> None:
    """Some at a time, so that the database works while we do."""
    for start in range(0, len(waiters), CHUNK):
        _tell(waiters[start : start + CHUNK], verdicts)
        await asyncio.sleep(0)


class Writer:
    """Group commit for one worker. `lost` is called once when the worker's lease has another epoch."""

    def __init__(self, journal: Journal, worker: str, epoch: int = 1) -> None:
        self.journal, self.worker, self.epoch = journal, worker, epoch
        self._rounds: deque[_Round] = deque([_Round()])
        self._going: _Round | None = None
        self._task: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._refused: dict[str, int] = {}
        self._errors: dict[str, BadRow] = {}
        self.commits = 0
        self.rows = 0

    # ── offering ────────────────────────────────────────────────────────────────────────────────────────────────────

    def insert(self, run: Run, row: Row) -> None:
        """Offer a new row of `steps`."""
        to = self._at(run)
        to.batch.inserts.append(row)
        to.fresh[run.id, row["key"]] = row

    def update(self, run: Run, row: Row) -> None:
        """Offer the next state of a row of `steps`; one not yet written simply becomes it."""
        to = self._at(run)
        fresh = to.fresh.get((run.id, row["key"]))
        if fresh is not None:
            fresh.update(row)
        else:
            to.fresh[run.id, row["key"]] = row
            to.batch.updates.append(row)

    def event(self, run: Run, row: Row) -> None:
        """Offer a row of `run_events`."""
        self._at(run).batch.events.append(row)

    def child(self, run: Run, row: Row) -> None:
        """Offer a child run to start; it counts in its parent's `pending`, which is the parent's own row."""
        self._at(run, others=run.id).batch.children.append(row)

    def stop_child(self, run: Run, row: Row) -> None:
        """Offer that a child is asked to end; it updates that child's own row."""
        self._at(run, others=row["id"]).batch.stops.append(row)

    def settle(self, run: Run, row: Row) -> None:
        """Offer what a reservation came to."""
        self._at(run).batch.settled.append(row)

    def status(self, run: Run, row: Row) -> None:
        """Offer the next state of the run's own row, its parent's count included."""
        to = self._rounds[-1]
        clash = (
            run.id in to.resting
            or run.id in to.others
            or run.parent_id in to.ending
            or (row.get("over") and run.id in to.above)
        )
        to = self._at(run, others=row.get("parent"), apart=bool(clash))
        to.resting.add(run.id)
        if row.get("over"):
            to.ending.add(run.id)
        if run.parent_id:
            to.above.add(run.parent_id)
        to.batch.runs.append(row)

    def after(self, tell: Callable[[], None]) -> None:
        """Call when what is offered so far has been committed: nothing is published before its commit."""
        self._rounds[-1].told.append(tell)

    def _at(self, run: Run, *, others: str | None = None, apart: bool = False) -> _Round:
        """The batch to add to: one statement sets a run's row once, as its own or for the sake of `others`."""
        to = self._rounds[-1]
        if apart or (others is not None and others in to.resting):
            to = _Round()
            self._rounds.append(to)
        if others is not None:
            to.others.add(others)
        to.batch.held[run.id] = run.epoch
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write())
        return to

    # ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def flush(self, run: Run) -> Verdicts:
        """Wait until all that was offered of this run is committed. Raises Fenced where the run is not ours, BadRow
        where a value of it cannot be stored."""
        last = self._last_with(run)
        verdicts = NOTHING_REFUSED if last is None else await last.told_of(run)
        if self._refused.get(run.id) == run.epoch:
            raise Fenced
        if run.id in self._errors:
            raise self._errors.pop(run.id)
        return verdicts

    def _last_with(self, run: Run) -> _Round | None:
        """The newest round that holds rows of a run."""
        for one in reversed(self._rounds):
            if run.id in one.batch.held:
                return one
        return self._going if self._going is not None and run.id in self._going.batch.held else None

    async def drain(self) -> None:
        """Wait until nothing is offered any more."""
        while self._task is not None:
            await asyncio.shield(self._task)

    async def _write(self) -> None:
        """One commit after the other. While runs are told of one, the rows of those told first go into the next."""
        told = False
        try:
            while self._rounds[0].batch.held or self._telling or told:
                if not self._rounds[0].batch.held:
                    told = False
                    await asyncio.sleep(0)  # whoever was told goes on, mostly to the next row: no task anew for that
                    continue
                await self._company()
                self._going = self._rounds.popleft()
                if not self._rounds:
                    self._rounds.append(_Round())
                await self._finish(self._going)
                self._going, told = None, True
        finally:
            self._task = None

    async def _company(self) -> None:
        """What nobody waits for yet goes with what comes at once: the last step's result with the end of its run."""
        for _ in range(TURNS):
            if self._rounds[0].waiters or len(self._rounds) > 1:
                return
            await asyncio.sleep(0)

    async def _finish(self, going: _Round) -> None:
        lost: set[str] = set()
        if self._refused or self._errors:
            lost = {r for r, epoch in going.batch.held.items() if self._refused.get(r) == epoch or r in self._errors}
        try:
            verdicts = await self._commit_rest(going.batch, lost)
        except BaseException as wrong:
            for waiter in going.waiters:
                if not waiter.done():
                    waiter.set_exception(wrong)
            raise
        for run in verdicts.refused:
            self._refused[run] = going.batch.held[run]
        passing(Checkpoint.AFTER_COMMIT)
        passing(Checkpoint.BEFORE_EMIT)
        for tell in going.told:
            tell()
        passing(Checkpoint.AFTER_EMIT)
        if len(going.waiters) <= CHUNK:
            _tell(going.waiters, verdicts)
        else:
            task = asyncio.get_running_loop().create_task(_tell_in_turn(going.waiters, verdicts))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _commit_rest(self, batch: Batch, lost: set[str]) -> Verdicts:
        """All but the rows of runs of which earlier rows were not committed: a run's rows commit in their order."""
        if not lost:
            return await self._commit(batch)
        rest = part_of(batch, *(batch.held.keys() - lost))
        verdicts = await self._commit(rest) if rest.held else NOTHING_REFUSED
        return Verdicts(verdicts.refused | (lost - self._errors.keys()), verdicts.moved)

    async def _commit(self, batch: Batch) -> Verdicts:
        """Send it until it is known what became of it."""
        passing(Checkpoint.BEFORE_COMMIT)
        self.commits += 1
        self.rows += len(batch.inserts) + len(batch.updates)
        pause = 0.05
        again = False
        while True:
            try:
                done = await self.journal.written(self.worker, batch) if again else None
                return done or await self.journal.commit(self.worker, self.epoch, batch)
            except BadRow as bad:
                try:  # sent again while the first was still carried out, it meets its own rows
                    done = await self.journal.written(self.worker, batch) if again else None
                except Unavailable:
                    await asyncio.sleep(pause)
                    continue
                return done or await self._one_by_one(batch, bad)
            except Unavailable:  # it may have committed before the connection died
                again = True
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _one_by_one(self, batch: Batch, bad: BadRow) -> Verdicts:
        """A value that the database refuses fails its own run only."""
        if len(batch.held) == 1:
            self._errors[next(iter(batch.held))] = bad
            return NOTHING_REFUSED
        refused: set[str] = set()
        moved: set[str] = set()
        for run in list(batch.held):
            verdicts = await self._commit(part_of(batch, run))
            refused |= verdicts.refused
            moved |= verdicts.moved
        return Verdicts(frozenset(refused), frozenset(moved))


def part_of(batch: Batch, *runs: str) -> Batch:
    """The rows of these runs."""
    return Batch(
        {run: batch.held[run] for run in runs},
        *(
            [row for row in rows if row["run"] in runs]
            for rows in (
                batch.inserts,
                batch.updates,
                batch.events,
                batch.runs,
                batch.children,
                batch.settled,
                batch.stops,
            )
        ),
    )
