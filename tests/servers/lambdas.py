"""Lambda as its callers meet it: the Invoke API on loopback, in front of handlers of ours.

A container has one call at a time, and the loop of a handler is its own, so each function has a thread.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest

from tests.servers.raw import Seen, raw_server, reply
from troupe.adapters.aws._client import Aws

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Ended:
    """What a handler of a test gives in place of an answer: how Lambda tells that the function failed."""

    said: dict[str, Any]


@dataclass
class Lambdas:
    """`invoke` calls a function as AWS would, until it is `over`; `calls` are its name and event."""

    handlers: Mapping[str, Handler]
    aws: Aws
    context: Any = None
    threads: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    over: bool = False
    going: int = 0

    async def invoke(self, name: str, event: Any) -> Any:
        if self.over:
            return Ended({"errorType": "Over", "errorMessage": "the test is over"})
        self.calls.append((name, event))
        thread = self.threads.setdefault(name, ThreadPoolExecutor(1))
        self.going += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, self._call, name, event)
        finally:
            self.going -= 1

    def _call(self, name: str, event: Any) -> Any:
        try:
            return self.handlers[name](json.loads(json.dumps(event)), self.context)
        except Exception as wrong:
            return Ended({"errorType": type(wrong).__name__, "errorMessage": str(wrong), "stackTrace": []})


@asynccontextmanager
async def lambdas(
    monkeypatch: pytest.MonkeyPatch,
    handlers: Mapping[str, Handler],
    context: Any = None,
    threads: dict[str, ThreadPoolExecutor] | None = None,
) -> AsyncGenerator[Lambdas]:
    """Functions by name, while this lasts; `threads`: those that some of them share."""
    pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-test")
    made = Lambdas(handlers, Aws("eu-central-1"), context, dict(threads or {}))

    async def answer(seen: Seen, _writer: asyncio.StreamWriter) -> bytes:
        name = unquote(seen.path.split("/")[3])
        said = await made.invoke(name, json.loads(seen.body))
        if isinstance(said, Ended):
            return reply(200, json.dumps(said.said), x_amz_function_error="Unhandled")
        return reply(200, json.dumps(said))

    async with raw_server(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", server.url)
        try:
            yield made
        finally:
            made.aws.close()
            for thread in made.threads.values():
                thread.shutdown()
