"""`scripts/bench load [--json]`: many runs at once, and many that rest.

models    1,000 runs of a model step against a local provider that takes 1 to 5 s: how long beyond that, what memory.
burst     The same, all started in one moment.
waiting   2,000 runs that wait for a signal: what of the server's memory they keep.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.bench.results import percentile, row, show
from troupe.adapters.embedded.postgres import Postgres
from troupe.app.wiring import Logins, embedded, migrate
from troupe.base.settings import read_settings
from troupe.features.accounts import service as accounts
from troupe.features.definitions import service as definitions
from troupe.features.runs import service as runs
from troupe.features.runs.models import StartRun
from troupe.features.scope import Scope
from troupe.features.workflows.service import WORKFLOW

ROOT = Path(__file__).parents[2]
ASK = """troupe: workflow/v1
name: ask
nodes:
  a: {block: ai.answer, with: {question: "{{ input.q }}", model: slow/model}}
output: "{{ a.text }}"
"""
WAIT = "troupe: workflow/v1\nname: waits\nnodes:\n  w: {block: flow.wait, with: {signal: go}}\n"


CASES = {"models": 200, "burst": 0, "waiting": None}


class Session:
    """Acts as the owner, a transaction at a time."""

    def __init__(self, troupe):
        self.troupe = troupe

    async def keep(self, text):
        parts = self.troupe.parts
        async with parts.database.workspace(accounts.LAPTOP) as db:
            return (await definitions.create(Scope(parts, accounts.LAPTOP, "owner", "bench", db), WORKFLOW, text)).name

    async def start(self, name, input):
        parts = self.troupe.parts
        async with parts.database.workspace(accounts.LAPTOP) as db:
            scope = Scope(parts, accounts.LAPTOP, "owner", "bench", db)
            run = await runs.start(scope, StartRun(workflow=name, input=input))
        for then in scope.after:
            then()
        return run.id

    async def rows(self, query):
        async with self.troupe.parts.database.workspace(accounts.LAPTOP) as db:
            return await db.rows(query)


def rss():
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


async def models(session, per_second, count=1000):
    """Overhead of a run: its time less its step's, which is the provider's. Started at once, or so many a second."""
    name = await session.keep(ASK)
    before, begun = rss(), time.perf_counter()
    starts = []
    for i in range(count):
        starts.append(asyncio.create_task(session.start(name, {"q": f"question {i}"})))
        if per_second and (early := i / per_second - (time.perf_counter() - begun)) > 0:
            await asyncio.sleep(early)
    await asyncio.gather(*starts)
    started = time.perf_counter() - begun
    while (await session.rows("SELECT count(*) AS n FROM runs WHERE ended_at IS NULL"))[0]["n"]:
        await asyncio.sleep(0.2)
    ends = await session.rows("SELECT status, count(*) AS n FROM runs GROUP BY 1")
    if failed := await session.rows("SELECT error FROM runs WHERE status = 'failed' LIMIT 1"):
        print(f"a run failed: {failed[0]['error']}", file=sys.stderr)
    steps = await session.rows("SELECT seconds FROM steps WHERE state = 'done'")
    spans = await session.rows(
        """SELECT extract(epoch FROM r.ended_at - r.started_at)::float8 - s.seconds AS over
           FROM runs r JOIN steps s ON s.run_id = r.id WHERE s.seconds IS NOT NULL"""
    )
    over = [s["over"] * 1000 for s in spans]
    return row(
        "load", f"models {per_second}/s" if per_second else "models at once", {
            "runs": count, "completed": sum(e["n"] for e in ends if e["status"] == "completed"), "start_s": started,
            "engine_overhead_p50_ms": percentile(over, 50), "engine_overhead_p99_ms": percentile(over, 99),
            "step_p50_s": percentile([s["seconds"] for s in steps], 50), "rss_mb": rss(), "rss_before_mb": before,
        },
    )  # fmt: skip


async def waiting(session, count=2000):
    name = await session.keep(WAIT)
    for _ in range(20):
        await session.start(name, {})
    while (await session.rows("SELECT count(*) AS n FROM runs WHERE status <> 'waiting'"))[0]["n"]:
        await asyncio.sleep(0.1)
    before = rss()
    for start in range(0, count, 100):
        await asyncio.gather(*[session.start(name, {}) for _ in range(start, start + 100)])
    while (await session.rows("SELECT count(*) AS n FROM runs WHERE status <> 'waiting'"))[0]["n"]:
        await asyncio.sleep(0.1)
    return row(
        "load", "waiting", {"runs": count, "rss_before_mb": before, "rss_after_mb": rss(), "kept_mb": rss() - before}
    )


async def measure(case):
    with tempfile.TemporaryDirectory(prefix="troupe-bench-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder)
        provider = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/servers/provider.py"), "--port", "0", "--delay", "1-5"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}"},
        )  # fmt: skip
        try:
            url = provider.stdout.readline().split()[-1]
            slow = {"slow": {"kind": "openai", "base_url": f"{url.rstrip('/')}/v1", "price_in": 0, "price_out": 0}}
            settings = read_settings({"TROUPE_PROVIDERS": json.dumps(slow)}, home=home)
            async with Postgres(home) as postgres:
                await migrate(postgres.url)
                async with embedded(settings, Logins.of(postgres.url)) as troupe:
                    await accounts.prepare_laptop(troupe.parts.database, "bench")
                    session = Session(troupe)
                    return await (waiting(session) if case == "waiting" else models(session, CASES[case]))
        finally:
            provider.kill()
            provider.wait()


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench load")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", default=",".join(CASES))
    given = parser.parse_args()
    for case in given.cases.split(","):
        show([asyncio.run(measure(case))], as_json=given.json)


if __name__ == "__main__":
    main()
