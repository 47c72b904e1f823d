"""Containers of Lambda that can be killed: each call of a function is a process of its own, forked from a warm one.

As the warm process (`python -m tests.chaos.container`) it is asked by one JSON line: {"function", "event", "answer",
"environment"}; it forks, waits, and tells by one line {"died": bool}. What the function gave is in the file `answer`.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Died(Exception):
    """Runtime.ExitError: the process ended without an answer."""


class Containers:
    """`with Containers() as them: them.handler("advance")(event, context)`. `kill_at` arms calls until one has died."""

    def __init__(self) -> None:
        self.kill_at, self.killed = "", 0
        self.environment: dict[str, str] = {}  # beside that of this process

    def __enter__(self) -> "Containers":
        self.folder = tempfile.TemporaryDirectory(prefix="troupe-containers-")
        env = {"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", "PATH": "/usr/bin:/bin"}
        self.warm = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.chaos.container"], cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self.warm.stdin
        assert self.warm.stdout
        self.warm.stdin.close()
        self.warm.wait(10)
        self.warm.stdout.close()
        self.folder.cleanup()

    def handler(self, function: str) -> Any:
        """The function as its caller meets it."""

        def call(event: Any, _: Any) -> Any:
            answer = Path(self.folder.name) / "answer"
            answer.unlink(missing_ok=True)
            named = ("AWS_", "TROUPE_")
            environment = {name: value for name, value in os.environ.items() if name.startswith(named)}
            environment |= self.environment
            environment |= {"TROUPE_TEST": "1", "TROUPE_KILL_AT": self.kill_at} if self.kill_at else {}
            died = self._tell(function=function, event=event, answer=str(answer), environment=environment)
            if died:
                self.kill_at, self.killed = "", self.killed + 1
                raise Died(f"{function} was killed")
            return json.loads(answer.read_text())

        return call

    def _tell(self, **asked: Any) -> bool:
        assert self.warm.stdin
        assert self.warm.stdout
        self.warm.stdin.write(json.dumps(asked) + "\n")
        self.warm.stdin.flush()
        return json.loads(self.warm.stdout.readline())["died"]


def main() -> None:
    from tests.functions.stage import TOGETHER

    handlers = dict(TOGETHER)
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what functions print is no answer
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            _live(handlers, asked)
        told.write(json.dumps({"died": os.waitpid(pid, 0)[1] != 0}) + "\n")
        told.flush()


def _live(handlers: dict[str, Any], asked: dict[str, Any]) -> None:
    """One call, in a process that knows nothing yet. Never returns."""
    from tests.functions.context import CONTEXT

    code = 1
    try:
        os.environ.update(asked["environment"])
        os.close(0)
        given = handlers[asked["function"]](asked["event"], CONTEXT)
        Path(asked["answer"]).write_text(json.dumps(given))
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
