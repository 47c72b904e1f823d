"""The service that streams: the whole application in a container, which starts runs and advances none."""

import asyncio
import socket

import httpx2

from functions import service
from functions.kept import kept
from functions.loop import complete


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
