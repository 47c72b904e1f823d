"""Homes in which a Troupe was before: to make the data of a Postgres takes longer than most tests do.

The process that leads the test run makes one and names it in the environment; a run without it has none.
"""

import os
import shutil
import subprocess
from pathlib import Path

BEGUN = "TESTS_BEGUN"


def begin(home: Path) -> None:
    """Make a folder such a home, if there is one to copy."""
    if begun := os.environ.get(BEGUN):
        subprocess.run(["cp", "-a", "--reflink=auto", f"{begun}/postgres", str(home)], check=True)


def keep(home: Path, begun: Path) -> None:
    """Keep what lies in a home, whose server does not run, for those that are to come."""
    begun.mkdir(mode=0o711)
    os.environ[BEGUN] = str(begun)
    subprocess.run(["cp", "-a", "--reflink=auto", str(home / "postgres"), str(begun)], check=True)
    (begun / "postgres/log").unlink()


def forget() -> None:
    """Take it away."""
    if begun := os.environ.pop(BEGUN, ""):
        shutil.rmtree(begun)
