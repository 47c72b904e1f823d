"""The two houses that a case is played in: the one process, and AWS. Both have the same few verbs."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.functions.stage import TOKEN, Stage, stage
from tests.parity.clock import Clock, moto_sleeps_by
from tests.servers.provider import ProviderServer, Say, provider_server
from troupe.app.http import http_app
from troupe.app.wiring import Logins, embedded
from troupe.base.settings import read_settings
from troupe.features.accounts import service as accounts

OVER = ("completed", "failed", "terminated")
QUICK = 0.4  # seconds that a slice stays in memory for runs below it, in place of 5
LOOK = 0.015  # seconds between two looks at what stands in the database
PATIENCE = 90.0
BUSY = """SELECT count(*) FROM runs
    WHERE worker IS NOT NULL OR due <= troupe_now() OR (status = 'queued')"""


class House:
    """What both can: ask the API, look at runs, wait until nothing moves, move the clock."""

    name = ""

    def __init__(self, url: str, provider: ProviderServer) -> None:
        self.url, self.provider, self.clock = url, provider, Clock(url)
        self._look = psycopg.connect(url, autocommit=True)

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of an answer of the API."""
        raise NotImplementedError

    async def move(self, seconds: float) -> None:
        """Let so much time pass. Nothing is under way."""
        raise NotImplementedError

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """An answer that is none of refusal."""
        status, answer = await self.ask(method, path, body)
        assert status < 300, (self.name, method, path, status, answer)
        return answer

    def rows(self, query: str, *params: Any) -> list[Any]:
        """What stands in the database, for looks that ask nothing of the house."""
        return self._look.execute(query, params).fetchall()  # type: ignore[arg-type]

    async def until(self, run: str, *statuses: str, seconds: float = PATIENCE) -> str:
        """The status of a run once it is one of these."""
        async with asyncio.timeout(seconds):
            while (status := self.rows("SELECT status FROM runs WHERE id = %s", run)[0][0]) not in statuses:
                if status in OVER:
                    error = self.rows("SELECT error FROM runs WHERE id = %s", run)
                    raise AssertionError(f"{self.name}: the run is {status}, {error}, and was to be {statuses}")
                await asyncio.sleep(LOOK)
        return status

    def busy(self) -> bool:
        """Whether a run is held or due."""
        return bool(self.rows(BUSY)[0][0])

    async def quiet(self, seconds: float = PATIENCE) -> None:
        """Until nothing moves. What is looked at one after the other may move on meanwhile: two looks agree."""
        still = 0
        async with asyncio.timeout(seconds):
            while still < 2:
                still = 0 if self.busy() else still + 1
                await asyncio.sleep(LOOK)

    def stands(self) -> Any:
        """How things stand, for who asks why they do not go on."""
        return self.rows("SELECT id, status, reason, due, worker, epoch, error FROM runs WHERE status <> 'completed'")

    def look_again(self) -> None:
        """By a new connection; raises psycopg.Error while the database is away."""
        self._look.close()
        self._look = psycopg.connect(self.url, autocommit=True)

    def close(self) -> None:
        self._look.close()


class AtHome(House):
    """The one process, its API asked without a wire. Time passes while it is off: it is started again after."""

    name = "home"

    def __init__(self, url: str, provider: ProviderServer, home: Path, environment: dict[str, str]) -> None:
        super().__init__(url, provider)
        self.settings = read_settings(environment | {"TROUPE_HOME": str(home)})
        self._on = AsyncExitStack()

    async def start(self) -> None:
        troupe = await self._on.enter_async_context(embedded(self.settings, Logins.of(self.url)))
        await accounts.prepare_laptop(troupe.parts.database, TOKEN)
        transport = httpx2.ASGITransport(app=http_app(troupe.parts))
        headers = {"authorization": f"Bearer {TOKEN}"}
        client = httpx2.AsyncClient(transport=transport, base_url="http://api.test/api/v1", headers=headers)
        self._client = await self._on.enter_async_context(client)

    async def stop(self) -> None:
        on, self._on = self._on, AsyncExitStack()
        await on.aclose()

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = await self._client.request(method, path, json=body)
        return answer.status_code, answer.json()

    async def move(self, seconds: float) -> None:
        await self.stop()
        self.clock.move(seconds)
        await self.start()


class OnAws(House):
    """Every function on moto, the state machine on moto's interpreter."""

    name = "aws"

    def __init__(self, url: str, provider: ProviderServer, made: Stage, clock: Clock) -> None:
        super().__init__(url, provider)
        self.stage, self.clock = made, clock

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.stage.ask(method, path, body)

    async def move(self, seconds: float) -> None:
        """No lease ends while a function is at work: it would have kept it."""
        async with asyncio.timeout(PATIENCE):
            while self.stage.at_work():
                await asyncio.sleep(LOOK)
        await asyncio.to_thread(self.clock.move, seconds)

    def busy(self) -> bool:
        """Nor does an execution do anything but wait."""
        return super().busy() or self.stage.at_work() or self.stage.under_way() or self._going() != self.clock.sleepers

    def stands(self) -> Any:
        made = self.stage
        histories = {
            name: made.history(name)[-3:] for name, status in made.executions().items() if status != "SUCCEEDED"
        }
        return super().stands(), histories, f"at work: {made.at_work()}, queue: {made.under_way()}"

    def _going(self) -> int:
        return sum(status == "RUNNING" for status in self.stage.executions().values())


def environment(provider: ProviderServer, far: str) -> dict[str, str]:
    """What both houses are told of the outside: a provider of models of their own, and where they may reach."""
    kinds = {"puppet": {"kind": "openai", "base_url": f"{provider.url}/v1", "price_in": 1.0, "price_out": 1.0}}
    return {
        "TROUPE_PROVIDERS": json.dumps(kinds),
        "TROUPE_REAL_MODELS": "off",
        "TROUPE_EGRESS_ALLOW": far.removeprefix("http://"),
    }


@asynccontextmanager
async def at_home(url: str, home: Path, far: str) -> AsyncGenerator[AtHome]:
    """The one process while this lasts."""
    async with provider_server(Say("ok")) as provider:
        house = AtHome(url, provider, home, environment(provider, far))
        await house.start()
        try:
            yield house
        finally:
            await house.stop()
            house.close()


@asynccontextmanager
async def on_aws(
    monkeypatch: pytest.MonkeyPatch, url: str, far: str, more: dict[str, str] | None = None,
    kind: type[OnAws] = OnAws, **options: Any,
) -> AsyncGenerator[OnAws]:  # fmt: skip
    """AWS while this lasts. `more`: of its environment; `options`: of its stage."""
    clock = Clock(url)
    async with provider_server(Say("ok")) as provider:
        with moto_sleeps_by(clock, monkeypatch):
            async with stage(monkeypatch, url, environment(provider, far) | (more or {}), **options) as made:
                house = kind(url, provider, made, clock)
                try:
                    yield house
                finally:
                    house.close()
