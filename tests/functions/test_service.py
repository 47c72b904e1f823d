"""The services: one answers as every door does and advances no run, one takes what functions have no time for."""

import asyncio
import json
import socket

import httpx2
import pytest

from functions import service
from functions.kept import kept
from functions.loop import complete
from tests.functions.test_doors import TEXT, call, start
from tests.servers.aws import ask
from tests.servers.sqs import make_queue, messages_in
from troupe.adapters.aws._client import Aws


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


async def asked(port: int, token: str) -> tuple[httpx2.Response, httpx2.Response]:
    over = asyncio.Event()
    serving = asyncio.create_task(service.stream(port, over))
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, headers=headers) as client:
        while True:
            try:
                health = await client.get("/api/v1/health")
                break
            except httpx2.ConnectError:
                assert not serving.done(), serving.result()
                await asyncio.sleep(0.05)
        models = await client.get("/v1/models")
    over.set()
    await serving
    return health, models


def test_a_container_answers_as_every_door_does(cloud: str) -> None:
    kept.rest()
    health, models = complete(asked(free_port(), cloud))
    assert health.status_code == 200
    assert "demo/demo" in [model["id"] for model in models.json()["data"]]


def test_a_worker_does_what_lies_in_its_queue_until_it_is_told_to_end(
    cloud: str, account: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_queue(account, name="work")
    monkeypatch.setenv("TROUPE_WORK_QUEUE", url)
    run = start(cloud, TEXT.replace("test.noop,", "test.noop, timeout: 1h,"))
    kept.rest()
    asked = {"run": run, "leg": 1, "last": {}, "began": "2026-11-21T10:00:00Z", "token": "nobody's"}
    for body in ("[]", json.dumps(asked)):
        ask(account, "sqs", "send_message", QueueUrl=url, MessageBody=body)

    async def work() -> None:
        over = asyncio.Event()
        working = asyncio.create_task(service.worker(over))
        while messages_in(account, url) > 1:
            assert not working.done(), working.result()
            await asyncio.sleep(0.05)
        over.set()
        await working

    complete(work())
    assert call(cloud, "GET", f"/runs/{run}")[1]["output"] == 2
