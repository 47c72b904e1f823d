"""`scripts/bench start [--json] [--roles]`: what each door costs to import, how long until the first answer, how much
memory; of every packaged role, from its folder alone, import and size against the budgets of DESIGN section 8.

Import CPU is of a fresh process less that of a bare interpreter, the median of seven. Memory is the sum of PSS over the
process tree once it serves. Roles are packaged for this machine's own Python (`scripts/package --here`), for what is
made for Lambda does not run here; their sizes are those of `build/ROLE` where it was made.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from tests.bench.results import row, show

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}{os.pathsep}{ROOT}"}
DOORS = {"api": "troupe.app.http", "advance": "functions.advance", "server": "functions.server", "cli": "functions.cli"}
ROLES = {  # what is imported; CPU milliseconds at most
    "api": ("functions.api", 450.0),
    "runs": ("functions.advance", 400.0),
    "stream": ("functions.service", 450.0),
    "sandbox": ("functions.sandbox", 400.0),
}
LAZY = ("openai", "anthropic", "google.genai", "boto3", "mcp")


def cpu_of(code, folder=None):
    """CPU milliseconds of a fresh interpreter that runs `code`; `folder`: with nothing to import from but this."""
    flags, begin = (
        (["-P"], "") if folder is None else (["-I", "-S"], f"import sys; sys.path.insert(0, {str(folder)!r})\n")
    )
    script = f"{begin}{code}\nimport os; t = os.times(); print((t.user + t.system) * 1000)"
    taken = [
        float(
            subprocess.run(
                [sys.executable, *flags, "-c", script], env=ENV, capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(7)
    ]
    return statistics.median(taken)


def imports():
    bare = cpu_of("pass")
    for name, module in DOORS.items():
        try:
            yield row(
                "start", f"import {name}", {"cpu_ms": cpu_of(f"import {module}") - bare}, settings={"module": module}
            )
        except subprocess.CalledProcessError:
            continue


def roles():
    """Every packaged role against its budgets."""
    from scripts.package import ROLES as PACKAGED
    from scripts.package import megabytes

    for name, (module, most) in ROLES.items():
        here, made = ROOT / "build/here" / name, ROOT / "build" / name
        cpu = cpu_of(f"import {module}", here) - cpu_of("pass", here)
        size, room = megabytes(made if made.is_dir() else here), PACKAGED[name].most
        note = f"import: {most:.0f} ms, {'met' if cpu <= most else 'MISSED'}; size: {room} MB, "
        yield row(
            "start", f"role {name}", {"cpu_ms": cpu, "mb": size},
            settings={"module": module, "cpu_ms_most": most, "mb_most": room},
            note=note + ("met" if size <= room else "MISSED"),
        )  # fmt: skip


def serving(home):
    """Start the one process; seconds until it serves, and its memory."""
    begun = time.perf_counter()
    command = [sys.executable, "-P", "-m", "functions.cli", "up", "--home", str(home), "--port", "0", "--no-open"]
    server = subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in server.stdout:
        if line.startswith("Troupe is ready at "):
            url = line.split()[-1]
            break
    with urllib.request.urlopen(f"{url}/api/v1/health") as answer:
        json.load(answer)
    taken = time.perf_counter() - begun
    tree = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    pss = sum(p.memory_full_info().pss for p in tree if p.is_running())
    server.send_signal(signal.SIGTERM)
    server.wait(20)
    return taken, pss / 1e6


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench start")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--roles", action="store_true", help="package every role for this machine, and measure it")
    given = parser.parse_args()
    if given.roles:
        subprocess.run([sys.executable, "-P", "scripts/package.py", "--here"], cwd=ROOT, check=False)
        show(roles(), as_json=given.json)
        return
    show(imports(), as_json=given.json)
    with tempfile.TemporaryDirectory(prefix="troupe-bench-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        cold, _ = serving(home)
        warm, memory = serving(home)
    show(
        [
            row("start", "first start", {"seconds": cold}),
            row("start", "warm start", {"seconds": warm, "pss_mb": memory}),
        ],
        as_json=given.json,
    )


main()
