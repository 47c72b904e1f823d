"""The world that is shaken: a durable Postgres, a ledger, a warm process that forks workers, people who decide."""

import asyncio
import json
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import psycopg

from tests.chaos import flows, ledger
from tests.chaos.child import SCALE
from tests.sim.oracle import Arrival, World, judge
from tests.sim.programs import Nowhere, Player
from troupe.adapters.embedded.postgres import Postgres
from troupe.base.db import ENGINE, Database
from troupe.base.ids import WorkspaceId, new_id
from troupe.base.migrate import migrate
from troupe.durable import store
from troupe.durable.models import OVER
from troupe.features.definitions.structure import structure
from troupe.features.definitions.text import read
from troupe.features.workflows.definition import SHAPE
from troupe.features.workflows.fork import kept

ROOT = Path(__file__).parents[2]
WORKSPACES = [WorkspaceId(f"00000000-0000-7000-8000-00000000000{n}") for n in "ab"]
LEASE = 0.4
NOTES = """CREATE TABLE chaos_notes (run_id uuid, key text, seen bigint);
GRANT SELECT, INSERT, DELETE, TRUNCATE ON chaos_notes TO troupe_app, troupe_engine"""
OPEN = """SELECT r.id, r.workspace_id, r.program, r.reason, s.key, s.state, s.block, s.attempt, s.effect_key,
                 s.due <= troupe_now() AS past
          FROM runs r LEFT JOIN steps s ON s.run_id = r.id
               AND (s.state = 'unknown' OR s.state = 'waiting' AND s.block IN ('$approval', '$signal'))
          WHERE r.status NOT IN ('completed', 'failed', 'terminated')"""


class House:
    """`async with House(home, seed) as house`. Times in seconds."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self.chance = home, random.Random(seed)
        self.socket = str(home / "ledger")
        self.first_seen: dict[tuple[str, str, int], float] = {}
        self.living: set[int] = set()
        self.lease = LEASE

    async def __aenter__(self) -> "House":
        self.home.chmod(0o755)
        self.postgres = await Postgres(self.home / "pg").__aenter__()
        self.url = self.postgres.url
        await migrate(self.url, ROOT / "shared/troupe/migrations")
        with psycopg.connect(self.url, autocommit=True) as owner:
            owner.execute(NOTES)
        self.books = await self._beside("tests.chaos.ledger", self.socket, str(self.home / "arrivals.jsonl"))
        self.zygote = await self._beside("tests.chaos.zygote", pipes=True)
        self.app = await Database(self.url, size=3).open()
        self.engine = await Database(self.url, ENGINE, size=3).open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for pid in list(self.living):
            await self.kill(pid)
        await self.app.close()
        await self.engine.close()
        for process in (self.zygote, self.books):
            process.kill()
            await process.wait()
            if process.stdin:
                process._transport.close()  # type: ignore[attr-defined]  # asyncio keeps the pipes of a killed process
        await self.postgres.stop()

    async def _beside(self, module: str, *args: str, pipes: bool = False) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE if pipes else None
        env = {"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", "PATH": "/usr/bin:/bin"}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *args, cwd=ROOT, env=env, stdin=pipe, stdout=pipe
        )

    # ── workers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _tell(self, **asked: Any) -> dict[str, Any]:
        assert self.zygote.stdin
        assert self.zygote.stdout
        self.zygote.stdin.write(json.dumps(asked).encode() + b"\n")
        return json.loads(await self.zygote.stdout.readline())

    async def spawn(self, arm: str = "", **more: Any) -> int:
        """A worker, armed at a checkpoint; its process id."""
        plan = {"url": self.url, "ledger": self.socket, "home": str(self.home), "lease": self.lease, "arm": arm} | more
        pid = (await self._tell(spawn=plan))["pid"]
        self.living.add(pid)
        return pid

    async def gone(self, pid: int) -> bool:
        """Whether a worker has been killed by its checkpoint."""
        if (await self._tell(gone=pid))["gone"]:
            self.living.discard(pid)
            return True
        return False

    async def kill(self, pid: int, how: int = signal.SIGKILL) -> None:
        """Kill it now."""
        self.living.discard(pid)
        await self._tell(kill=pid, signal=int(how))

    async def expire(self) -> None:
        """The leases of all that was killed end at once: nobody holds them any more."""
        async with self.engine.connection() as line:
            await line.execute("UPDATE workers SET lease_until = troupe_now() - interval '1 s'")

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, program: str, input: Any, **more: Any) -> str:
        """A queued run."""
        id = new_id()
        row = {
            "id": id, "program": program, "major": 1, "version_id": None, "subject": None, "origin_id": None,
            "origin_step": None, "repeats": None, "dry_run": False, "only_node": None,
            "input": orjson.dumps(input).decode(), "input_ref": None, "budget_usd": None, "worker": None,
        }  # fmt: skip
        async with self.app.workspace(self.chance.choice(WORKSPACES)) as db:
            await store.insert_run(db, row | more)
        return id

    async def fork(self, id: str, from_step: str) -> str:
        """A new run of a workflow that keeps what the old one did before a step."""
        async with self.engine.connection() as line:
            found = await (
                await line.execute("SELECT program, input, workspace_id FROM runs WHERE id = %s", (id,))
            ).fetchone()
            keys = [
                k for (k,) in await (await line.execute("SELECT key FROM steps WHERE run_id = %s", (id,))).fetchall()
            ]
        assert found
        program, given, workspace = found
        workflow, problems = structure(read(flows.TEXTS[program]), SHAPE)
        assert workflow, problems
        new = new_id()
        row = {
            "id": new, "program": program, "major": 1, "version_id": None, "subject": None, "origin_id": id,
            "origin_step": from_step, "repeats": [], "dry_run": False, "only_node": None,
            "input": orjson.dumps(given).decode(), "input_ref": None, "budget_usd": None, "worker": None,
        }  # fmt: skip
        async with self.app.workspace(workspace) as db:
            await store.insert_run(db, row)
            await store.copy_steps(db, id, new, kept(workflow, from_step, keys))
        return new

    async def tend(self) -> int:
        """Decide what waits for a person, settle what is unclear by the ledger; how many runs are not over."""
        async with self.engine.connection() as line:
            rows = await (await line.execute(OPEN)).fetchall()
        for id, workspace, program, reason, key, state, block, attempt, effect_key, past in rows:
            if reason == "crash_loop":
                async with self.app.workspace(workspace) as db:
                    await store.update_resumed(db, id, "by the driver")
            if block == "$approval":
                said = {"decision": "approve" if program != "play" else self.chance.choice(["approve", "refuse"])}
                await self._send(workspace, id, f"$approval/{key}", "decision", said)
            elif block == "$signal":
                value = self.chance.getrandbits(16)
                await self._send(workspace, id, self.chance.choice(["go0", "go1"]), str(value), value)
            elif state == "unknown":
                await self._settle(workspace, id, program, key, attempt, effect_key, past)
        return len({row[0] for row in rows})

    async def _settle(
        self, workspace: str, id: str, program: str, key: str, attempt: int, effect_key: str, past: bool
    ) -> None:
        """By the ledger alone; that nothing happened is said when whatever was on its way has arrived."""
        first = self.first_seen.setdefault((id, key, attempt), time.monotonic())
        came = (await ledger.ask(self.socket, do="check", effect_key=effect_key))["arrival"]
        said: dict[str, Any] = {"outcome": self.chance.choice(["not_happened"] * 9 + ["give_up"])}
        if came:
            said = {"outcome": "happened", "output": came["value"] if program == "play" else {"value": came["value"]}}
        elif not past and time.monotonic() - first < 1.0:
            return
        await self._send(workspace, id, f"$settle/{key}/{attempt}", "settle", said)

    async def _send(self, workspace: str, run: str, name: str, dedupe: str, payload: Any) -> None:
        async with self.app.workspace(WorkspaceId(workspace)) as db:
            await store.insert_signal(db, new_id(), run, name, dedupe, payload)

    async def stop(self, id: str) -> None:
        """Ask a run to end."""
        for workspace in WORKSPACES:
            async with self.app.workspace(workspace) as db:
                await store.update_stop(db, id, "by the driver")

    async def finish(self, seconds: float = 60.0) -> None:
        """One clean worker brings everything to its end; what does not end is judged as it rests."""
        pid, end = await self.spawn(), time.monotonic() + seconds
        while await self.tend() and time.monotonic() < end:
            await asyncio.sleep(0.02)
        await self.kill(pid, signal.SIGTERM)

    # ── judging ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def judge(self) -> list[str]:
        """Every broken promise."""
        world = await self.world()
        return await judge(world) + _unfinished(world)

    async def world(self) -> World:
        """All rows of the database and all arrivals of the ledger."""
        runs = {row["id"]: row for row in await self._rows("SELECT * FROM runs")}
        steps = {(row["run_id"], row["key"]): row for row in await self._rows("SELECT * FROM steps")}
        arrivals = [Arrival(**a) for a in (await ledger.ask(self.socket, do="all"))["arrivals"]]
        replayed = {**flows.programs(Nowhere()), "play": Player(Nowhere(), SCALE).play}  # type: ignore[arg-type]
        return World(
            runs, steps,
            {(r["run_id"], r["seq"]): r["type"] for r in await self._rows("SELECT * FROM run_events")}, arrivals,
            [{"run": r["run_id"], "key": r["key"]} for r in await self._rows("SELECT * FROM chaos_notes")],
            await self._rows("SELECT * FROM reservations"),
            {r["bucket"]: r["used_usd"] for r in await self._rows("SELECT * FROM budget_use")},
            [(r["run_id"], r["name"]) for r in await self._rows("SELECT * FROM signals")], replayed,
        )  # fmt: skip

    async def _rows(self, query: Any) -> list[dict[str, Any]]:
        async with self.engine.connection() as line:
            cursor = await line.execute(query)
            names = [c.name for c in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    async def clear(self) -> None:
        """An empty world for the next round."""
        self.first_seen.clear()
        await ledger.ask(self.socket, do="clear")
        async with self.engine.connection() as line:
            for table in ("runs", "steps", "run_events", "signals", "reservations", "budget_use", "workers"):
                await line.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
        with psycopg.connect(self.url, autocommit=True) as owner:
            owner.execute("TRUNCATE chaos_notes")


def _unfinished(world: World) -> list[str]:
    """Workflows end as their text says, unless a person gave a step up or ended the run."""
    fine = ("given_up", "over_budget", "terminated", "cancelled")
    return [
        f"the workflow {run['program']} {id} is {run['status']}: {run['error']}"
        for id, run in world.runs.items()
        if run["program"] in flows.TEXTS and run["status"] == "failed" and (run["error"] or {}).get("code") not in fine
    ]


__all__ = ["OVER", "House"]
