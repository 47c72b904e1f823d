"""The templates of every profile, written once for the whole test run."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROFILES = ("standard", "lean", "ha")


class Templates:
    """One profile's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stacks = {
            path.name.split(".")[0].rpartition("-")[2]: json.loads(path.read_text())
            for path in sorted(folder.glob("*.template.json"))
        }

    def all(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Resources of a type, by stack and name."""
        for stack, template in self.stacks.items():
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield f"{stack}/{name}", resource


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they are; the worker that comes first writes them for the others."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        out = tmp_path_factory.getbasetemp().parent / "templates"
    else:
        out = tmp_path_factory.mktemp("templates") / "all"
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            done = subprocess.run(
                [sys.executable, "-m", "infra.rules", str(out)], cwd=ROOT, capture_output=True, text=True, check=False,
                env=os.environ | {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
            )  # fmt: skip
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return out


@pytest.fixture(params=PROFILES)
def templates(request: pytest.FixtureRequest, written: Path) -> Templates:
    return Templates(written / request.param)


@pytest.fixture
def lean(written: Path) -> Templates:
    return Templates(written / "lean")
