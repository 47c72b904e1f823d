"""Drive one contestant through the cases on a fresh database: `PYTHON drive.py NAME URL CASE…`, one JSON line a case.

Runs in the contestant's own environment, so it imports nothing of Troupe. A contestant is a module `by_NAME` with
`setup(url)`, `run(case) -> steps done` (it returns when the run is durably over) and `close()`, all async, and VERSION.
"""

import asyncio
import importlib
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parent))
from cases import CASES

LIMIT = 180.0  # seconds for one case


def percentile(values, q):
    """Nearest rank, q in 0..100."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * q // 100) - 1)]


def counters(admin):
    """WAL bytes, WAL syncs and commits of the server so far; statistics are flushed first."""
    admin.execute("SELECT pg_stat_force_next_flush()")
    row = admin.execute(
        """SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8,
                  (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')::float8,
                  (SELECT sum(xact_commit) FROM pg_stat_database)::float8"""
    ).fetchone()
    return dict(zip(("wal", "syncs", "commits"), row, strict=True))


async def measure(contestant, admin, name):
    case = CASES[name]
    for _ in range(case.warm):
        await asyncio.wait_for(contestant.run(name), LIMIT)
    admin.execute("CHECKPOINT")
    taken, gate = [], asyncio.Semaphore(case.at_once)

    async def one():
        async with gate:
            start = time.perf_counter()
            done = await contestant.run(name)
            taken.append(time.perf_counter() - start)
            if done != case.steps:
                raise RuntimeError(f"{done} steps instead of {case.steps}")

    before, used = counters(admin), resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    await asyncio.wait_for(asyncio.gather(*[one() for _ in range(case.runs)]), LIMIT)
    wall = time.perf_counter() - start
    after, now = counters(admin), resource.getrusage(resource.RUSAGE_SELF)
    steps = case.runs * case.steps
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return {
        "steps_per_s": steps / wall,
        "runs_per_s": case.runs / wall,
        "p50_ms": percentile(taken, 50) * 1000,
        "p95_ms": percentile(taken, 95) * 1000,
        "overhead_ms": (percentile(taken, 50) - case.ideal) * 1000,
        "client_cpu_ms_per_step": cpu * 1000 / steps,
        "wal_bytes_per_step": (after["wal"] - before["wal"]) / steps,
        "syncs_per_step": (after["syncs"] - before["syncs"]) / steps,
        "commits_per_step": (after["commits"] - before["commits"]) / steps,
    }


async def main(name, url, names):
    contestant = importlib.import_module(f"by_{name}")
    admin = psycopg.connect(url, autocommit=True)
    await contestant.setup(url)
    try:
        for case in names:
            row = {"v": 1, "bench": "durable", "case": case, "contestant": name, "version": contestant.VERSION}
            row |= {"round": 0, "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "settings": {}, "note": ""}
            try:
                metrics = await measure(contestant, admin, case)
                row |= {"ok": True, "metrics": {k: round(v, 4) for k, v in metrics.items()}}
            except Exception as wrong:
                row |= {"ok": False, "metrics": {}, "note": f"{type(wrong).__name__}: {wrong}"[:300]}
            print(json.dumps(row), flush=True)
    finally:
        await contestant.close()
        admin.close()


if __name__ == "__main__":
    try:
        import uvloop as loop
    except ImportError:
        loop = asyncio
    loop.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
