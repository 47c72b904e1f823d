"""A warm process that forks workers: everything is imported, no thread and no event loop has been started.

One JSON line on stdin asks, one on stdout answers: {"spawn": …a plan for tests.chaos.child} → {"pid"};
{"gone": pid} → {"gone": bool}; {"kill": pid, "signal"} → {}.
"""

import gc
import json
import os
import signal
import sys
from typing import Any


def main() -> None:
    from tests.chaos import child  # the imports are what makes a fork quick

    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        if "spawn" in asked:
            answer["pid"] = _fork(child.main, asked["spawn"])
        elif "gone" in asked:
            answer["gone"] = os.waitpid(asked["gone"], os.WNOHANG)[0] != 0
        else:
            os.kill(asked["kill"], asked.get("signal", signal.SIGKILL))
            os.waitpid(asked["kill"], 0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _fork(run: Any, plan: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(0)
        os.dup2(2, 1)
        run(plan)
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
