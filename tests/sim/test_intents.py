"""An effect starts within a lease of its intent, on virtual time: after it, others may take the attempt for over."""

import asyncio
from typing import Any

from tests.sim.clock import EPOCH, VirtualClock, VirtualLoop, run
from tests.sim.memory import MemoryJournal, Tables
from troupe.base.errors import Unavailable
from troupe.durable.models import Registered
from troupe.durable.worker import Worker
from troupe.ports.run import Attempt, Effect, RunContext, Step

LEASE = 4.0
BACK = 11.0  # the second from which leases are renewed again


class Stalled(MemoryJournal):
    """The first lease cannot be renewed for long; nobody takes it over."""

    async def renew(self, worker: str, epoch: int, lease: float) -> float | None:
        if self.t.now() < EPOCH + BACK:
            raise Unavailable
        return await super().renew(worker, epoch, lease)


def test_an_intent_older_than_a_lease_is_written_anew_before_its_effect_starts() -> None:
    loop = VirtualLoop()
    tables = Tables(lambda: EPOCH + loop.time())
    seen: list[dict[str, Any]] = []

    async def late(args: Any, attempt: Attempt) -> Any:
        await asyncio.sleep(LEASE * 0.8)  # what is left is less than the margin, and enough to commit the intent

    async def pay(args: Any, attempt: Attempt) -> Any:
        seen.append(dict(tables.steps[attempt.run_id, "pay"]) | {"now": tables.now()})

    async def program(run: RunContext, input: Any) -> Any:
        await run.step("late", Step(Effect.READ, late), None)
        await run.step("pay", Step(Effect.ONCE, pay), None)

    async def story() -> None:
        tables.insert_run({
            "id": "run", "workspace": "w", "program": "p", "major": 1, "version_id": None, "subject": None,
            "origin_id": None, "repeats": None, "dry_run": False, "only_node": None, "input": "null",
            "input_ref": None, "budget_usd": None, "worker": None,
        })  # fmt: skip
        files: Any = None
        worker = Worker(
            Stalled(tables), {"p@1": Registered("p", program)}, files, lease=LEASE, clock=VirtualClock(loop)
        )
        await worker.start()
        assert (await worker.advance("run")).kind == "done"

    run(story(), loop)
    (row,) = seen
    assert row["now"] >= EPOCH + BACK
    assert (row["state"], row["attempt"]) == ("intent", 1)
    assert row["now"] - row["started_at"] < LEASE
