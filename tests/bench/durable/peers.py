"""The peers' environments: made once, pinned, kept apart from ours."""

import os
import subprocess
import sys
from pathlib import Path

PINS = {
    "dbos": ["dbos==3.4.0", "psycopg[binary]==3.3.9"],
    "dbos_sync": ["dbos==3.4.0", "psycopg[binary]==3.3.9"],
    "langgraph": ["langgraph==1.2.22", "langgraph-checkpoint-postgres==3.2.0", "psycopg[binary,pool]==3.3.9"],
    "langgraph_async": ["langgraph==1.2.22", "langgraph-checkpoint-postgres==3.2.0", "psycopg[binary,pool]==3.3.9"],
}
BEST = ("dbos", "dbos_sync", "langgraph")  # langgraph_async may lose its last step in a crash, so it sets no mark


def prepare():
    """Contestant to its Python; environments lie in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "troupe-bench"
    made = {}
    for name, pins in PINS.items():
        folder = cache / pins[0].replace("==", "-")
        python = folder / "bin" / "python"
        if not (folder / "ready").exists():
            subprocess.run([sys.executable, "-m", "uv", "venv", "-q", "--clear", str(folder)], check=True)
            subprocess.run(
                [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), *pins], check=True
            )
            (folder / "ready").touch()
        made[name] = str(python)
    return made
