"""`scripts/chaos --kills N --seed S --resume FILE [--sim SEEDS] [--aws SEEDS] [--aws-kills N] [--aws-sizes]`:
kill Troupe and count.

The record in FILE adds up over calls. A failure prints seed, round and commit, keeps the database and exits 1.
"""

import argparse
import asyncio
import gc
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.house import ROOT, House
from tests.chaos.rounds import Broken, Tally, at_random, matrix
from tests.sim.simulation import Simulation
from troupe.adapters.embedded.postgres import Postgres
from troupe.base.migrate import migrate

KEPT = ("kills", "random", "failures", "simulated", "simulated_failures", "aws_seeds", "aws_faults",
        "aws_kills", "aws_failures")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="kills to make in this call")
    parser.add_argument("--seed", type=int, help="the first; by default 1 for kills, the record's next for worlds")
    parser.add_argument("--resume", type=Path, default=ROOT / "docs/reference/kills.json", help="the record to add to")
    parser.add_argument("--sim", type=int, default=0, metavar="SEEDS", help="simulated worlds to play")
    parser.add_argument("--aws", type=int, default=0, metavar="SEEDS", help="cases to play on AWS under faults of it")
    parser.add_argument("--aws-kills", type=int, default=0, help="functions of AWS to kill")
    parser.add_argument("--aws-sizes", action="store_true", help="outputs, loops and fan-outs as large as they come")
    parser.add_argument("--seconds", type=float, default=86_400.0, help="stop after this long")
    parser.add_argument("--random", action="store_true", help="only kills at random instants, no matrix")
    given = parser.parse_args()
    record = json.loads(given.resume.read_text()) if given.resume.exists() else {}
    end = time.monotonic() + given.seconds
    failed = simulate(given, record, end) if given.sim else ""
    if given.aws and not failed:
        failed = asyncio.run(shake(given, record, end))
    if given.aws_kills and not failed:
        failed = asyncio.run(kill_on_aws(given, record))
    if given.aws_sizes and not failed:
        failed = asyncio.run(enlarge(record))
    given.seed = 1 if given.seed is None else given.seed
    if given.kills and not failed:
        failed = asyncio.run(kill(given, record, end))
    keep(given, record)
    print(json.dumps({k: record.get(k, 0) for k in KEPT}))
    if failed:
        print(f"FAILED at commit {commit()}: {failed}", file=sys.stderr)
    return 1 if failed else 0


def simulate(given: Any, record: dict[str, Any], end: float) -> str:
    """Simulated worlds; what broke. The record is kept every so often, so that a call may be cut short."""
    first = record.get("next_seed", 0) if given.seed is None else given.seed
    played, began, failed = 0, time.monotonic(), ""
    gc.set_threshold(100_000, 20, 20)  # worlds are made of cycles, and small
    for seed in range(first, first + given.sim):
        if time.monotonic() > end:
            break
        try:
            Simulation(seed).play()
        except AssertionError as broken:
            record["simulated_failures"] = record.get("simulated_failures", 0) + 1
            failed = f"simulation: {broken}"
        played += 1
        record["simulated"] = record.get("simulated", 0) + 1
        record["next_seed"] = max(record.get("next_seed", 0), seed if failed else seed + 1)
        if failed or played % 1000 == 0:
            keep(given, record)
        if failed:
            break
    print(f"{played} worlds from seed {first}, {played / (time.monotonic() - began):.0f} a second")
    return failed


async def shake(given: Any, record: dict[str, Any], end: float) -> str:
    """Cases of tests/parity on AWS, which fails by a schedule from each seed; what broke."""
    from tests.parity.faults import play_seeds

    first = record.get("aws_next_seed", 0) if given.seed is None else given.seed
    async with fresh_postgres() as url:
        with pytest.MonkeyPatch.context() as patch:
            tally = await play_seeds(url, patch, range(first, first + given.aws), end)
    count(record, "aws_seeds", tally.seeds)
    count(record, "aws_faults", sum(tally.faults.values()))
    count(record, "aws_failures", bool(tally.wrong))
    record["aws_by_fault"] = dict(Counter(record.get("aws_by_fault", {})) + tally.faults)
    record["aws_next_seed"] = max(record.get("aws_next_seed", 0), first + tally.seeds)
    print(f"{tally.seeds} seeds from {first} on AWS, {sum(tally.faults.values())} faults")
    return f"on AWS: {tally.wrong}" if tally.wrong else ""


async def kill_on_aws(given: Any, record: dict[str, Any]) -> str:
    """Functions killed at checkpoints; what broke."""
    from tests.chaos.aws import kill_functions

    seed = 1 if given.seed is None else given.seed
    async with fresh_postgres() as url:
        with pytest.MonkeyPatch.context() as patch:
            killed, wrong = await kill_functions(url, patch, seed, kills=given.aws_kills, seconds=0.0)
    count(record, "aws_kills", killed.total())
    count(record, "aws_failures", bool(wrong))
    record["aws_by_checkpoint"] = dict(Counter(record.get("aws_by_checkpoint", {})) + killed)
    print(f"{killed.total()} functions killed")
    return f"on AWS: {wrong}" if wrong else ""


async def enlarge(record: dict[str, Any]) -> str:
    """Case 71 at full size; what broke."""
    from tests.chaos.sizes import play_sizes

    broken: list[str] = []
    async with fresh_postgres() as url:
        with pytest.MonkeyPatch.context() as patch:
            async for size, ended, wrong in play_sizes(url, patch):
                print(f"{size}: {ended}{f', BROKEN: {wrong}' if wrong else ''}", flush=True)
                broken += [f"{size}: {wrong}"] if wrong else []
                record.setdefault("aws_sizes", {})[size] = wrong or ended
    return "; ".join(broken)


@asynccontextmanager
async def fresh_postgres() -> AsyncGenerator[str]:
    """A database of its own; its URL."""
    with tempfile.TemporaryDirectory(prefix="troupe-chaos-") as home:
        Path(home).chmod(0o755)
        async with Postgres(Path(home), durable=False) as postgres:
            await migrate(postgres.url, ROOT / "shared/troupe/migrations")
            yield postgres.url


def count(record: dict[str, Any], name: str, more: int) -> None:
    """Add to a number of the record."""
    record[name] = record.get(name, 0) + more


def keep(given: Any, record: dict[str, Any]) -> None:
    """Write the record, whole or not at all."""
    given.resume.parent.mkdir(parents=True, exist_ok=True)
    new = given.resume.with_suffix(".new")
    new.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    new.replace(given.resume)


async def kill(given: Any, record: dict[str, Any], end: float) -> str:
    """Rounds until enough were killed; what broke."""
    tally, home = Tally(), Path(tempfile.mkdtemp(prefix="troupe-chaos-"))
    began, tested = time.monotonic(), commit()
    label, number = "start", 0
    try:
        async with House(home, given.seed) as house:
            while tally.all < given.kills and time.monotonic() < end:
                chance = random.Random(f"{given.seed}/{number}")
                if number == 0 and not given.random:
                    async for done in matrix(house, tally, chance, whole=True):
                        label = f"after {done}"
                        if tally.all >= given.kills or time.monotonic() > end:
                            break
                else:
                    label = f"random round {number}"
                    await at_random(house, tally, chance, 15, label)
                number += 1
    except Broken as broken:
        add(record, tally, given.seed, tested, failures=1)
        return f"--seed {given.seed}, round {number} ({label}), database kept in {home}: {broken}"
    shutil.rmtree(home, ignore_errors=True)
    add(record, tally, given.seed, tested)
    print(
        f"{tally.all} kills, {tally.survived} not reached, {(time.monotonic() - began) / max(tally.all, 1):.2f} s each"
    )
    return ""


def add(record: dict[str, Any], tally: Tally, seed: int, tested: str, failures: int = 0) -> None:
    """This call into the record."""
    record["kills"] = record.get("kills", 0) + tally.all
    record["random"] = record.get("random", 0) + tally.random
    record["failures"] = record.get("failures", 0) + failures
    record["by_checkpoint"] = dict(Counter(record.get("by_checkpoint", {})) + tally.kills)
    call = {"seed": seed, "commit": tested, "kills": tally.all, "failures": failures}
    record["calls"] = [*record.get("calls", []), call]


def commit() -> str:
    """The commit under test, with a + where the tree differs from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
