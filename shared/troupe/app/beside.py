"""Work beside the event loop: worker processes for what may use much CPU, ended when their time is over.

`cpu` blocks, heavy expressions and what connectors read go here, so that nothing holds the loop that renews the lease.
A worker runs this file as a module: JSON lines in, JSON lines out, no settings, no database, a limit on memory.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

import orjson

from troupe.base.errors import Rejected, ServerFailed, StepFailed, TimedOut, tree
from troupe.base.values import Json

LINE = 64 * 1024 * 1024  # bytes of one request or answer
MEMORY = 1 << 30  # bytes of address space beyond what an interpreter maps at its start
EXPRESSION_SECONDS, LIST_SECONDS = 1.0, 10.0


class Beside:
    """At most `size` worker processes, started when needed and kept."""

    def __init__(self, size: int = 2) -> None:
        self._free: list[asyncio.subprocess.Process] = []
        self._room = asyncio.Semaphore(size)

    async def block(self, id: str, args: Json, *, seconds: float = 600.0) -> Json:
        """A `cpu` block's output. Raises the step error it ended with."""
        return await self._ask({"block": id, "args": args}, seconds)

    async def expression(self, source: str, variables: dict[str, Json]) -> Json:
        """What a CEL expression gives, in one second at most."""
        return await self._ask({"source": source, "variables": variables}, EXPRESSION_SECONDS)

    async def expressions(self, source: str, items: list[Json], variables: dict[str, Json]) -> Json:
        """What a CEL expression gives for each item, in ten seconds at most."""
        return await self._ask({"source": source, "variables": variables, "items": items}, LIST_SECONDS)

    async def connector(self, id: str, given: Json, seconds: float) -> Json:
        """What a connector's `heavy` gives. Raises the step error it ended with."""
        return await self._ask({"connector": id, "given": given}, seconds)

    async def close(self) -> None:
        """End the workers."""
        while self._free:
            await _end(self._free.pop())

    async def _ask(self, request: dict[str, Json], seconds: float) -> Json:
        async with self._room:
            worker = self._free.pop() if self._free else await _start()
            try:
                async with asyncio.timeout(seconds):
                    answer = await _talk(worker, request)
            except TimeoutError:
                await _end(worker)
                raise TimedOut(f"It was cut after {seconds:g} s of computing.") from None
            except BaseException:
                await _end(worker)
                raise
            if answer is None:
                await _end(worker)
                raise Rejected("It needed more memory than it may use.", code="too_much_memory")
            self._free.append(worker)
        return _read(answer)


async def _start() -> asyncio.subprocess.Process:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "troupe.app.beside",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE,
        env={"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    await cast(asyncio.StreamReader, worker.stdout).readline()  # ready: imports do not count against the first request
    return worker


async def _talk(worker: asyncio.subprocess.Process, request: dict[str, Json]) -> bytes | None:
    try:
        stdin = cast(asyncio.StreamWriter, worker.stdin)
        stdin.write(orjson.dumps(request) + b"\n")
        await stdin.drain()
        line = await cast(asyncio.StreamReader, worker.stdout).readline()
    except (ConnectionError, ValueError):
        return None
    return line or None


async def _end(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()


def _read(answer: bytes) -> Json:
    said = orjson.loads(answer)
    if "error" not in said:
        return said["value"]
    error = said["error"]
    kind = tree().get(error["kind"], ServerFailed)
    wrong = (kind if issubclass(kind, StepFailed) else StepFailed)(error["message"], hint=error["hint"])
    wrong.code = error["code"]
    raise wrong


# ── in the worker ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _serve(request: dict[str, Any]) -> Json:
    if "block" in request:
        from troupe.catalog.registry import get_block
        from troupe.features.workflows.steps import run_alone

        return await run_alone(get_block(request["block"]), request["args"])
    if "connector" in request:
        from troupe.catalog.registry import get_connector

        return get_connector(request["connector"]).heavy(request["given"])
    from troupe.features.workflows.expressions import evaluate

    source, variables = request["source"], request["variables"]
    if "items" not in request:
        return evaluate(source, variables)
    return [evaluate(source, {**variables, "item": item, "index": i}) for i, item in enumerate(request["items"])]


def _answer(line: bytes, serve: Callable[[dict[str, Any]], Awaitable[Json]]) -> dict[str, Any]:
    from troupe.base.errors import TroupeError

    try:
        return {"value": asyncio.run(serve(orjson.loads(line)))}  # pyright: ignore[reportArgumentType]
    except TroupeError as wrong:
        kind = type(wrong).code if wrong.status >= 500 else "rejected"  # what our own parts refuse
        return {"error": {"kind": kind, "code": wrong.code, "message": wrong.message, "hint": wrong.hint}}
    except MemoryError:
        raise
    except Exception as wrong:
        message = f"{type(wrong).__name__}: {str(wrong)[:500]}"
        return {"error": {"kind": "step_failed", "code": "block_crashed", "message": message, "hint": ""}}


def main() -> None:
    """Serve requests until the owner is gone."""
    import contextlib

    for module in ("expressions", "steps"):  # before the limit, so that imports do not count
        importlib.import_module(f"troupe.features.workflows.{module}")
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")  # noqa: PTH123, SIM115
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    out = os.dup(1)
    os.dup2(2, 1)  # a block that prints does not speak to our owner
    os.write(out, b"ready\n")
    for line in sys.stdin.buffer:
        answer = orjson.dumps(_answer(line, _serve)) + b"\n"
        while answer:
            answer = answer[os.write(out, answer) :]


if __name__ == "__main__":
    main()
