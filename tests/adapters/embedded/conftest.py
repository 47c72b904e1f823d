"""A home of a test's own under the system's temp folder (pytest's lies where only root passes), and owners to kill."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.homes import begin
from troupe.adapters.embedded.postgres.leftovers import find_servers

ROOT = Path(__file__).parents[3]


class Owner:
    """A process that holds a Postgres; `said` is what it printed when that was ready, or why it is not."""

    def __init__(self, command: list[str], **how: Any) -> None:
        path = os.pathsep.join([str(ROOT / "shared"), *(p for p in sys.path if p.endswith("site-packages"))])
        environment = {"PYTHONPATH": path, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd="/", env=environment, **how)
        assert self.process.stdout
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline() or "{}")
        self.url: str = self.said.get("url", "")

    def tree(self) -> list[psutil.Process]:
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.process.wait(30)


@pytest.fixture
def home() -> Generator[Path]:
    path = Path(tempfile.mkdtemp(prefix="troupe-test-")).resolve()
    yield path
    gone = wait_gone(path)
    shutil.rmtree(path)
    assert gone, "a server outlived its owner"


@pytest.fixture
def begun(home: Path) -> Path:
    """The same, where a Postgres was before."""
    begin(home)
    return home


@pytest.fixture
def own(home: Path) -> Generator[Callable[..., Owner]]:
    """Start an owner of `home`: own("fork"), own(python=…, user=…)."""
    owners: list[Owner] = []

    def start(*args: str, before: list[str] | None = None, python: str = sys.executable, **how: Any) -> Owner:
        script = str(Path(__file__).with_name("owner.py"))
        owners.append(Owner([*(before or []), python, script, str(home), *args], **how))
        return owners[-1]

    yield start
    for owner in owners:
        owner.end()


def wait_gone(home: Path, seconds: float = 30.0) -> bool:
    """Whether every server process of the home ends within the time."""
    psutil.wait_procs(find_servers(home / "postgres/data"), timeout=seconds)
    return not find_servers(home / "postgres/data")
