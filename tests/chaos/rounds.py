"""Rounds of killing: the matrix of checkpoints and effect classes, and kills at random instants over mixed programs."""

import asyncio
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.agents import BOSS
from tests.chaos.house import House
from tests.sim.programs import CLASSES, Ops, make
from troupe.durable.checkpoints import checkpoints

PATIENCE = 8.0  # seconds an armed worker may take to reach its checkpoint


class Broken(AssertionError):
    """A promise was broken."""


@dataclass
class Tally:
    """What was killed: by "checkpoint/class", and at random instants."""

    kills: Counter[str] = field(default_factory=Counter)
    random: int = 0
    survived: int = 0

    @property
    def all(self) -> int:
        return self.random + sum(self.kills.values())


def lesson(effect: str) -> Ops:
    """Three steps of one class, paid and not, with all that a run can do between them."""
    step: dict[str, Any] = {"op": "step", "effect": effect}
    return [
        step | {"key": "first", "price": 0.01},
        {"op": "transact", "key": "save"},
        step | {"key": "middle"},
        {"op": "wait", "key": "hear", "name": "go0"},
        step | {"key": "last", "price": 0.01},
    ]


def program(ops: Ops) -> dict[str, Any]:
    return {"prefix": "", "ops": ops, "seen": 0}


async def count_passes(house: House, effect: str) -> dict[str, int]:
    """How often each checkpoint is passed by one run that nobody kills."""
    report = house.home / f"passes-{effect}.json"
    pid = await house.spawn(report=str(report))
    await house.start("play", program(lesson(effect)))
    while await house.tend():
        await asyncio.sleep(0.01)
    await house.kill(pid, signal.SIGTERM)
    await require(house, f"counting {effect}")
    return json.loads(report.read_text())


async def matrix(house: House, tally: Tally, chance: random.Random, *, whole: bool) -> AsyncIterator[str]:
    """Kill at every checkpoint x class x (first, middle, last pass), or at each checkpoint once. Gives each label."""
    places: dict[str, list[tuple[int, str]]] = {}
    for effect in CLASSES:
        for checkpoint, n in (await count_passes(house, effect)).items():
            most = min(n, 3) if checkpoint == "before_claim" else n  # idle turns of the loop count too
            places.setdefault(checkpoint, []).extend((nth, effect) for nth in sorted({1, (most + 1) // 2, most}))
    if missing := set(checkpoints()) - set(places):
        raise Broken(f"no round passes these checkpoints: {sorted(missing)}")
    for checkpoint, found in places.items():
        for nth, effect in found if whole else [chance.choice(found)]:
            label = f"{checkpoint}:{nth} {effect}"
            await one(house, tally, checkpoint, nth, effect, label)
            yield label


async def one(house: House, tally: Tally, checkpoint: str, nth: int, effect: str, label: str) -> None:
    """One run, one kill, one clean worker, one verdict."""
    await house.start("play", program(lesson(effect)))
    pid = await house.spawn(f"{checkpoint}:{nth}")
    if await killed(house, pid):
        tally.kills[f"{checkpoint}/{effect}"] += 1
    else:
        tally.survived += 1
    await house.expire()
    await house.finish()
    await require(house, label)


async def killed(house: House, pid: int) -> bool:
    """Wait until the checkpoint has killed its process; False where the work was done without passing it."""
    end, idle = time.monotonic() + PATIENCE, 0
    while not await house.gone(pid):
        idle = 0 if await house.tend() else idle + 1
        if idle > 3 or time.monotonic() > end:
            if await house.gone(pid):
                return True
            await house.kill(pid)
            return False
        await asyncio.sleep(0.01)
    return True


async def require(house: House, label: str) -> None:
    """Judge, and clear the world for the next round. Raises Broken, the database kept as it is."""
    if wrong := await house.judge():
        raise Broken(f"{label}: " + "\n".join(wrong[:6]))
    await house.clear()


async def at_random(house: House, tally: Tally, chance: random.Random, kills: int, label: str) -> None:
    """Mixed programs and workflows, `kills` workers killed at random instants or checkpoints, then one verdict."""
    for _ in range(chance.randint(3, 6)):
        await start_one(house, chance)
    for number in range(kills):
        armed = chance.random() < 0.4
        spec = f"{chance.choice(checkpoints())}:{chance.randint(1, 6)}" if armed else ""
        pids = [await house.spawn(spec), *([await house.spawn()] if chance.random() < 0.2 else [])]
        await live_for(house, pids, chance.uniform(0.06, 0.5))
        for pid in pids:
            if pid in house.living and not await house.gone(pid):
                await house.kill(pid)
            tally.random += 1
        if chance.random() < 0.7:
            await house.expire()
        if chance.random() < 0.3:
            await start_one(house, chance)
        if number == kills // 2:
            await fork_one(house, chance)
    await house.finish()
    await require(house, label)


async def live_for(house: House, pids: list[int], seconds: float) -> None:
    """Let workers work, people deciding meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await house.tend()
        if all([await house.gone(pid) for pid in pids if pid in house.living]):
            return
        await asyncio.sleep(0.01)


async def start_one(house: House, chance: random.Random) -> None:
    kind = chance.choice(["play", "play", "order", "long", "agent", "agent"])
    if kind == "play":
        id = await house.start("play", program(make(chance)), budget_usd=chance.choice([None, 0.05, 1.0]))
        if chance.random() < 0.1:
            await house.stop(id)
    elif kind == "order":
        await house.start("order", {"items": list(range(chance.randint(0, 4)))}, budget_usd=chance.choice([None, 1.0]))
    elif kind == "agent":
        more = {"version_id": BOSS, "budget_usd": chance.choice([None, 1.0, 0.05])}
        await house.start("agent", {"message": "Go on."}, **more)
    else:
        await house.start("long", {"turns": 3}, budget_usd=1.0)


async def fork_one(house: House, chance: random.Random) -> bool:
    """Fork a workflow that has ended, if one has."""
    world = await house.world()
    ended = [r for r in world.runs.values() if r["program"] in ("order", "long") and r["status"] == "completed"]
    if ended:
        run = chance.choice(ended)
        await house.fork(run["id"], {"order": "price", "long": "turns"}[run["program"]])
    return bool(ended)
