"""`scripts/bench durable [--json] [--peers] [--rounds N] [--cases a,b]`: durable steps beside a floor and the peers.

Every contestant gets a fresh process and a fresh database of one Postgres with default durability, in turn within each
round. Ratios of one round mean something; absolute numbers are the machine's.
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
from tests.bench.durable.cases import CASES
from troupe.adapters.embedded.postgres import Postgres

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SHOWN = (
    "steps_per_s",
    "p50_ms",
    "p95_ms",
    "client_cpu_ms_per_step",
    "wal_bytes_per_step",
    "commits_per_step",
    "syncs_per_step",
)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench durable")
    parser.add_argument("--json", action="store_true", help="one line a result")
    parser.add_argument(
        "--peers", action="store_true", help="DBOS and LangGraph too, each in an environment of its own"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", default=",".join(CASES))
    given = parser.parse_args()
    contestants = {"floor": sys.executable, "troupe": sys.executable}
    if given.peers:
        contestants |= peers.prepare()
    rows = asyncio.run(rounds(contestants, given))
    if not given.json:
        report(rows, given.cases.split(","))


async def rounds(contestants, given):
    rows = []
    with tempfile.TemporaryDirectory(prefix="troupe-bench-") as home:
        Path(home).chmod(0o755)
        async with Postgres(Path(home)) as postgres:
            for number in range(1, given.rounds + 1):
                for name, python in contestants.items():
                    for row in contest(name, python, postgres, given.cases.split(",")):
                        row["round"] = number
                        rows.append(row)
                        if given.json:
                            print(json.dumps(row), flush=True)
    return rows


def contest(name, python, postgres, cases):
    """One contestant on a database of its own."""
    database = f"bench_{name}"
    with psycopg.connect(postgres.superuser_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {database}")
    url = urlsplit(postgres.superuser_url)._replace(path=f"/{database}").geturl()
    env = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}",
        "DBOS__VMID": "",
        "TROUPE_LEASE_SECONDS": "30",
    }
    done = subprocess.run(
        [python, str(HERE / "drive.py"), name, url, *cases],
        env=env,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not rows:
        print(f"{name} gave no result: {done.stderr[-2000:]}", file=sys.stderr)
    for row in rows:
        if not row["ok"]:
            print(f"{name} {row['case']}: {row['note']}", file=sys.stderr)
    return rows


def report(rows, cases):
    """Medians, and ratios to the floor and to the best peer within each round."""
    for case in cases:
        mine = [r for r in rows if r["case"] == case and r["ok"]]
        names = list(dict.fromkeys(r["contestant"] for r in mine))
        print(f"\n{case}")
        for name in names:
            values = {k: statistics.median(r["metrics"][k] for r in mine if r["contestant"] == name) for k in SHOWN}
            print(f"  {name:16}" + "  ".join(f"{k} {v:,.2f}" for k, v in values.items()))
        for other, label in (("floor", "floor"), *((("peer", "best peer"),) if len(names) > 2 else ())):
            ratios = [ratio(mine, n, other) for n in {r["round"] for r in mine}]
            found = sorted(r for r in ratios if r)
            if found:
                print(f"  troupe / {label}: {statistics.median(found):.2f} × ({found[0]:.2f} to {found[-1]:.2f})")
        over = {n: statistics.median(r["metrics"]["overhead_ms"] for r in mine if r["contestant"] == n) for n in names}
        if CASES[case].pause:
            print("  overhead ms: " + ", ".join(f"{n} {v:.1f}" for n, v in over.items()))


def ratio(rows, number, other):
    """Steps per second of Troupe over another's in one round."""
    at = {r["contestant"]: r["metrics"]["steps_per_s"] for r in rows if r["round"] == number}
    base = at.get("floor") if other == "floor" else max((v for n, v in at.items() if n in peers.BEST), default=None)
    return at["troupe"] / base if base and "troupe" in at else None


main()
