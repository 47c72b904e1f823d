"""Case 71 at full size on AWS: outputs up to 100 MB, 30,000 turns of loops, 5,000 runs side by side.

Each passes by reference or is refused with a clear error before its effect, and no state holds more than ids and times.
"""

import json
import time
from collections.abc import AsyncGenerator

import pytest

from tests.bench.cost.shapes import each
from tests.parity.far import far_side
from tests.parity.houses import OVER, OnAws, on_aws

STATE = 262_144  # bytes that a state may take or give
BYTES = {"256 KiB": 262_144, "1 MiB": 1_048_576, "6 MB": 6_000_000, "100 MB": 100_000_000}
UNCLEAR = ("internal", "block_crashed", "")
MADE = """\
troupe: workflow/v1
name: made
nodes:
  make: {{block: code.python, with: {{code: "'x' * {size}", inputs: {{}}}}}}
  heard: {{block: flow.wait, after: [make], with: {{signal: go}}}}
output: "{{{{ make.result }}}}"
"""
TURNS = """\
  {name}:
    loop: {{until: index >= 9999, max: 10000}}{after}
    nodes:
      one: {{block: test.noop, with: {{value: "{{{{ index }}}}"}}}}
    output: "{{{{ one.value }}}}"
"""


def turns() -> str:
    """Three loops, one after the other, each as long as a loop may be."""
    after = ["", "\n    after: [a]", "\n    after: [b]"]
    loops = [TURNS.format(name=name, after=then) for name, then in zip("abc", after, strict=True)]
    return "".join(["troupe: workflow/v1\nname: turns\nnodes:\n", *loops, 'output: "{{ c }}"\n'])


async def play_sizes(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[tuple[str, str, str]]:
    """Size, how it ended, and what broke, as each is played."""
    async with far_side() as far, on_aws(monkeypatch, url, far.url) as house:
        for name, size in BYTES.items():
            yield name, *await _play(house, MADE.format(size=size), signal=True)
        yield "30,000 turns", *await _play(house, turns())
        yield "5,000 runs", *await _play(house, each(5000, 100))


async def _play(house: OnAws, text: str, *, signal: bool = False, seconds: float = 900.0) -> tuple[str, str]:
    before, began = set(house.stage.executions()), time.monotonic()
    run = await house.stage.start(text)
    status = await house.until(run, "waiting" if signal else "completed", *OVER, seconds=seconds)
    if status == "waiting" and signal:
        await house.call("POST", f"/runs/{run}/signals", {"name": "go", "payload": None})
        status = await house.until(run, *OVER, seconds=seconds)
    await house.quiet(seconds)
    [(error, size)] = house.rows("SELECT error, pg_column_size(output) FROM runs WHERE id = %s", run)
    code = (error or {}).get("code", "")
    wrong = [f"failed as {code!r}: {error}"] if status != "completed" and code in UNCLEAR else []
    wrong += [f"{size} bytes of output in the row"] if (size or 0) > STATE else []
    for execution in set(house.stage.executions()) - before:
        events = house.stage.history(execution)
        wrong += [f"{len(events)} events"] if len(events) >= 25_000 else []
        wrong += (
            ["a state holds more than ids"] if any(len(json.dumps(e, default=str)) > STATE / 10 for e in events) else []
        )
    return f"{status}{code and f': {code}'} in {time.monotonic() - began:.0f} s", "; ".join(wrong)
