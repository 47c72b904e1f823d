"""A durable core to play with: workers on a fresh database, programs written in the test."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest_asyncio

from troupe.adapters.embedded.files import FolderFiles
from troupe.adapters.embedded.orchestrator import Loop
from troupe.adapters.embedded.realtime import Hub
from troupe.base.db import ENGINE, Database
from troupe.base.ids import WorkspaceId, new_id
from troupe.durable import store
from troupe.durable.models import Registered
from troupe.durable.store import PgJournal
from troupe.durable.worker import Worker

WORKSPACE = WorkspaceId("00000000-0000-7000-8000-00000000000a")
OVER = ("completed", "failed", "terminated")


class House:
    """One database, as many workers as a test likes. Programs are registered by name before a worker starts."""

    def __init__(self, url: str, home: Path, app: Database, engine: Database) -> None:
        self.url, self.home, self.app, self.engine = url, home, app, engine
        self.programs: dict[str, Registered] = {}
        self.stack = AsyncExitStack()
        self.files = FolderFiles(home)
        self.hub = Hub()

    def program(self, fn: Callable[..., Awaitable[Any]], major: int = 1) -> Callable[..., Awaitable[Any]]:
        self.programs[f"{fn.__name__}@{major}"] = Registered(fn.__name__, fn, major)
        return fn

    async def worker(self, *, lease: float = 5.0, loop: bool = True, **options: Any) -> Worker:
        """A running worker, with the loop of the one process unless a test drives it by hand."""
        journal = PgJournal(self.engine, self.app)
        self.stack.push_async_callback(journal.close)
        worker = await Worker(journal, self.programs, self.files, self.hub, lease=lease, **options).start()
        self.stack.push_async_callback(worker.stop, 0.2)
        if loop:
            await self.stack.enter_async_context(Loop(worker, journal, poll=0.05))
        return worker

    async def start(self, program: str, input: Any = None, **more: Any) -> str:
        """A queued run."""
        id = new_id()
        row = {
            "id": id, "program": program, "major": 1, "version_id": None, "subject": None, "origin_id": None,
            "origin_step": None, "repeats": None, "dry_run": False, "only_node": None,
            "input": orjson.dumps(input).decode(), "input_ref": None, "budget_usd": None, "worker": None,
        }  # fmt: skip
        async with self.app.workspace(WORKSPACE) as db:
            await store.insert_run(db, row | more)
        return id

    async def signal(self, run: str, name: str, payload: Any = None, dedupe: str = "1") -> bool:
        async with self.app.workspace(WORKSPACE) as db:
            return await store.insert_signal(db, new_id(), run, name, dedupe, payload)

    async def settle(self, run: str, key: str, outcome: str, output: Any = None) -> bool:
        step = await self.step(run, key)
        said = {"outcome": outcome, "output": output, "note": "by a test"}
        return await self.signal(run, f"$settle/{key}/{step['attempt']}", said, "settle")

    async def stop(self, run: str, reason: str = "by a test") -> None:
        async with self.app.workspace(WORKSPACE) as db:
            await store.update_stop(db, run, reason)

    async def run(self, id: str) -> dict[str, Any]:
        async with self.app.workspace(WORKSPACE) as db:
            return (await db.rows("SELECT * FROM runs WHERE id = %(id)s", id=id))[0]

    async def steps(self, run: str) -> dict[str, dict[str, Any]]:
        async with self.app.workspace(WORKSPACE) as db:
            rows = await db.rows("SELECT * FROM steps WHERE run_id = %(run)s ORDER BY key", run=run)
        return {row["key"]: row for row in rows}

    async def step(self, run: str, key: str) -> dict[str, Any]:
        return (await self.steps(run))[key]

    async def events(self, run: str) -> list[str]:
        async with self.app.workspace(WORKSPACE) as db:
            rows = await db.rows(
                """SELECT seq, type FROM run_events WHERE run_id = %(run)s
                   UNION ALL SELECT seq, 'step.' || state || ' ' || key FROM steps
                   WHERE run_id = %(run)s AND seq IS NOT NULL ORDER BY 1""",
                run=run,
            )
        return [row["type"] for row in rows]

    async def until(self, run: str, *statuses: str, reason: str | None = None, seconds: float = 10.0) -> dict[str, Any]:
        """The run once it has one of these statuses (by default: is over)."""
        async with asyncio.timeout(seconds):
            while True:
                row = await self.run(run)
                if row["status"] in (statuses or OVER) and (reason is None or row["reason"] == reason):
                    return row
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def house(database_url: str, app_db: Database, tmp_path: Path) -> AsyncGenerator[House]:
    engine = await Database(database_url, ENGINE, size=8).open()
    made = House(database_url, tmp_path, app_db, engine)
    async with made.stack:
        yield made
    await engine.close()


class Ledger:
    """What really happened outside: every call that arrived, by effect key."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def note(self, step: str, key: str) -> None:
        self.calls.append((step, key))

    def count(self, step: str) -> int:
        return sum(s == step for s, _ in self.calls)

    def keys(self, step: str) -> set[str]:
        return {k for s, k in self.calls if s == step}


@pytest_asyncio.fixture
async def ledger() -> Ledger:
    return Ledger()
