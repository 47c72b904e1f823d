"""A worker to be killed: Worker and Loop on the shared database, in a forked process."""

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

from tests.chaos import flows, ledger
from tests.sim.programs import Player
from troupe.adapters.embedded.files import FolderFiles
from troupe.adapters.embedded.orchestrator import Loop
from troupe.adapters.embedded.realtime import Hub
from troupe.base.db import ENGINE, Database
from troupe.durable import checkpoints
from troupe.durable.store import PgJournal
from troupe.durable.worker import Worker
from troupe.ports.run import Attempt, RunContext, Verdict

SCALE = 0.3  # of the times in programs


class FarSide:
    """The ledger as a worker reaches it."""

    def __init__(self, path: str) -> None:
        self.path = path

    async def act(self, attempt: Attempt, effect: str, seen: int, cost: float) -> Any:
        answer = await ledger.ask(
            self.path, do="act", run=attempt.run_id, step=attempt.step, attempt=attempt.number, seen=seen, cost=cost,
            effect=effect, effect_key=attempt.effect_key,
        )  # fmt: skip
        return answer["value"]

    async def check(self, effect_key: str) -> Verdict:
        came = (await ledger.ask(self.path, do="check", effect_key=effect_key))["arrival"]
        return "happened" if came else "not_happened"

    async def save(self, db: Any, run: RunContext, key: str, seen: int) -> Any:
        await db.execute("INSERT INTO chaos_notes VALUES (%(run)s, %(key)s, %(seen)s)", run=run.id, key=key, seen=seen)
        return seen


def main(plan: dict[str, Any]) -> None:
    """Live by the plan: {url, ledger, home, lease, arm, report}. Never returns."""
    logging.basicConfig(filename=f"{plan['home']}/workers.log", level=logging.WARNING, format="%(process)d %(message)s")
    checkpoints.arm(plan.get("arm") or "")
    counts: Counter[str] = Counter()
    if plan.get("report"):
        checkpoints.observe(lambda checkpoint: counts.update([str(checkpoint)]))
    asyncio.run(_live(plan))
    if plan.get("report"):
        Path(plan["report"]).write_text(json.dumps(counts))
    os._exit(0)


async def _live(plan: dict[str, Any]) -> None:
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    app = await Database(plan["url"], size=3).open()
    engine = await Database(plan["url"], ENGINE, size=3).open()
    journal = PgJournal(engine, app)
    far = FarSide(plan["ledger"])
    worker = Worker(
        journal, flows.registered(far, Player(far, SCALE).play), FolderFiles(Path(plan["home"])), Hub(),
        lease=plan["lease"], fan_out_above=plan.get("fan_out_above", 1),
    )  # fmt: skip
    await worker.start()
    parent = os.getppid()
    async with Loop(worker, journal, poll=0.05):
        while not end.is_set() and os.getppid() == parent:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), 1)
        await worker.stop(0.5)
    await journal.close()
    await app.close()
    await engine.close()
