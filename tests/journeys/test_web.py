"""The web app in a real browser (`frontend/e2e`), where there is one and the app is built."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "frontend"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
JOURNEYS = sorted(path.name for path in (WEB / "e2e").glob("*.test.mjs"))


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="there is no chromium on this machine")
@pytest.mark.skipif(not (WEB / "dist/index.html").exists(), reason="the web app is not built: scripts/run builds it")
@pytest.mark.timeout(660)
@pytest.mark.parametrize("journey", JOURNEYS)
def test_the_web_app(journey: str) -> None:
    """A browser is late on a machine that does much else: what fails is tried once more, and both are told."""
    first = walk(journey)
    if first.returncode:
        second = walk(journey)
        assert second.returncode == 0, first.stdout[-6000:] + second.stdout[-6000:] + second.stderr[-2000:]


def walk(journey: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", "--test", f"e2e/{journey}"], cwd=WEB, env=os.environ | {"TROUPE_PYTHON": sys.executable}, timeout=320,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
