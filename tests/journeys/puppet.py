"""A scripted model server in a thread of its own, for tests that call Troupe from outside."""

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.journeys.house import House, running
from tests.servers.provider import ProviderServer, Say, provider_server

__all__ = ["Puppet", "Say", "fresh_puppet", "house_of", "models_of", "puppet"]


class Puppet:
    """`with Puppet() as puppet: puppet.say(Say("hello"))`."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with provider_server() as self.server:
            self._ready.set()
            await self._over.wait()

    def __enter__(self) -> "Puppet":
        self.server = ProviderServer()
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def bodies(self) -> list[Any]:
        return self.server.bodies

    @property
    def default(self) -> Say:
        return self.server.default

    @default.setter
    def default(self, say: Say) -> None:
        self.server.default = say

    def say(self, *answers: Say) -> None:
        """Put answers in the queue."""
        self.server.say(*answers)

    def reset_queue(self, *answers: Say) -> None:
        """Say this next, whatever was to be said."""
        self.server.queue.clear()
        self.say(*answers)

    def reset(self) -> None:
        """Forget what was said and asked."""
        self.server.queue.clear()
        self.server.seen.clear()
        self.server.default = Say()


@contextmanager
def house_of(
    server: Puppet, *agents: str, allow: str = "", ollama: str = "", **more: dict[str, Any]
) -> Generator[House]:
    """A Troupe whose models are the puppet's, with these agents. `more`: providers; `allow`: hosts it may reach;
    `ollama`: where one is said to run."""
    told = {name: to for name, to in {"TROUPE_EGRESS_ALLOW": allow, "TROUPE_OLLAMA": ollama}.items() if to}
    with running(*agents, **models_of(server, **more), **told) as house:
        yield house


def models_of(server: Puppet, **more: dict[str, Any]) -> dict[str, str]:
    """The settings of such a Troupe."""
    named = {"puppet": dict[str, Any](), **more}
    providers = {name: {"kind": "openai", "base_url": f"{server.url}/v1", **own} for name, own in named.items()}
    return {"TROUPE_PROVIDERS": json.dumps(providers), "TROUPE_REAL_MODELS": "off"}


@pytest.fixture(scope="module")
def puppet() -> Generator[Puppet]:
    with Puppet() as serving:
        yield serving


@pytest.fixture(autouse=True)
def fresh_puppet(request: pytest.FixtureRequest) -> None:
    """Each test begins with a server that was told and asked nothing."""
    if "puppet" in request.fixturenames:
        request.getfixturevalue("puppet").reset()
