"""`scripts/bench agent [--json] [--peers] [--rounds N]`: what an agent's loop adds to a turn.

Model and tool answer at once, so all that is left is the loop: every model turn and every tool call durable before the
next. One run at a time; each contestant has a fresh process and database of one Postgres, in turn within each round.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.bench.durable import peers
from tests.bench.results import row, show
from troupe.adapters.embedded.postgres import Postgres

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TURNS, RUNS = 10, 30


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench agent")
    parser.add_argument("--json", action="store_true", help="one line a result")
    parser.add_argument("--peers", action="store_true", help="LangGraph too, in an environment of its own")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    pythons = {"troupe": sys.executable}
    if given.peers:
        pythons["langgraph"] = peers.prepare()["langgraph"]
    found = asyncio.run(rounds(pythons, given.rounds))
    for name, taken in found.items():
        metrics = {"ms_per_turn": statistics.median(taken), "least": min(taken), "most": max(taken)}
        show([row("agent", f"{TURNS} turns", metrics, contestant=name, note=name)], as_json=given.json)
    if "langgraph" in found and not given.json:
        ratios = [t / p for t, p in zip(found["troupe"], found["langgraph"], strict=True)]
        print(f"troupe / langgraph, of one round each: {statistics.median(ratios):.2f} ×")


async def rounds(pythons, count):
    found = {name: [] for name in pythons}
    with tempfile.TemporaryDirectory(prefix="troupe-bench-") as home:
        Path(home).chmod(0o755)
        async with Postgres(Path(home)) as postgres:
            for _ in range(count):
                for name, python in pythons.items():
                    found[name].append(await asyncio.to_thread(contest, name, python, postgres.superuser_url))
    return found


def contest(name, python, owner):
    """Milliseconds a turn: the median run, divided by its turns."""
    with psycopg.connect(owner, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS agent_{name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE agent_{name}")
    url = urlsplit(owner)._replace(path=f"/agent_{name}").geturl()
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}"}
    command = [python, str(HERE / f"by_{name}.py"), url, str(TURNS), str(RUNS)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} gave no result: {done.stderr[-2000:]}")
    return statistics.median(json.loads(done.stdout.splitlines()[-1])) / TURNS * 1000


main()
