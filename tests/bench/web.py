"""`scripts/bench web [--json]`: what the web app weighs and how it moves.

build     Seconds of `vite build`; gzip bytes of what every page loads, and of what each route loads beyond it.
studio    A workflow of 500 nodes: milliseconds until its first nodes are drawn, frames a second while one is dragged.
runs      A list of 10,000 runs: how often it was somewhere else than it was scrolled to.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.results import row, show

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
ROUTE = "lazyRouteComponent(() => import("


def build(folder):
    """Seconds, and the manifest of a build that goes to `folder`."""
    begun = time.perf_counter()
    vite = [
        "node",
        "node_modules/vite/bin/vite.js",
        "build",
        "--manifest",
        "--outDir",
        str(folder),
        "--logLevel",
        "error",
    ]
    subprocess.run(vite, cwd=FRONTEND, check=True, stdout=subprocess.DEVNULL)
    taken = time.perf_counter() - begun
    return taken, json.loads((folder / ".vite/manifest.json").read_text())


def loaded(manifest, name):
    """The keys of a chunk and of all that it cannot do without."""
    found, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += manifest[one].get("imports", [])
    return found


def weigh(folder, manifest, keys):
    """Gzip bytes of chunks and their styles; fonts and pictures come later and are not counted."""
    files = {f for k in keys for f in (manifest[k]["file"], *manifest[k].get("css", []))}
    return sum(len(gzip.compress((folder / f).read_bytes(), 9)) for f in files)


def sizes():
    with tempfile.TemporaryDirectory(prefix="troupe-web-") as name:
        folder = Path(name)
        taken, manifest = build(folder)
        entry = loaded(manifest, "index.html")
        yield row("web", "build", {"seconds": taken, "entry_gzip_kb": weigh(folder, manifest, entry) / 1000})
        for route in routes(manifest):
            beyond = loaded(manifest, route) - entry
            yield row("web", route.removeprefix("src/"), {"gzip_kb": weigh(folder, manifest, beyond) / 1000})


def routes(manifest):
    """What the router loads when a page is opened, as the manifest calls it."""
    lines = (FRONTEND / "src/app/router.tsx").read_text().splitlines()
    asked = {line.split(ROUTE)[1].split('"')[1] for line in lines if ROUTE in line}
    paths = {one.replace("@/", "src/").replace("./", "src/app/") for one in asked}
    return sorted(key for key in manifest["index.html"]["dynamicImports"] if key.rsplit(".", 1)[0] in paths)


def moving():
    """What a browser sees, by frontend/e2e/bench.mjs."""
    env = {**os.environ, "TROUPE_PYTHON": sys.executable}
    done = subprocess.run(
        ["node", "e2e/bench.mjs"], cwd=FRONTEND, env=env, check=True, stdout=subprocess.PIPE, text=True, timeout=900
    )
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            said = json.loads(line)
            yield row("web", said.pop("case"), said)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench web")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", choices=["sizes", "moving"])
    given = parser.parse_args()
    if shutil.which("node") is None or not (FRONTEND / "node_modules").is_dir():
        sys.exit("scripts/bench web needs Node and frontend/node_modules: scripts/test tests/web installs them.")
    if given.only != "moving":
        show(sizes(), as_json=given.json)
    if given.only != "sizes":
        show(moving(), as_json=given.json)


main()
