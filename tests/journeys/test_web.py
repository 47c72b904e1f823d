"""The web app in a real browser (`frontend/e2e`), where there is one and the app is built."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.journeys.house import House, running

ROOT = Path(__file__).parents[2]
WEB = ROOT / "frontend"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONG = ("canvas", "frame", "runs", "studio", "chat")  # begun first, so that no worker waits for the other at the end
JOURNEYS = sorted(
    (path.name for path in (WEB / "e2e").glob("*.test.mjs")), key=lambda name: (name.split(".")[0] not in LONG, name)
)


@pytest.fixture(scope="module")
def rooms() -> Generator[House]:
    """The Troupe of the journeys that neither end it nor set it up."""
    with running(TROUPE_REAL_MODELS="off", TROUPE_EGRESS_ALLOW="127.0.0.0/8") as house:
        yield house


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="there is no chromium on this machine")
@pytest.mark.skipif(not (WEB / "dist/index.html").exists(), reason="the web app is not built: scripts/run builds it")
@pytest.mark.timeout(660)
@pytest.mark.parametrize("journey", JOURNEYS)
def test_the_web_app(journey: str, rooms: House) -> None:
    """A browser is late on a machine that does much else: what fails is tried once more, in a Troupe of its own."""
    first = walk(journey, TROUPE_JOURNEYS=str(rooms.home))
    if first.returncode:
        second = walk(journey)
        assert second.returncode == 0, first.stdout[-6000:] + second.stdout[-6000:] + second.stderr[-2000:]


def walk(journey: str, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", "--test", f"e2e/{journey}"], cwd=WEB, env=os.environ | {"TROUPE_PYTHON": sys.executable} | more,
        timeout=320, capture_output=True, text=True, check=False,
    )  # fmt: skip
