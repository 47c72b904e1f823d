"""The whole of Troupe on AWS in one process: every door on its real database, the state machine and the queue on moto.

The functions share one thread, as one container after the other would call them: what they keep between calls is
theirs alone.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from functions import advance, api, jobs, sandbox, sweep, wait
from functions.kept import kept
from tests.functions.context import CONTEXT, Context
from tests.servers.aws import ask, stand, states
from tests.servers.lambdas import Handler, Lambdas, lambdas
from tests.servers.sqs import Batch, make_queue, mapped, messages_in
from tests.statemachines.machine import executions, history, make_machine, visited
from troupe.adapters.aws._client import Aws
from troupe.app import calls
from troupe.features.accounts import service as accounts

TOKEN = "trp_of-the-stage"
OVER = ("completed", "failed", "terminated")


def sandboxed(event: dict[str, Any], _: Any) -> dict[str, Any]:
    """The sandbox is a container of its own: it is asked while another function is at work."""

    async def once() -> dict[str, Any]:
        try:
            return await sandbox.answer(event)
        finally:
            while sandbox._made:
                await sandbox._made.pop().close()

    return asyncio.run(once())


def work(_event: Any, _context: Any) -> dict[str, Any]:
    """A worker's look into its queue."""
    return {"done": kept.run(partial(calls.work, wait=0))}


TOGETHER: Mapping[str, Handler] = {
    "advance": advance.handler, "wait": wait.handler, "jobs": jobs.handler, "work": work,
}  # fmt: skip
APART = {"sandbox": sandboxed}


@dataclass
class Stage:
    """What a test can do: call the API, look at executions, and wait for a run."""

    aws: Aws
    played: Lambdas
    thread: ThreadPoolExecutor
    machine: str
    queue: str
    work_queue: str = ""
    going: int = 0

    async def there(self, work: Callable[[], Any]) -> Any:
        """Do it in the functions' thread."""
        self.going += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, work)
        finally:
            self.going -= 1

    def at_work(self) -> bool:
        """Whether a function has been called and has not answered."""
        return self.going + self.played.going > 0

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the API, which must be none of refusal."""
        status, answer = await self.ask(method, path, body)
        assert status < 300, answer
        return answer

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body of an answer of the API."""
        path, _, query = f"/api/v1{path}".partition("?")
        event = {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "isBase64Encoded": False, "body": None if body is None else json.dumps(body),
            "headers": {"authorization": f"Bearer {TOKEN}", "content-type": "application/json", "host": "api.test"},
            "requestContext": {"http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "::1"}},
        }  # fmt: skip
        answer = await self.there(lambda: api.handler(event, CONTEXT))
        return answer["statusCode"], json.loads(answer["body"])

    async def start(self, text: str, given: Any = None) -> str:
        return (await self.call("POST", "/runs", {"text": text, "input": given or {}}))["id"]

    async def until(self, run: str, *statuses: str, seconds: float = 30.0) -> dict[str, Any]:
        """The run once it has one of these statuses."""
        async with asyncio.timeout(seconds):
            while (found := await self.call("GET", f"/runs/{run}"))["status"] not in statuses:
                await asyncio.sleep(0.05)
        return found

    async def sweep(self) -> dict[str, int]:
        return await self.there(lambda: sweep.handler({}, CONTEXT))

    async def handed_over(self) -> None:
        """Until an execution has asked for a worker."""
        async with asyncio.timeout(30):
            while not messages_in(self.aws, self.work_queue):
                await asyncio.sleep(0.05)

    async def work(self, seconds: float = 20.0) -> bool:
        """Be the worker for one slice; False where there was none within so many seconds."""
        end = time.monotonic() + seconds
        while not (done := (await self.there(lambda: self.played.handlers["work"]({}, CONTEXT)))["done"]):
            if time.monotonic() > end:
                break
            await asyncio.sleep(0.05)
        return done

    def executions(self) -> dict[str, str]:
        """Status of each execution by name."""
        return executions(self.aws, self.machine)

    def under_way(self) -> bool:
        """Whether the queue holds a message, taken or not."""
        return any(messages_in(self.aws, queue) for queue in (self.queue, self.work_queue) if queue)

    async def only_running(self, but: str) -> str:
        """The one execution that goes on beside another, once there is but one."""
        async with asyncio.timeout(30):
            while len(going := [n for n, s in self.executions().items() if s == "RUNNING" and n != but]) != 1:
                await asyncio.sleep(0.05)
        return going[0]

    async def waits(self, name: str, times: int = 1) -> None:
        """Until an execution waits for a signal, for the nth time."""
        async with asyncio.timeout(30):
            while self.calls_of("wait").count(name) < times:
                await asyncio.sleep(0.02)
        await self.there(lambda: None)  # the call has ended

    def calls_of(self, function: str) -> list[str]:
        """Run and leg of each call."""
        return [f"{e['run']}-{e['leg']}" for name, e in self.played.calls if name == function]

    def visited(self, name: str) -> list[str]:
        return visited(self.aws, self.machine, name)

    def history(self, name: str) -> list[dict[str, Any]]:
        """The events of an execution."""
        return history(self.aws, self.machine, name)


@asynccontextmanager
async def stage(
    monkeypatch: pytest.MonkeyPatch, database_url: str, environment: Mapping[str, str] | None = None,
    deliver: Callable[[Batch], Batch] = lambda batch: batch, together: Mapping[str, Handler] = TOGETHER,
    workers: bool = False, jobs_seconds: float = 900.0,
) -> AsyncGenerator[Stage]:  # fmt: skip
    """A Troupe on AWS while this lasts. `deliver`: how the queue brings its batches; `together`: other containers;
    `workers`: whether there are some for long steps; `jobs_seconds`: what the queue's function has."""
    async with AsyncExitStack() as stack:
        aws = stack.enter_context(states())
        machine = make_machine(aws)
        given = stand(aws) | {"TROUPE_STATE_MACHINE": machine, "TROUPE_DATABASE_URL": database_url}
        work_queue = make_queue(aws, name="work") if workers else ""
        given |= {"TROUPE_WORK_QUEUE": work_queue} if workers else {}
        for name, value in (given | dict(environment or {})).items():
            monkeypatch.setenv(name, value)
        thread = ThreadPoolExecutor(1, thread_name_prefix="functions")
        threads = dict.fromkeys(together, thread)
        played = await stack.enter_async_context(lambdas(monkeypatch, {**together, **APART}, CONTEXT, threads))
        made = Stage(aws, played, thread, machine, given["TROUPE_QUEUE_URL"], work_queue)
        jobs_context = Context(left=jobs_seconds)
        await made.there(lambda: kept.run(lambda troupe: accounts.prepare_laptop(troupe.parts.database, TOKEN)))
        stack.push_async_callback(_close, made)

        async def batch(records: list[dict[str, Any]]) -> list[str]:
            answer = await made.there(lambda: together["jobs"]({"Records": records}, jobs_context))
            return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]

        await stack.enter_async_context(mapped(aws, made.queue, deliver(batch)))
        yield made


async def _close(made: Stage) -> None:
    """Executions go on in moto's threads after they were stopped; nobody answers them any more."""
    made.played.over = True

    def close() -> None:
        kept.close()
        api._app.cache_clear()

    for name, status in made.executions().items():
        if status == "RUNNING":
            arn = f"{made.machine.replace(':stateMachine:', ':execution:')}:{name}"
            ask(made.aws, "stepfunctions", "stop_execution", executionArn=arn)
    await made.there(close)
