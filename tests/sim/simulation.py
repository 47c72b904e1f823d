"""One seed, one world: real Workers and Loops over the twin, on virtual time, with everything going wrong.

Wrong may go: a commit refused, its answer lost, its statement carried out after its connection is gone; a worker
killed, suspended, cut off, stopped; the far side slow, unreachable or silent. Then all of it ends and a clean worker
is left.
"""

import asyncio
import contextlib
import logging
import random
from typing import Any

import orjson

from tests.sim.clock import EPOCH, VirtualClock, VirtualLoop, run
from tests.sim.graphs import SHAPES, Graphs, given_to
from tests.sim.memory import MemoryJournal, Tables
from tests.sim.oracle import Arrival, World, judge
from tests.sim.programs import TIMEOUT, Nowhere, Player, make
from troupe.adapters.embedded.orchestrator import Loop
from troupe.base.errors import TimedOut, Unavailable, Unreachable
from troupe.base.ids import new_id
from troupe.durable.models import OVER, BadRow, Fenced, Registered
from troupe.durable.worker import Worker
from troupe.ports.run import Attempt, RunContext, Verdict

LEASE = 4.0
PATIENCE = 3000.0  # virtual seconds for everything to end once nothing goes wrong any more
WORKSPACES = ("00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b")


class Broken(AssertionError):
    """A promise was broken; the text says seed and what."""


class Machine:
    """One process: its worker, its loop, its lines to the journal and to the far side."""

    def __init__(self, sim: "Simulation", name: int) -> None:
        self.sim, self.name = sim, name
        self.dead = self.stopping = False
        self.suspended_until = 0.0
        self.cut = False
        self.clean = sim.calm
        programs = {f"{name}@1": Registered(name, fn) for name, fn in played_by(self).items()}
        self.worker = Worker(
            Lossy(self), programs, NoFiles(), lease=LEASE,  # type: ignore[arg-type]
            clock=VirtualClock(sim.loop, sim.chance.uniform(0, 1e5)), ids=sim.new_id,
            chance=random.Random(sim.chance.random()), fan_out_above=sim.fan_out_above,
        )  # fmt: skip
        self.loop = Loop(self.worker, self.worker.journal, capacity=sim.capacity)
        self.task = sim.loop.create_task(self._live())

    async def _live(self) -> None:
        while True:
            try:
                await self.worker.start()
                break
            except Unavailable:
                await asyncio.sleep(0.5)
        async with self.loop:
            await asyncio.get_running_loop().create_future()

    async def there(self) -> None:
        """Come back once this process is awake, never when it is dead."""
        while not self.dead and self.suspended_until > self.sim.loop.time():
            await asyncio.sleep(self.suspended_until - self.sim.loop.time())
        if self.dead:
            await asyncio.get_running_loop().create_future()

    # ── the far side ────────────────────────────────────────────────────────────────────────────────────────────────

    async def act(self, attempt: Attempt, effect: str, seen: int, cost: float) -> Any:
        sim = self.sim
        if self.dead:
            await self.there()
        if effect == "pure":
            return sim.chance.getrandbits(30)
        if effect != "read" and not self.dead:
            sim.check_intent(attempt)
        arrived = sim.loop.create_future()

        def arrive() -> None:
            value = sim.arrive(
                Arrival(attempt.run_id, attempt.step, attempt.number, attempt.effect_key, effect, seen, 0, cost)
            )
            if not arrived.done():
                arrived.set_result(value)

        if not self.clean and sim.chance.random() < 0.05:
            raise Unreachable
        sim.loop.call_later(sim.chance.choice([0.001, 0.02, TIMEOUT * 0.95]), arrive)  # on its way, whoever dies
        value = await arrived
        await asyncio.sleep(sim.chance.choice([0.001, 0.1]))
        await self.there()
        if not self.clean and sim.chance.random() < 0.05:
            raise TimedOut
        return value

    async def check(self, effect_key: str) -> Verdict:
        await asyncio.sleep(0.01)
        await self.there()
        if self.sim.chance.random() < 0.2:
            return "unclear"
        return "happened" if effect_key in self.sim.by_key else "not_happened"

    async def save(self, db: Any, run: RunContext, key: str, seen: int) -> Any:
        await asyncio.sleep(0.01)
        await self.there()
        db.append({"run": run.id, "key": key, "seen": seen})
        return seen


def played_by(far: Any) -> dict[str, Any]:
    """All programs of these worlds, by name."""
    graphs = Graphs(far)
    return {"play": Player(far).play, "graph": graphs.play, "pass": graphs.play_pass}


class NoFiles:
    """Nothing here is large."""


class Lossy:
    """A Journal over a bad line."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.sim = machine, machine.sim
        self.inner = MemoryJournal(machine.sim.tables)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._call(method, args, kwargs)

        return call

    async def _call(self, method: Any, args: Any, kwargs: Any) -> Any:
        machine, chance = self.machine, self.sim.chance
        if machine.dead or machine.suspended_until:
            await machine.there()
        luck = 1.0 if machine.clean else chance.random()
        await asyncio.sleep(0.001 if luck > 0.1 else chance.choice([0.0, 0.01, 0.3]))
        if machine.cut or luck < self.sim.refused:
            raise Unavailable("refused")
        if luck < self.sim.refused + self.sim.late:
            self.sim.spawn(self._later(method, args, kwargs, chance.choice([0.01, 0.2])))
            raise Unavailable("cut while it was carried out")
        if machine.dead and chance.random() < 0.5:
            await machine.there()
        result = await method(*args, **kwargs)
        if luck < self.sim.refused + self.sim.late + self.sim.lost:
            raise Unavailable("the answer was lost")
        await asyncio.sleep(0.001)
        if machine.dead or machine.suspended_until:
            await machine.there()
        return result

    async def _later(self, method: Any, args: Any, kwargs: Any, pause: float) -> None:
        await asyncio.sleep(pause)
        with contextlib.suppress(BadRow, Fenced):  # nobody is there to hear it
            await method(*args, **kwargs)


class Simulation:
    """A world from a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.loop = VirtualLoop()
        self.tables = Tables(lambda: EPOCH + self.loop.time())
        self.arrivals: list[Arrival] = []
        self.by_key: dict[str, Arrival] = {}
        self.machines: list[Machine] = []
        self.spawned: set[asyncio.Task[Any]] = set()
        self.unheard: list[str] = []
        self.calm = False
        worst = self.chance.choice([0.0, 0.01, 0.03, 0.1])
        self.refused, self.late, self.lost = (worst * self.chance.random() for _ in range(3))
        self.fan_out_above = self.chance.choice([0, 2, 200])
        self.capacity = self.chance.choice([1, 3, 1000])
        self.counter = 0

    # ── what machines call ──────────────────────────────────────────────────────────────────────────────────────────

    def new_id(self) -> str:
        self.counter += 1
        return new_id(int(self.tables.now() * 1000), self.counter.to_bytes(4, "big") + self.chance.randbytes(6))

    def check_intent(self, attempt: Attempt) -> None:
        """Durable before effect, and no longer ago than a lease: later, others may take it for over."""
        row = self.tables.steps.get((attempt.run_id, attempt.step), {"state": "not in the journal"})
        known = row["state"] == "intent" and row["attempt"] == attempt.number
        if not known or self.tables.now() > row["started_at"] + LEASE + 0.5:
            self.unheard.append(f"{attempt.step}, attempt {attempt.number}, starts at {self.tables.now()} as {row}")

    def arrive(self, arrival: Arrival) -> Any:
        """The far side does it."""
        before = self.by_key.get(arrival.effect_key) if arrival.effect_key else None
        arrival.value = before.value if before and arrival.effect == "idempotent" else self.chance.getrandbits(30)
        if before:
            arrival.cost = 0.0 if arrival.effect == "idempotent" else arrival.cost
        self.arrivals.append(arrival)
        if arrival.effect_key:
            self.by_key.setdefault(arrival.effect_key, arrival)
        return arrival.value

    def spawn(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self.spawned.add(task)
        task.add_done_callback(self._heard)

    def _heard(self, task: asyncio.Task[Any]) -> None:
        self.spawned.discard(task)
        if not task.cancelled() and (wrong := task.exception()):
            self.unheard.append(repr(wrong))

    # ── the story ───────────────────────────────────────────────────────────────────────────────────────────────────

    def play(self) -> "Simulation":
        """Live through it and judge. Raises Broken."""
        logging.disable(logging.CRITICAL)
        self.loop.set_exception_handler(lambda _, context: self.unheard.append(str(context)))
        try:
            run(self._story(), self.loop)
        except Broken as wrong:
            raise Broken(f"seed {self.seed}: {wrong}") from None
        except Exception as wrong:
            raise Broken(f"seed {self.seed}: {wrong!r}") from wrong
        finally:
            logging.disable(logging.NOTSET)
        if self.unheard:
            raise Broken(f"seed {self.seed}: nobody heard {self.unheard[:3]}")
        return self

    async def _story(self) -> None:
        chance = self.chance
        driver = asyncio.ensure_future(self._drive())
        for _ in range(chance.randint(1, 2)):
            self.machines.append(Machine(self, len(self.machines)))
        for _ in range(chance.randint(1, 4)):
            self._start(chance)
        for _ in range(chance.randint(0, 8)):
            await asyncio.sleep(chance.choice([0.01, 0.1, 1.0, 3.0]) * chance.random())
            await self._mishap()
        self.calm = True
        for machine in self.machines:
            machine.cut, machine.clean = False, True
            if chance.random() < 0.5:
                self._kill(machine)
        if all(m.dead or m.stopping for m in self.machines):
            self.machines.append(Machine(self, len(self.machines)))
        await self._settle()
        driver.cancel()
        if driver.done() and not driver.cancelled():
            driver.result()
        if wrong := self.tables.disorder + await judge(self.world()):
            raise Broken("\n".join(wrong[:5]))

    def _start(self, chance: random.Random) -> None:
        graph = chance.random() < 0.4
        input = given_to(chance.randrange(SHAPES), chance) if graph else {"prefix": "", "ops": make(chance), "seen": 0}
        self.tables.insert_run({
            "id": self.new_id(), "workspace": chance.choice(WORKSPACES), "major": 1,
            "program": "graph" if graph else "play",
            "version_id": None, "subject": None, "origin_id": None, "repeats": None, "dry_run": False,
            "only_node": None, "input": orjson.dumps(input), "input_ref": None, "worker": None,
            "budget_usd": chance.choice([None, 0.05, 1.0]),
        })  # fmt: skip

    async def _mishap(self) -> None:
        living = [m for m in self.machines if not m.dead]
        kind = self.chance.choice(["kill", "kill", "kill", "suspend", "cut", "stop", "start", "run", "end"])
        if kind == "run":
            self._start(self.chance)
        elif kind == "end":
            self.tables.update_stop(self.chance.choice(list(self.tables.runs)), "enough")
        elif kind == "start" or not living:
            self.machines.append(Machine(self, len(self.machines)))
        else:
            machine = self.chance.choice(living)
            if kind == "kill":
                self._kill(machine)
            elif kind == "suspend":
                machine.suspended_until = self.loop.time() + self.chance.choice([1.0, LEASE, 3 * LEASE])
            elif kind == "cut":
                machine.cut = not machine.cut
            else:
                machine.stopping = True
                self.spawn(self._stop(machine))

    def _kill(self, machine: Machine) -> None:
        machine.dead = True

    async def _stop(self, machine: Machine) -> None:
        if machine.worker.id:
            await machine.worker.stop(grace=1.0)
        machine.dead = True

    async def _settle(self) -> None:
        end = self.loop.time() + PATIENCE
        while any(row["status"] not in OVER for row in self.tables.runs.values()):
            if self.loop.time() > end:
                return
            await asyncio.sleep(1.0)

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _drive(self) -> None:
        """Decide, settle, resume, send what programs wait for."""
        chance = self.chance
        while True:
            await asyncio.sleep(chance.choice([0.05, 0.4, 1.0]))
            for id, row in list(self.tables.runs.items()):
                if row["status"] not in OVER and chance.random() < 0.5:
                    self._tend(id, row)

    def _tend(self, id: str, row: dict[str, Any]) -> None:
        if row["reason"] == "crash_loop":
            self.tables.update_resumed(id, "by the driver")
        steps = list(self.tables.steps.items())
        for (run_id, key), step in steps:
            if run_id != id:
                continue
            if step["state"] == "unknown":
                self._say(id, key, step)
            elif step["state"] == "waiting" and step["block"] == "$approval":
                said = {"decision": self.chance.choice(["approve", "refuse"])}
                self._send(id, f"$approval/{key}", "decision", said)
            elif step["state"] == "waiting" and step["block"] == "$signal":
                name = self.chance.choice(["go0", "go1"])  # once until somebody has it: nobody sends again what is lost
                heard = sum(s["block"] == "$signal" and s["state"] == "done" for (r, _), s in steps if r == id)
                self._send(id, name, f"{key} {heard}", self.chance.getrandbits(8))

    def _say(self, id: str, key: str, step: dict[str, Any]) -> None:
        """What became of an unclear attempt, by the far side's books."""
        name, came = f"$settle/{key}/{step['attempt']}", self.by_key.get(step["effect_key"])
        if came is not None:
            self._send(id, name, "settle", {"outcome": "happened", "output": came.value})
        elif step["due"] <= self.tables.now():
            outcome = self.chance.choice(["not_happened", "not_happened", "give_up"])
            self._send(id, name, "settle", {"outcome": outcome})

    def _send(self, run: str, name: str, dedupe: str, payload: Any) -> None:
        self.tables.insert_signal(self.new_id(), run, name, dedupe, payload)
        for machine in self.machines:  # the door that took it is one of the processes, or none
            if not machine.dead and self.chance.random() < 0.5:
                machine.loop.wake(run)  # type: ignore[arg-type]

    def world(self) -> World:
        t = self.tables
        return World(
            t.runs, t.steps, {at: row["type"] for at, row in t.events.items()}, self.arrivals, t.notes,
            [{"run_id": at[0], "key": at[1], **row} for at, row in t.reservations.items()],
            {bucket: used for (_, _, bucket), used in t.budget_use.items()},
            [(run, name) for run, name, _ in t.signals], played_by(Nowhere()), t.born, t.failed,
        )  # fmt: skip
