"""A person's first hour: start, sign in, keep a workflow, run it, watch it."""

import json
import stat

import httpx2
import pytest
from websockets.sync.client import connect

from tests.journeys.house import PASS_ON, Client, House, chain, sse


def test_a_started_troupe_is_healthy_and_says_where_it_runs(house: House) -> None:
    with house.client("") as nobody:
        health = nobody.get("/health").json()
    assert (health["status"], health["dependencies"][0]["ok"]) == ("ok", True)
    said = json.loads((house.home / "server.json").read_text())
    assert (said["url"], said["pid"]) == (house.url, house.process and house.process.pid)
    assert stat.S_IMODE((house.home / "token").stat().st_mode) == 0o600


def test_a_sign_in_link_gives_a_cookie_once(house: House, owner: Client) -> None:
    link = owner.post("/login-codes").json()["url"]
    with httpx2.Client(trust_env=False) as browser, httpx2.Client(trust_env=False) as other:
        assert browser.get(link).status_code == 303
        cookie = next(iter(browser.cookies.jar))
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert browser.get(f"{house.url}/api/v1/runs").status_code == 200
        assert other.get(link).status_code == 401
        assert other.get(f"{house.url}/api/v1/runs").status_code == 401


def test_a_cookie_changes_nothing_for_another_site(house: House, owner: Client) -> None:
    link = owner.post("/login-codes").json()["url"]
    with httpx2.Client(trust_env=False) as browser:
        browser.get(link)
        foreign = browser.post(f"{house.url}/api/v1/runs", json={}, headers={"origin": "https://evil.example"})
        own = browser.post(f"{house.url}/api/v1/runs", json={}, headers={"origin": house.url})
    assert (foreign.status_code, own.status_code) == (403, 422)


def test_a_workflow_is_kept_changed_compared_and_run_by_alias(owner: Client) -> None:
    name = "first_hour"
    text = PASS_ON.replace("pass_on", name)
    made = owner.post("/workflows", json={"text": text})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    id = made.json()["id"]
    assert owner.post("/workflows", json={"text": text}).status_code == 409
    changed = text.replace("+ 1", "+ 10")
    assert owner.put(f"/workflows/{id}", json={"text": changed, "base_version": 1}).json()["version"] == 2
    assert owner.put(f"/workflows/{id}", json={"text": text, "base_version": 1}).json()["code"] == "stale_version"
    paths = [c["path"] for c in owner.get(f"/workflows/{id}/diff", params={"from": 1, "to": 2}).json()["changed"]]
    assert len(paths) == 1
    assert "two" in paths[0]
    owner.put(f"/workflows/{id}/aliases/production", json={"version": 1})
    outputs = {
        ref: owner.until(owner.post("/runs", json={"workflow": ref, "input": {"n": 1}}).json()["id"])["output"]
        for ref in (name, f"{name}@2", f"{name}@production")
    }
    assert outputs == {name: 2, f"{name}@2": 11, f"{name}@production": 2}


def test_everything_wrong_with_a_text_is_said_at_its_place(owner: Client) -> None:
    text = PASS_ON.replace("test.noop", "no.such", 1).replace("one.value", "three.value")
    found = owner.post("/workflows/check", json={"text": text}).json()
    assert not found["ok"]
    assert {p["line"] for p in found["problems"]} >= {5, 6}
    refused = owner.post("/runs", json={"text": text, "input": {"n": 1}})
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert len(refused.json()["errors"]) == len(found["problems"])


def test_a_cut_stream_goes_on_where_it_was_cut(owner: Client) -> None:
    run = owner.run(chain(6, 60))["id"]
    first = [int(id) for id, _ in sse(owner, run, stop_after=3)]
    rest = list(sse(owner, run, last=first[-1]))
    assert [*first, *(int(id) for id, _ in rest)] == list(range(1, len(first) + len(rest) + 1))
    assert rest[-1][1]["type"] == "run.completed"
    assert [id for id, _ in sse(owner, run, last=int(rest[-1][0]) - 1)] == [rest[-1][0]]


def test_a_socket_tells_a_run_from_any_place_on(house: House, owner: Client) -> None:
    run = owner.run(chain(5, 60))["id"]
    url = house.url.replace("http", "ws") + "/ws"
    heard = []
    with connect(url, subprotocols=["troupe.v1", f"bearer.{house.token}"], proxy=None) as socket:  # pyright: ignore
        assert socket.subprotocol == "troupe.v1"
        socket.send(json.dumps({"type": "subscribe", "run_id": run}))
        assert json.loads(socket.recv(5))["type"] == "subscribed"
        while not heard or heard[-1]["type"] != "run.completed":
            heard.append(json.loads(socket.recv(10)))
    kept = [m["seq"] for m in heard if m["seq"] is not None]
    assert kept == sorted(set(kept))
    with connect(url, subprotocols=["troupe.v1", f"bearer.{house.token}"], proxy=None) as again:  # pyright: ignore
        again.send(json.dumps({"type": "subscribe", "run_id": run, "after": kept[-2]}))
        again.recv(5)
        assert json.loads(again.recv(5))["seq"] == kept[-1]
        again.send("{broken")
        assert json.loads(again.recv(5))["code"] == "bad_message"
        again.send(json.dumps({"type": "ping"}))
        assert json.loads(again.recv(5)) == {"type": "pong"}
        again.send(json.dumps({"type": "subscribe", "run_id": "nobody's"}))
        assert "subscribed" in again.recv(5)
        assert json.loads(again.recv(5))["code"] == "not_found"


@pytest.mark.parametrize("protocols", [None, ["troupe.v1"], ["troupe.v1", "bearer.wrong"]])
def test_a_socket_opens_for_nobody_unknown(house: House, protocols: list[str] | None) -> None:
    with (
        pytest.raises(Exception, match="403"),
        connect(house.url.replace("http", "ws") + "/ws", subprotocols=protocols, proxy=None),  # pyright: ignore
    ):
        pass


def test_the_app_is_shown_to_a_stranger_and_nothing_else_is(house: House) -> None:
    with httpx2.Client(base_url=house.url, trust_env=False) as browser:
        for path in ("/", "/runs/some", "/runs/../../etc/passwd"):
            answer = browser.get(path)
            assert answer.status_code in (200, 503), path  # 503 where the app is not built
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        for path in ("/api/v1/nothing", "/v1/nothing", "/assets/nothing.js"):
            assert browser.get(path).status_code in (401, 404), path
        assert browser.get("/api/v1/runs").status_code == 401
