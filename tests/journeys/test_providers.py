"""A workspace brings its own model providers: used at once, priced, bound to a host, their keys seen by nobody."""

import json
import subprocess
from collections.abc import Generator
from typing import Any

import pytest

from tests.journeys.house import Client, House
from tests.journeys.puppet import Puppet, Say, house_of

KEY = "canary-5b1e-key-of-a-provider"
ASK = """\
troupe: workflow/v1
name: ask
nodes:
  one: {block: ai.chat, with: {model: %s, messages: [{role: user, text: "Hi."}]}}
output: "{{ one.text }}"
"""


@pytest.fixture(scope="module")
def mine() -> Generator[Puppet]:
    """The one that the workspace brings."""
    with Puppet() as running:
        yield running


@pytest.fixture(scope="module")
def home(puppet: Puppet, mine: Puppet) -> Generator[House]:
    """`puppet` is the provider that the environment names."""
    with house_of(puppet, allow=mine.url.split("//")[1], ollama=mine.url.split("//")[1]) as running:
        yield running


@pytest.fixture
def owner(home: House, mine: Puppet) -> Generator[Client]:
    mine.reset()
    with home.client() as client:
        yield client
        for one in client.get("/providers").json()["items"]:
            if one["source"] == "workspace":
                assert client.delete(f"/providers/{one['name']}").status_code == 204


def put(owner: Client, name: str, server: Puppet, **more: Any) -> dict[str, Any]:
    body = {"kind": "openai", "base_url": f"{server.url}/v1", "key": KEY, **more}
    answer = owner.put(f"/providers/{name}", json=body)
    assert answer.status_code == 200, answer.text
    assert KEY not in answer.text
    return answer.json()


def ask(owner: Client, model: str) -> dict[str, Any]:
    return owner.until(owner.run(ASK % model)["id"])


def test_a_provider_is_used_by_the_run_right_after(owner: Client, mine: Puppet) -> None:
    assert ask(owner, "mine/one")["error"]["code"] == "unknown_model"
    made = put(owner, "mine", mine, prices={"one": {"input": 0, "output": 1000}})
    assert (made["has_key"], made["source"], made["shadows"]) == (True, "workspace", False)
    mine.say(Say("Hello.", usage=(10, 7)))
    run = ask(owner, "mine/one")
    assert (run["status"], run["output"]) == ("completed", "Hello."), run
    assert run["usage"]["cost_usd"] == pytest.approx(0.007), "its own price"
    assert mine.server.seen[-1].headers["authorization"] == f"Bearer {KEY}"


def test_an_ollama_that_runs_is_offered_and_taken_up_for_nothing(owner: Client, mine: Puppet) -> None:
    (offer,) = owner.get("/providers/offers").json()["items"]
    assert (offer["name"], offer["source"], offer["used"]) == ("ollama", "ollama", False)
    assert owner.put("/providers/ollama", json=offer["provider"]).status_code == 200
    assert owner.put("/models/routes/default", json={"model": offer["model"]}).status_code == 200
    try:
        mine.say(Say("Hello.", usage=(10, 7)))
        run = ask(owner, "default")
        assert (run["output"], run["usage"]["cost_usd"]) == ("Hello.", 0)
        assert owner.get("/providers/offers").json()["items"][0]["used"]
    finally:
        owner.put("/models/routes/default", json={"model": None})


def test_an_ollama_is_open_to_models_and_to_no_tool(puppet: Puppet, mine: Puppet) -> None:
    with house_of(puppet, ollama=mine.url.split("//")[1]) as closed, closed.client() as owner:
        (offer,) = owner.get("/providers/offers").json()["items"]
        assert owner.put("/providers/ollama", json=offer["provider"]).status_code == 200
        assert ask(owner, offer["model"])["status"] == "completed"
        reach = "troupe: workflow/v1\nname: reach\nnodes:\n  one: {block: http.request, with: {url: URL}}\n"
        run = owner.until(owner.run(reach.replace("URL", f"{mine.url}/v1/models"))["id"])
        assert (run["status"], run["error"]["code"]) == ("failed", "egress_refused")


def test_it_stands_before_the_environments_of_the_same_name(owner: Client, puppet: Puppet, mine: Puppet) -> None:
    assert ask(owner, "puppet/one")["status"] == "completed"
    assert len(puppet.bodies) == 1
    assert put(owner, "puppet", mine)["shadows"]
    assert ask(owner, "puppet/one")["status"] == "completed"
    assert (len(puppet.bodies), len(mine.bodies)) == (1, 1)
    assert owner.delete("/providers/puppet").status_code == 204
    assert ask(owner, "puppet/one")["status"] == "completed"
    assert (len(puppet.bodies), len(mine.bodies)) == (2, 1)
    assert owner.delete("/providers/puppet").status_code == 404


def test_agents_tasks_and_openais_clients_use_it(owner: Client, home: House, mine: Puppet) -> None:
    put(owner, "mine", mine)
    text = "troupe: agent/v1\nname: own\nmodel: mine/one\ninstructions: Help.\n"
    assert owner.post("/agents", json={"text": text}).status_code == 201
    mine.default = Say("Mine.")
    run = owner.post("/agents/own/runs", json={"message": "Hi."}).json()["id"]
    assert owner.until(run)["output"]["text"] == "Mine."
    done = owner.post("/tasks/summarize", json={"text": "A. B. C.", "model": "mine/one"})
    assert "Mine." in done.text, done.text
    headers = {"authorization": owner.headers["authorization"]}
    body = {"model": "mine/one", "messages": [{"role": "user", "content": "Hi."}]}
    answer = owner.post(f"{home.url}/v1/chat/completions", json=body, headers=headers)
    assert answer.json()["choices"][0]["message"]["content"] == "Mine.", answer.text
    assert owner.get(f"{home.url}/v1/models/mine/one", headers=headers).status_code == 200


def test_a_key_stays_where_it_was_given_for(owner: Client, puppet: Puppet, mine: Puppet) -> None:
    put(owner, "mine", mine)
    path, away = "/providers/mine", {"kind": "openai", "base_url": f"{puppet.url}/v1"}
    answer = owner.put(path, json=away)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_bound"), answer.text
    kept = owner.put(path, json={"kind": "openai", "base_url": f"{mine.url}/v1/other"})
    assert (kept.status_code, kept.json()["has_key"]) == (200, True)
    ask(owner, "mine/one")
    assert mine.server.seen[-1].path == "/v1/other/chat/completions"
    assert mine.server.seen[-1].headers["authorization"] == f"Bearer {KEY}"
    assert owner.put(path, json={**away, "key": ""}).json()["has_key"] is False
    answer = owner.put(path, json={"kind": "anthropic"})
    assert answer.json()["errors"][0]["code"] == "missing", "the vendor's own address takes a key"


def test_a_changed_key_is_used_by_the_run_right_after(owner: Client, mine: Puppet) -> None:
    put(owner, "mine", mine)
    ask(owner, "mine/one")
    put(owner, "mine", mine, key="another-key-123")
    ask(owner, "mine/one")
    assert [s.headers["authorization"] for s in mine.server.seen] == [f"Bearer {KEY}", "Bearer another-key-123"]


def test_a_provider_is_tried(owner: Client, puppet: Puppet, mine: Puppet) -> None:
    put(owner, "mine", mine)
    seen = owner.post("/providers/mine/test").json()
    assert (seen["ok"], seen["message"], seen["models"]) == (True, "It has 1 models.", ["scripted-1"])
    seen = owner.post("/providers/mine/test", json={"model": "one"}).json()
    assert (seen["ok"], seen["message"]) == (True, "one answered.")
    mine.say(Say(status=401, error=f"I do not know {KEY}."))
    seen = owner.post("/providers/mine/test", json={"model": "one"}).json()
    assert seen["ok"] is False
    assert "401" in seen["message"]
    assert KEY not in json.dumps(seen)
    assert owner.post("/providers/puppet/test").json()["ok"], "the environment's too"
    assert owner.post("/providers/nobody/test").status_code == 404


def test_what_the_guard_does_not_admit_is_not_reached(owner: Client, puppet: Puppet) -> None:
    put(owner, "inner", puppet)
    assert "not a public address" in owner.post("/providers/inner/test").json()["message"]
    assert ask(owner, "inner/one")["error"]["code"] == "egress_refused"
    assert puppet.server.seen == [], "what the operator admits for a provider of the environment is not for others"


def test_all_of_them_are_listed_without_keys(owner: Client, mine: Puppet) -> None:
    put(owner, "mine", mine)
    found = {p["name"]: p for p in owner.get("/providers").json()["items"]}
    assert (found["mine"]["source"], found["puppet"]["source"]) == ("workspace", "environment")
    assert (found["mine"]["has_key"], found["puppet"]["has_key"]) == (True, False)
    assert found["mine"] == owner.get("/providers/mine").json()
    assert KEY not in json.dumps(found)
    assert owner.get("/providers/nobody").status_code == 404


BAD: list[tuple[str, dict[str, Any]]] = [
    ("demo", {}), ("Upper", {}), ("x" * 64, {}), ("a", {"kind": "other"}), ("a", {"base_url": "ftp://x"}),
    ("a", {"base_url": "http://user:pass@x"}), ("a", {"base_url": "http://x/?a=1"}), ("a", {"base_url": "http://[::1"}),
    ("a", {"base_url": "http://x:99999"}), ("a", {"base_url": "http://é.example"}), ("a", {"base_url": "http://x\n"}),
    ("a", {"key": "two words"}), ("a", {"key": "new\nline"}), ("a", {"key": 7}),
    ("a", {"prices": {"m": {"input": -1, "output": 0}}}), ("a", {"prices": {"m": {"input": 1, "output": "NaN"}}}),
    ("a", {"nope": 1}), ("a", {"key": None, "base_url": None}),
    ("a", {"kind": "bedrock", "base_url": "http://127.0.0.1:1"}), ("a", {"kind": "bedrock", "base_url": None}),
    ("a", {"kind": "bedrock", "base_url": "https://bedrock-runtime.us-east-1.amazonaws.com.evil.example"}),
    ("a", {"kind": "bedrock", "base_url": "https://bedrock-runtime.us-east-1.amazonaws.com", "key": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wrong"), BAD)
def test_bad_forms_are_refused(owner: Client, mine: Puppet, name: str, wrong: dict[str, Any]) -> None:
    body = {"kind": "openai", "base_url": f"{mine.url}/v1", "key": KEY, **wrong}
    answer = owner.put(f"/providers/{name}", json=body)
    assert answer.status_code == 422, answer.text
    assert KEY not in answer.text


def test_only_admins_may(home: House, owner: Client, mine: Puppet) -> None:
    put(owner, "mine", mine)
    editor = owner.post("/tokens", json={"name": "e", "role": "editor"}).json()["token"]
    with home.client(editor) as e:
        for answer in (
            e.get("/providers"), e.get("/providers/mine"), e.delete("/providers/mine"),
            e.put("/providers/mine", json={"kind": "openai", "key": "a-key"}), e.post("/providers/mine/test"),
        ):  # fmt: skip
            assert answer.status_code == 403, answer.text
        assert e.until(e.run(ASK % "mine/one")["id"])["status"] == "completed", "to use it is another matter"


def test_the_key_is_in_no_log_no_table_and_no_file(home: House, owner: Client, mine: Puppet) -> None:
    put(owner, "mine", mine)
    mine.say(Say(status=401, error=f"I do not know {KEY}."))
    run = ask(owner, "mine/one")
    assert run["status"] == "failed"
    assert KEY not in json.dumps(run)
    assert KEY not in home.log()
    found = subprocess.run(["grep", "-rlaF", KEY, str(home.home)], capture_output=True, text=True, check=False)
    assert found.stdout == ""
