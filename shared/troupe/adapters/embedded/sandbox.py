"""Sandbox on pydantic-monty: an interpreter of a Python subset without any door, in a worker process of its own.

The library is young: this file alone knows it. A worker serves one piece of code and ends, so nothing passes from one
workspace to another; below the interpreter's own limits lie those of the kernel (memory, files, processes).
"""

import asyncio
import math
import resource
import sys
from contextlib import suppress
from typing import Any, cast

from troupe.base.errors import Rejected, ServerFailed, TimedOut
from troupe.base.values import MAX_DEPTH, Json, clean

WORKERS = 2
GRACE = 0.25  # seconds after the time limit at which a worker that does not stop itself is killed
MAX_VALUES, MAX_TEXT = 1_000_000, 32_000_000  # of a result; a small value may hold itself many times over
OWN_MEMORY = 384 << 20  # bytes of address space that a worker maps, or may need for a moment, beyond the limit


class MontySandbox:
    """The sandbox port. Workers start at first use; `close` ends them."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._turn = asyncio.Lock()

    async def run(self, code: str, inputs: dict[str, Json], *, seconds: float = 5.0, memory_mb: int = 128) -> Json:
        """The value of the last expression, `inputs` being its variables."""
        for name in inputs:
            if not name.isidentifier():
                raise Rejected(f"The input {name[:100]!r} cannot be a variable.", code="bad_input")
        limits = {
            "max_feed_duration_secs": seconds,
            "max_memory": memory_mb << 20,
            "max_total_sleep_secs": 0.0,
            "max_recursion_depth": 500,
        }
        return to_json(await self._feed(code, inputs, limits, seconds))

    async def close(self) -> None:
        """End the workers."""
        async with self._turn:
            pool, self._pool = self._pool, None
            if pool is not None:
                await pool.__aexit__(None, None, None)

    async def _feed(self, code: str, inputs: dict[str, Json], limits: dict[str, Any], seconds: float) -> Any:
        import pydantic_monty as monty

        pool = await self._open()
        try:
            async with pool.checkout(
                script_name="code", limits=limits, os_policy={"random_start": "system"}
            ) as session:
                _bound(session.worker_pid, limits["max_memory"] + OWN_MEMORY)
                said = monty.CollectString(max_bytes=1 << 20)
                return await session.feed_run(code, inputs=inputs, print_callback=said)
        except monty.MontyCrashedError as crashed:
            if crashed.timed_out:
                raise TimedOut(f"The code was stopped after {seconds:g} s.") from None
            message = "The code broke the interpreter, most likely by too much memory."
            raise Rejected(message, code="too_much_memory") from None
        except (monty.MontySyntaxError, monty.MontyRuntimeError) as wrong:
            raise _failure(wrong, seconds) from None
        except monty.MontyError as wrong:
            raise Rejected(f"The code cannot be run: {wrong}", code="code_failed") from None
        except OSError as missing:
            raise ServerFailed(f"The sandbox does not start: {missing}") from missing

    async def _open(self) -> Any:
        async with self._turn:
            if self._pool is None:
                import pydantic_monty as monty

                pool = monty.AsyncMonty(
                    min_processes=0, max_processes=WORKERS, max_checkouts_per_worker=1, feed_duration_limit_grace=GRACE
                )
                self._pool = await pool.__aenter__()
            return self._pool


def _bound(pid: int | None, memory: int) -> None:
    """What the kernel refuses the worker, whatever the interpreter thinks (Linux)."""
    if pid is None or not sys.platform.startswith("linux"):
        return
    none = (0, 0)
    bounds = [(resource.RLIMIT_AS, (memory, memory)), (resource.RLIMIT_FSIZE, none), (resource.RLIMIT_CORE, none)]
    with suppress(ProcessLookupError):
        for kind, bound in bounds:
            resource.prlimit(pid, kind, bound)


def _failure(wrong: Any, seconds: float) -> Exception:
    """The library's error as ours, with the line where there is one."""
    inner, frames = wrong.exception(), wrong.traceback()
    message = f"{type(inner).__name__}: {inner}"[:500]
    if isinstance(inner, TimeoutError) and "sleep limit" in str(inner):
        return Rejected("The code sleeps; let the workflow wait instead.", code="code_failed")
    if isinstance(inner, TimeoutError) and not frames:
        return TimedOut(f"The code was stopped after {seconds:g} s.")
    if isinstance(inner, MemoryError):
        return Rejected("The code uses too much memory.", code="too_much_memory")
    line = frames[-1].line if frames else getattr(inner, "lineno", None)
    return Rejected(f"Line {line}: {message}" if line else message, code="code_failed")


def to_json(value: Any) -> Json:
    """The value as JSON; counted first, since one list may stand in itself a billion times. Raises Rejected."""
    left, text, level = MAX_VALUES, MAX_TEXT, [value]
    for _ in range(MAX_DEPTH + 2):
        inner: list[Any] = []
        for one in level:
            text -= len(one) if isinstance(one, str) else 0
            inner.extend(_inside(one))
            if len(inner) > left or text < 0:
                raise Rejected("The result is too large; give less, or write it to a file.", code="too_much_memory")
        left -= len(inner)
        level = inner
        if not level:
            return clean(value)
    raise Rejected(f"The result nests more than {MAX_DEPTH} levels deep.", code="code_failed")


def _inside(value: Any) -> list[Any]:
    if value is None or isinstance(value, (bool, int, float, str)):
        if isinstance(value, float) and not math.isfinite(value):
            raise Rejected(f"The result holds {value}, which JSON does not have.", code="code_failed")
        return []
    if isinstance(value, dict):
        items = cast(dict[Any, Any], value)
        return [*items, *items.values()]
    if isinstance(value, (list, tuple)):
        return list(cast(list[Any], value))
    kind = type(value).__name__
    raise Rejected(
        f"The result holds a {kind}; give text, numbers, lists and dicts.",
        code="code_failed",
        hint="Try str() or list().",
    )
