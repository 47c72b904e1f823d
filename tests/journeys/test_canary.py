"""Case 14: secrets of every kind are used, well and badly, and then looked for wherever a process leaves something."""

import json
import os
import threading
from collections.abc import Generator
from typing import Any

import psycopg
import pytest
import redis
from fakeredis import TcpFakeServer
from websockets.sync.client import connect

from tests.journeys.house import Client, House, sse
from tests.journeys.puppet import Puppet, Say
from tests.servers.desk import Answer, Asked, Desk

CANARIES = {name: f"canary-14-{name}-{os.urandom(6).hex()}" for name in (
    "token", "header", "query", "password", "client", "access", "mcp", "provider", "environment")}  # fmt: skip
WAYS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "bearer": ({"auth": "bearer"}, {"token": CANARIES["token"]}),
    "header": ({"auth": "header", "auth_name": "X-Key"}, {"token": CANARIES["header"]}),
    "query": ({"auth": "query", "auth_name": "key"}, {"token": CANARIES["query"]}),
    "basic": ({"auth": "basic"}, {"username": "ann", "password": CANARIES["password"]}),
    "oauth2": ({"auth": "oauth2"}, {"client_id": "me", "client_secret": CANARIES["client"]}),
}
TOOL = """\
troupe: workflow/v1
name: uses
nodes:
  one: {block: tool.call, with: {connection: %s, tool: %s, arguments: %s}}
  mail: {block: mail.send, with: {to: [ann@example.com], subject: Told, text: "Said {{ one.result }}"}}
output: "{{ one.result }}"
"""
ASK = """\
troupe: workflow/v1
name: asks
nodes:
  one: {block: ai.chat, with: {model: %s, cache: 60, messages: [{role: user, text: "Hi."}]}}
output: "{{ one }}"
"""


@pytest.fixture(scope="module")
def cache() -> Generator[str]:
    server = TcpFakeServer(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"redis://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def desk() -> Generator[Desk]:
    """It repeats whatever it is told, in headers and address alike."""

    def repeats(status: int) -> Any:
        return lambda asked: Answer({"said": asked.headers, "asked": asked.path, "query": asked.query}, status)

    def token(asked: Asked) -> Answer:
        return Answer({"access_token": CANARIES["access"], "expires_in": 3600})

    with Desk() as running:
        running.routes |= {"/token": token, "/api/tickets": repeats(200), "/mcp": repeats(401)}
        for status in (400, 401, 500):
            running.routes[f"/api/tickets/{status}"] = repeats(status)
        yield running


class Seen(Client):
    """A client that remembers all it was answered."""

    def __init__(self, house: House) -> None:
        super().__init__(house.url, house.token)
        self.answers: list[str] = []

    def request(self, *args: Any, **more: Any) -> Any:
        answer = super().request(*args, **more)
        self.answers.append(f"{answer.headers} {answer.text}")
        return answer


def test_case_14_no_secret_is_found_anywhere(puppet: Puppet, desk: Desk, cache: str, database_url: str) -> None:
    providers = {"puppet": {"kind": "openai", "base_url": f"{puppet.url}/v1", "key_env": "CANARY"}}
    house = House(
        TROUPE_PROVIDERS=json.dumps(providers), TROUPE_REAL_MODELS="off", TROUPE_LOG_LEVEL="debug", REDIS_URL=cache,
        TROUPE_EGRESS_ALLOW=f"{desk.at},{puppet.url.split('//')[1]}", TROUPE_DATABASE_URL=database_url,
        CANARY=CANARIES["environment"],
    )  # fmt: skip
    try:
        house.start()
        with Seen(house) as owner:
            runs = [*use_tools(owner, desk), *use_models(owner, puppet)]
            look_at_everything(owner, house, runs)
            used = json.dumps([a.headers for a in desk.asked]) + json.dumps([a.query for a in desk.asked])
            used += json.dumps([dict(s.headers) for s in puppet.server.seen])
            for name in ("token", "header", "query", "access", "mcp", "provider", "environment"):
                assert CANARIES[name] in used, f"{name} was never used, so its absence says nothing"
            found = [*answered(owner), *stored(database_url), *remembered(cache), *written(house)]
        assert found == []
        assert house.end() == 0
        assert found_in("log", house.log()) == []
    finally:
        house.remove()


def use_tools(owner: Client, desk: Desk) -> list[str]:
    """Every way to say who we are, in calls that go well and in calls that do not."""
    runs: list[str] = []
    for way, (config, credential) in WAYS.items():
        where = {"url": f"{desk.url}/openapi.json", **config}
        where |= {"token_url": f"{desk.url}/token"} if way == "oauth2" else {}
        body = {"connector": "openapi", "name": way, "config": where, "credential": credential}
        assert owner.post("/connections", json=body).json()["status"] == "ok"
        for tool, arguments in (("listTickets", {}), *(("getTicket", {"id": str(s)}) for s in (400, 401, 500))):
            runs.append(owner.run(TOOL % (way, tool, json.dumps(arguments)))["id"])
            assert owner.until(runs[-1])["status"] == ("completed" if tool == "listTickets" else "failed")
    body = {"connector": "mcp", "name": "mcp", "config": {"url": f"{desk.url}/mcp"}}
    made = owner.post("/connections", json={**body, "credential": {"token": CANARIES["mcp"]}}).json()
    assert made["status"] == "failed"
    bad = owner.post("/connections", json={**body, "name": "bad", "credential": {"token": [CANARIES["token"]]}})
    assert bad.status_code == 422
    return runs


def use_models(owner: Client, puppet: Puppet) -> list[str]:
    """The environment's provider and the workspace's, in answers and in failures that repeat the key."""
    runs: list[str] = []
    body = {"kind": "openai", "base_url": f"{puppet.url}/v1", "key": CANARIES["provider"]}
    assert owner.put("/providers/mine", json=body).status_code == 200
    assert owner.put("/providers/mine", json={**body, "base_url": "ftp://x"}).status_code == 422
    for model, key in (("mine/m", "provider"), ("puppet/m", "environment")):
        for say in (Say("Hello."), Say(status=401, error=f"Who is {CANARIES[key]}?"), Say(mid_error=CANARIES[key])):
            puppet.reset_queue(say)
            runs.append(owner.run((ASK % model).replace("Hi.", f"Hi {len(runs)}."))["id"])
            owner.until(runs[-1])
        puppet.reset_queue(Say(status=401, error=f"Who is {CANARIES[key]}?"))
        tried = owner.post(f"/providers/{model.partition('/')[0]}/test", json={"model": "m"})
        assert tried.json()["ok"] is False
    return runs


def look_at_everything(owner: Seen, house: House, runs: list[str]) -> None:
    """All that can be read by REST, streams and the socket."""
    for path in ("/connections", "/providers", "/runs", "/approvals", "/connectors", "/health", "/models/routes"):
        assert owner.get(path).status_code == 200, path
    for run in runs:
        owner.see(run)
        owner.steps(run)
        owner.events(run)
        owner.answers += [json.dumps(event) for event in sse(owner, run)]
    offered: Any = ["troupe.v1", f"bearer.{house.token}"]
    with connect(house.url.replace("http", "ws") + "/ws", subprotocols=offered, proxy=None) as socket:
        for run in runs:
            socket.send(json.dumps({"type": "subscribe", "run_id": run, "after": 0}))
            while json.loads(said := str(socket.recv(timeout=10)))["type"] not in ("run.completed", "run.failed"):
                owner.answers.append(said)
            owner.answers.append(said)


def found_in(where: str, text: str) -> list[str]:
    """Which canaries stand there, plainly or in hexadecimal."""
    return [f"{name} in {where}" for name, one in CANARIES.items() if one in text or one.encode().hex() in text]


def answered(owner: Seen) -> list[str]:
    assert len(owner.answers) > 100
    return [hit for n, text in enumerate(owner.answers) for hit in found_in(f"answer {n}: {text[:200]}", text)]


def stored(url: str) -> list[str]:
    """Every column of every row of every table."""
    hits, rows = list[str](), 0
    with psycopg.connect(url) as database:
        tables = database.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in database.execute(f"SELECT t::text FROM {table} t"):  # pyright: ignore[reportArgumentType]
                hits += found_in(table, row)
                rows += 1
    assert rows > 100
    return hits


def remembered(url: str) -> list[str]:
    with redis.Redis.from_url(url) as cache:
        kept = {key: cache.get(key) if cache.type(key) == b"string" else b"" for key in cache.scan_iter()}
    assert any(b"credential:" in key for key in kept), "the access token is there, sealed"
    assert any(b"answer/" in key for key in kept)
    return [hit for key, value in kept.items() for hit in found_in(f"cache {key!r}", repr((key, value)))]


def written(house: House) -> list[str]:
    """Files: what is kept of runs, mails, and whatever else lies in the folder."""
    files = [path for path in house.home.rglob("*") if path.is_file()]
    assert any(path.suffix == ".eml" for path in files)
    return [hit for path in files for hit in found_in(path.name, path.read_bytes().decode("latin-1"))]
