"""Every function is handed what AWS hands to it (`tests/events`)."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from functions import sandbox
from functions.kept import kept
from functions.loop import close_loop, complete
from tests.functions.context import CONTEXT
from tests.functions.test_doors import ASKS, start
from troupe.base.ids import new_id
from troupe.features.accounts.service import LAPTOP

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests/events"
HELPERS = {"__init__", "kept", "loop", "observed", "server", "service"}  # and what runs in containers


def event(name: str, **put_in: str) -> dict[str, Any]:
    text = (EVENTS / f"{name}.json").read_text()
    for word, value in put_in.items():
        text = text.replace(word, value)
    return json.loads(text)


def call(name: str, **put_in: str) -> dict[str, Any]:
    function = importlib.import_module(f"functions.{name.partition('.')[0]}")
    answer = function.handler(event(name, **put_in), CONTEXT)
    return json.loads(json.dumps(answer))  # what Lambda would make of it


def test_every_function_has_an_event_and_a_handler() -> None:
    functions = {path.stem for path in (ROOT / "functions").glob("*.py")} - HELPERS
    assert {path.name.partition(".")[0] for path in EVENTS.glob("*.json")} == functions
    for name in functions:
        assert callable(importlib.import_module(f"functions.{name}").handler)


def test_every_event_is_told_where_it_comes_from() -> None:
    told = (EVENTS / "README.md").read_text()
    for path in EVENTS.glob("*.json"):
        assert f"`{path.name}`" in told or "`websocket.*.json`" in told, path.name


def test_api(cloud: str) -> None:
    answer = call("api.http", TOKEN=cloud)
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (200, "ok")


def test_jobs(cloud: str) -> None:
    run = start(cloud)
    assert call("jobs.sqs", RUN=run, WORKSPACE=LAPTOP) == {"batchItemFailures": []}
    broken = call("jobs.sqs", RUN="none", WORKSPACE=LAPTOP)
    assert broken == {"batchItemFailures": [{"itemIdentifier": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78"}]}


def test_advance_and_wait(cloud: str) -> None:
    run = start(cloud, ASKS)
    assert call("advance.turn", RUN=run) == {"run": run, "leg": 1, "turn": 2, "kind": "wait", "seconds": 86_400}
    assert call("wait.token", RUN=run) == {"waits": True}
    assert call("wait.token", RUN=new_id()) == {"waits": False}


def test_sweep(cloud: str) -> None:
    start(cloud)
    assert call("sweep.schedule") == {"freed": 0, "woken": 0, "restarted": 0, "removed": 0, "carried": 0}


def test_migrate(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert call("migrate.deploy") == {"applied": []}
    close_loop()


def test_sandbox() -> None:
    assert call("sandbox.code") == {"value": 6}
    sandbox.close()


def test_websocket(cloud: str) -> None:
    run = start(cloud)
    connected = call("websocket.connect", TOKEN=cloud)
    assert connected == {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "troupe.v1"}}
    assert call("websocket.connect", TOKEN="wrong")["statusCode"] == 401
    assert call("websocket.message", RUN=run) == {"statusCode": 200}
    assert call("websocket.disconnect") == {"statusCode": 200}
    complete(nothing_is_left())


async def nothing_is_left() -> None:
    async with kept.troupe().parts.database.workspace(LAPTOP) as db:
        assert await db.value("SELECT (SELECT count(*) FROM sockets) + (SELECT count(*) FROM subscriptions)") == 0
