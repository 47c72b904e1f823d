"""Faults from a seed: what AWS may do to a house at any time, and what becomes of the cases under it.

A call of an adapter that carries runs is never sent, or its answer is lost (what a step's own call meets is the step's
failure, which its workflow retries); a function's call is never begun, or its answer is lost; a
message is delivered twice, a token comes twice or late. None of it may change how a run ends or what it does outside.
"""

import asyncio
import functools
import random
import time
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.parity.far import Arrival, Far, far_side
from tests.parity.houses import QUICK, OnAws, on_aws
from tests.parity.story import FILES, Played, cases, define, play
from tests.servers.lambdas import Ended, Lambdas
from troupe.adapters.aws._client import Client
from troupe.base.errors import Unavailable

RATE, MOST = 0.12, 8  # of all calls, how many go wrong; in one case at most
CARRIERS = ("sqs", "stepfunctions")
LATE = 0.3  # seconds that a token is late
STUCK = 4.0  # seconds after which a run that nobody came for is left to the sweep
SWEEP = 130.0  # seconds that pass before it comes


class Faults:
    """A schedule. `begin` starts one for a case; `made` counts what was done, by kind."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.spared: Any = None  # the account as the test itself reaches it
        self.begin(random.Random(), 0)

    def begin(self, chance: random.Random, most: int) -> None:
        self.chance, self.left = chance, most

    def pick(self, *kinds: str) -> str:
        """What goes wrong with this call, or nothing."""
        if self.left <= 0 or self.chance.random() >= RATE:
            return ""
        kind = self.chance.choice(kinds)
        self.left -= 1
        self.made[kind] += 1
        return kind


@contextmanager
def faulty(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Adapters and functions fail as the schedule says while this lasts."""
    run, call, invoke = Client.run, Client.call, Lambdas.invoke

    @functools.wraps(run)
    async def shaky_run(self: Client, work: Any, **more: Any) -> Any:
        if self.aws is faults.spared or self.service not in CARRIERS:
            return await run(self, work, **more)
        kind = faults.pick(f"{self.service}: not sent", f"{self.service}: answer lost")
        if kind.endswith("not sent"):
            raise Unavailable(f"{self.service} cannot be reached.", code="aws_unavailable")
        answer = await run(self, work, **more)
        if kind:
            raise Unavailable(f"{self.service} did not answer.", code="aws_unavailable")
        return answer

    @functools.wraps(call)
    async def shaky_call(self: Client, operation: str, **more: Any) -> Any:
        if operation == "send_task_success":
            kind = faults.pick("token twice", "token late")
            if kind == "token twice":
                await call(self, operation, **more)
            elif kind:
                await asyncio.sleep(LATE)
        return await call(self, operation, **more)

    @functools.wraps(invoke)
    async def shaky_invoke(self: Lambdas, name: str, event: Any) -> Any:
        kind = faults.pick(f"{name}: not begun", f"{name}: answer lost") if name in ("advance", "wait") else ""
        if kind.endswith("not begun"):
            return Ended({"errorType": "Lambda.TooManyRequestsException", "errorMessage": "slow down"})
        answer = await invoke(self, name, event)
        return Ended({"errorType": "Lost", "errorMessage": "the function was cut"}) if kind else answer

    with monkeypatch.context() as patch:
        patch.setattr(Client, "run", shaky_run)
        patch.setattr(Client, "call", shaky_call)
        patch.setattr(Lambdas, "invoke", shaky_invoke)
        yield


class Shaken(OnAws):
    """AWS with faults. A run that nobody comes for is found by the sweep, as it would be in time."""

    async def until(self, run: str, *statuses: str, seconds: float = 120.0) -> str:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await super().until(run, *statuses, seconds=STUCK)
                except TimeoutError:
                    await self.sweep()

    async def quiet(self, seconds: float = 120.0) -> None:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await super().quiet(STUCK)
                except TimeoutError:
                    await self.sweep()

    async def sweep(self) -> None:
        """Leases end, visibility passes, and the safety sweep comes."""
        await self.move(SWEEP)
        for _ in range(20):
            try:
                await self.stage.sweep()
                return
            except Unavailable:
                continue

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A caller asks again when it is told to."""
        for _ in range(20):
            status, answer = await super().ask(method, path, body)
            if status != 503:
                break
        return status, answer


def twice(faults: Faults, batch: Any) -> Any:
    """A queue that delivers some batches again, at once or beside each other."""

    async def deliver(records: list[dict[str, Any]]) -> list[str]:
        kind = faults.pick("messages again", "messages twice at once") if records else ""
        if kind == "messages twice at once":
            first, again = await asyncio.gather(batch(records), batch(records))
            return [id for id in first if id in again]
        failed = await batch(records)
        if kind:
            await batch(records)
        return failed

    return deliver


def wrong_effects(arrivals: list[Arrival]) -> list[str]:
    """By the ledger: what may happen once came once, what may be repeated came with the same key each time."""
    posts = Counter((a.path, str(a.body)) for a in arrivals if a.method == "POST")
    keys: dict[str, set[str]] = {}
    for a in arrivals:
        if a.method == "PUT":
            keys.setdefault(f"{a.path} {a.body}", set()).add(a.key)
    return [f"{at} came {n} times" for at, n in posts.items() if n > 1] + [
        f"{at} came with {len(found)} keys" for at, found in keys.items() if len(found) > 1 or "" in found
    ]


def outcome(played: Played, far: Far) -> Any:
    """What a case came to: how its runs ended and what arrived outside, reads and repetitions apart."""
    arrivals = far.take()
    lasting = sorted({(a.method, a.path, str(a.body)) for a in arrivals if a.method != "GET"})
    ends = [(log["1 run"]["status"], log["1 run"]["output"], _code(log["1 run"]["error"])) for log in played.logs]
    return {"ends": ends, "effects": [list(one) for one in lasting], "wrong": wrong_effects(arrivals)}


def _code(error: dict[str, Any] | None) -> str:
    return error["code"] if error else ""


@dataclass
class Tally:
    """What was played: seeds, faults by kind, and the first seed under which something came out otherwise."""

    seeds: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: str = ""


async def play_seeds(url: str, monkeypatch: pytest.MonkeyPatch, seeds: Iterable[int], end: float) -> Tally:
    """A seed is a case and a schedule of faults; each must come to what the case comes to without. Until `end` at most,
    by the monotonic clock, or until the first that does not."""
    faults, tally, expected = Faults(), Tally(), dict[str, Any]()
    monkeypatch.setattr("troupe.durable.worker.LINGER", QUICK)
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(far_side())
        stack.enter_context(faulty(faults, monkeypatch))
        options = {"kind": Shaken, "deliver": lambda batch: twice(faults, batch)}
        house = await stack.enter_async_context(on_aws(monkeypatch, url, far.url, None, **options))
        faults.spared = house.stage.aws
        chosen = [case for file in FILES for case in cases(file, far.url) if not case.model]
        await define(house, [case for file in FILES for case in cases(file, far.url)])
        for seed in seeds:
            chance = random.Random(seed)
            case = chance.choice(chosen)
            if case.about not in expected:
                expected[case.about] = outcome(await play(house, case), far)
            faults.begin(chance, MOST)
            try:
                found: Any = outcome(await play(house, case), far)
            except Exception as wrong:
                found = repr(wrong)
            faults.begin(chance, 0)
            tally.seeds += 1
            if found != expected[case.about]:
                tally.wrong = f"seed {seed}, {case.about}: {found} and not {expected[case.about]}"
            if tally.wrong or time.monotonic() > end:
                break
    tally.faults = faults.made
    return tally
