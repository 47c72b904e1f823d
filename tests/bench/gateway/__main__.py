"""`scripts/bench gateway [--json] [--peers] [--rounds N] [--cases a,b]`: what a call through us costs.

Troupe runs as people start it, with its journal, a token check and a workspace budget that every call is reserved
against. Contestants in turn within each round; ratios of one round mean something. `cpu_*` is the server's process
alone, `tree_cpu_*` with its Postgres.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from tests.bench.gateway import peers
from tests.bench.gateway.client import case
from tests.bench.results import percentile, row, show

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CASES = {  # model, streamed, at once, in all
    "ttft 5ms": ("fake-5ms", True, 1, 20),
    "ttft 0ms": ("fake-0ms", True, 1, 50),
    "50 streams 5ms": ("fake-5ms", True, 50, 150),
    "50 streams 0ms": ("fake-0ms", True, 50, 500),
    "50 whole": ("fake-0ms", False, 50, 2000),
    "1 whole": ("fake-0ms", False, 1, 300),
}
BUDGET = {"limit_usd": 1e6, "period": "day"}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench gateway")
    parser.add_argument("--json", action="store_true", help="one line a result")
    parser.add_argument("--peers", action="store_true", help="LiteLLM's proxy too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", default=",".join(CASES))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="troupe-bench-") as folder:
        Path(folder).chmod(0o755)
        servers = []
        try:
            measured(Path(folder), servers, given)
        finally:
            for server in servers:
                server.send_signal(signal.SIGTERM)
            for server in servers:
                server.wait(30)


def measured(home, servers, given):
    """Every case of every round, shown as it ends."""
    up = free_port()
    servers.append(subprocess.Popen([sys.executable, str(HERE / "upstream.py"), str(up)]))
    until_up(f"http://127.0.0.1:{up}/", servers[0])
    contestants = {"direct": (servers[0], up, "x", ""), "troupe": troupe(home / "home", servers, up)}
    if given.peers:
        port = free_port()
        servers.append(peers.start(peers.prepare(), home, port, f"http://127.0.0.1:{up}"))
        until_up(f"http://127.0.0.1:{port}/health/liveliness", servers[-1])
        contestants["litellm"] = (servers[-1], port, peers.KEY, "")
    for _, port, token, prefix in contestants.values():
        for stream in (True, False):  # connections, imports and plans are there when it counts
            asyncio.run(case(port, token, prefix + "fake-0ms", stream=stream, at_once=8, total=40))
    for number in range(1, given.rounds + 1):
        for name in given.cases.split(","):
            base = None
            for contestant, (server, port, token, prefix) in contestants.items():
                made = measure(name, server, port, token, prefix, base)
                base = base or made
                shown = row("gateway", name, made, contestant=contestant) | {"round": number}
                show([shown | {"case": name if given.json else f"{name} {contestant}"}], as_json=given.json)


def measure(name, server, port, token, prefix, base):
    model, stream, at_once, total = CASES[name]
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    before = [cpu(p) for p in family]
    calls, seconds = asyncio.run(case(port, token, prefix + model, stream=stream, at_once=at_once, total=total))
    spent = [cpu(p) - was for p, was in zip(family, before, strict=True)]
    made = {"req_per_s": total / seconds, "p50_ms": percentile([c[1] * 1e3 for c in calls], 50)}
    if stream:
        made |= {"ttft_p50_ms": percentile([c[0] * 1e3 for c in calls], 50)}
        made |= {"ttft_p95_ms": percentile([c[0] * 1e3 for c in calls], 95)}
        made |= {"cpu_us_per_token": spent[0] * 1e6 / sum(c[2] for c in calls)}
    if stream and base:
        made |= {f"added_{k}": made[k] - base[k] for k in ("ttft_p50_ms", "ttft_p95_ms")}
    if base:
        made |= {"ratio_to_direct": made["req_per_s"] / base["req_per_s"]}
    made |= {"cpu_ms_per_req": spent[0] * 1e3 / total, "tree_cpu_ms_per_req": sum(spent) * 1e3 / total}
    return made


def cpu(process):
    return sum(process.cpu_times()[:2])


def troupe(home, servers, up):
    """Started, with a budget that applies."""
    price = {"kind": "openai", "base_url": f"http://127.0.0.1:{up}/v1", "price_in": 0.1, "price_out": 0.4}
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}"}
    env |= {"TROUPE_PROVIDERS": json.dumps({"fake": price}), "TROUPE_REAL_MODELS": "off"}
    command = [sys.executable, "-P", "-m", "functions.cli", "up", "--home", str(home), "--port", "0", "--no-open"]
    server = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    servers.append(server)
    url = next(line for line in server.stdout if line.startswith("Troupe is ready at ")).split()[-1]
    token = (home / "token").read_text()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    asked = urllib.request.Request(
        f"{url}/api/v1/budgets/workspace", json.dumps(BUDGET).encode(), headers, method="PUT"
    )
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200
    return server, int(url.rsplit(":", 1)[1]), token, "fake/"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def until_up(url, server):
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError(f"{url} ended")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"{url} does not answer")


if __name__ == "__main__":
    main()
