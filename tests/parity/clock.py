"""Time that a test moves: that of a database, and of the executions that moto's interpreter lets wait.

A database has one function that says what time it is (`troupe_now`), so that is put forward. moto sleeps by the wall
clock; here its waits and time-outs end by ours, and what it would sleep between two tries of a call is passed over.
"""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

NOW = """CREATE OR REPLACE FUNCTION troupe_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT clock_timestamp() + interval '{:.3f} seconds' $$"""
LOOK = 0.05  # seconds until a sleeper looks again whether it is told to end


class Clock:
    """`move` puts it forward; `sleepers` is how many executions wait for it."""

    def __init__(self, url: str) -> None:
        self.url, self.ahead, self.sleepers = url, 0.0, 0
        self._moved = threading.Condition()

    def move(self, seconds: float) -> None:
        """Put it forward, in the database first: whoever wakes finds the later time there."""
        with psycopg.connect(self.url, autocommit=True) as owner:
            owner.execute(NOW.format(self.ahead + seconds))  # type: ignore[arg-type]
        with self._moved:
            self.ahead += seconds
            self._moved.notify_all()

    def time(self) -> float:
        return time.monotonic() + self.ahead

    def wait(self, over: threading.Event, seconds: float | None) -> None:
        """Until it is over, or so many seconds have passed by this clock."""
        end = None if seconds is None else self.time() + seconds
        with self._moved:
            self.sleepers += 1
            while not over.is_set() and (end is None or self.time() < end):
                self._moved.wait(LOOK)
            self.sleepers -= 1


@contextmanager
def moto_sleeps_by(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Executions wait by this clock while this lasts."""
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint

    def wait(endpoint: Any, timeout: float | None = None) -> Any:
        clock.wait(endpoint._notify_event, timeout)
        return endpoint.get_outcome()

    def interval(_: Any, env: Any, wait_seconds: float) -> None:
        """moto took the wall clock's time from a time-stamp of ours."""
        clock.wait(env.program_state_event, wait_seconds - clock.ahead)

    class NoPause:
        sleep = staticmethod(lambda _: None)

    with monkeypatch.context() as patch:
        patch.setattr(CallbackEndpoint, "wait", wait)
        patch.setattr(WaitFunction, "_wait_interval", interval)
        patch.setattr(retrier_decl, "time", NoPause)
        yield
