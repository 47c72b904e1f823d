"""Agents: defined, run, asked for approval, killed in the middle, and going on where they stood."""

import json
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.journeys.house import Client, House
from tests.journeys.puppet import Puppet, Say, house_of

SUPPORT = """\
troupe: agent/v1
name: support
title: Support
input: {properties: {customer: {type: string, default: nobody}}}
model: puppet/one
instructions: "You help {{ has(input.customer) ? input.customer : 'anybody' }}."
tools:
  - block: test.noop
    name: look_up
    description: Look something up.
  - block: test.noop
    name: pay
    description: Pay something.
    effect: once
limits: {turns: 6, repeated_calls: 2}
"""


@pytest.fixture(scope="module")
def home(puppet: Puppet) -> Generator[House]:
    with house_of(puppet, SUPPORT, paid={"price_in": 0, "price_out": 1000}) as running:
        yield running


def ask(owner: Client, message: str, **more: Any) -> str:
    answer = owner.post("/agents/support/runs", json={"message": message, **more})
    assert answer.status_code == 202, answer.text
    assert answer.json()["agent"]["name"] == "support"
    return answer.json()["id"]


def call(id: str, name: str, **arguments: Any) -> tuple[str, str, str]:
    return id, name, json.dumps(arguments)


def test_an_agent_uses_its_tools_and_answers(owner: Client, puppet: Puppet) -> None:
    puppet.say(Say("", calls=[call("a", "look_up", value=1), call("b", "look_up", value=2)]), Say("Three."))
    run = owner.until(ask(owner, "Add.", input={"customer": "Ann"}))
    assert (run["status"], run["output"]["text"], run["output"]["turns"]) == ("completed", "Three.", 2), run
    steps = owner.steps(run["id"])
    assert {"start", "turn/1/model", "turn/1/tool/a", "turn/1/tool/b", "turn/2/model"} == set(steps)
    assert steps["turn/1/tool/b"]["output"] == {"value": 2}
    first, second = puppet.bodies
    assert first["messages"][0] == {"role": "system", "content": "You help Ann."}
    assert [t["function"]["name"] for t in first["tools"]] == ["look_up", "pay"]
    assert [m["tool_call_id"] for m in second["messages"] if m["role"] == "tool"] == ["a", "b"]


def test_figures_say_how_its_runs_went(owner: Client, puppet: Puppet) -> None:
    text = "troupe: agent/v1\nname: counted\nmodel: puppet/one\ninstructions: Help.\ncache: 1h\n"
    assert owner.post("/agents", json={"text": text}).status_code == 201
    assert owner.get("/agents/counted/figures").json()["runs"] == 0
    puppet.default = Say("One.", usage=(10, 5))
    for _ in range(2):
        run = owner.post("/agents/counted/runs", json={"message": "Look."}).json()["id"]
        assert owner.until(run)["status"] == "completed"
    seen = owner.get("/agents/counted/figures?days=1").json()
    assert (seen["runs"], seen["by_status"], seen["whole"]) == (2, {"completed": 2}, True), seen
    assert (seen["model_calls"], seen["cache_hits"], seen["cache_hit_rate"]) == (2, 1, 0.5)
    assert (seen["input_tokens"], seen["output_tokens"], seen["tools"]) == (10, 5, [])
    assert seen["cost_usd"] > 0
    assert seen["seconds"]["p95"] >= seen["seconds"]["p50"] > 0
    assert owner.get("/agents/nobody/figures").status_code == 404
    assert owner.get("/agents/counted/figures?days=0").status_code == 422


def test_figures_of_a_workflow_name_what_it_calls(owner: Client, puppet: Puppet) -> None:
    text = """\
troupe: workflow/v1
name: counts
nodes:
  ask: {block: agent.run, with: {agent: support, message: "Find it."}}
  keep: {block: test.noop, with: {value: "{{ ask.text }}"}}
output: "{{ keep.value }}"
"""
    assert owner.post("/workflows", json={"text": text}).status_code == 201
    run = owner.post("/runs", json={"workflow": "counts", "input": {}}).json()["id"]
    assert owner.until(run)["status"] == "completed"
    tools = {t["tool"]: t["calls"] for t in owner.get("/workflows/counts/figures").json()["tools"]}
    assert (tools["agent:support"], tools["test.noop"]) == (1, 1), tools


def test_what_must_not_happen_twice_waits_for_a_person(owner: Client, puppet: Puppet) -> None:
    puppet.say(Say("", calls=[call("p", "pay", value=10)]), Say("Paid."))
    run = ask(owner, "Pay 10.")
    asked = owner.asked(run)
    assert (asked["arguments"], asked["effect"], asked["risk"]) == ({"value": 10}, "once", "high")
    assert owner.until(run, "review")["reason"] == "approval"
    assert owner.decide(asked, "approve", arguments={"value": 7}).status_code == 200
    assert owner.until(run)["output"]["text"] == "Paid."
    assert owner.steps(run)["turn/1/tool/p"]["output"] == {"value": 7}


def test_a_refusal_and_its_reason_are_told_to_the_model(owner: Client, puppet: Puppet) -> None:
    puppet.say(Say("", calls=[call("p", "pay", value=10)]), Say("I did not pay."))
    run = ask(owner, "Pay 10.")
    owner.decide(owner.asked(run), "refuse", reason="too much")
    assert owner.until(run)["output"]["text"] == "I did not pay."
    told = [m["content"] for m in puppet.bodies[-1]["messages"] if m["role"] == "tool"]
    assert "A person refused this: too much" in told[0]
    assert "turn/1/tool/p" not in owner.steps(run)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("{not json", "no JSON"),
        ("[1]", "must be a JSON object"),
        ('{"value": 1, "extra": 2}', "/extra"),
        ('{"sleep_ms": "soon"}', "/sleep_ms"),
    ],
)
def test_bad_arguments_are_told_to_the_model(owner: Client, puppet: Puppet, arguments: str, told: str) -> None:
    puppet.say(Say("", calls=[("a", "look_up", arguments), ("b", "nothing", "{}")]), Say("Sorry."))
    run = owner.until(ask(owner, "Do it."))
    assert run["status"] == "completed", run
    results = [m["content"] for m in puppet.bodies[-1]["messages"] if m["role"] == "tool"]
    assert told in results[0]
    assert "There is no tool 'nothing'" in results[1]


def test_a_model_that_goes_round_in_circles_is_stopped(owner: Client, puppet: Puppet) -> None:
    puppet.default = Say("again", calls=[call("x", "look_up", value=1)])
    run = owner.until(ask(owner, "Go."))
    assert (run["status"], run["error"]["code"]) == ("failed", "repeated_call"), run
    assert len(puppet.bodies) == 5
    done = [s for s in owner.steps(run["id"]).values() if "/tool/" in s["key"]]
    assert len(done) == 2, "equal calls beyond the limit are not done"


def test_a_fork_of_an_agents_run_keeps_what_had_ended_before(owner: Client, puppet: Puppet) -> None:
    puppet.say(Say("", calls=[call("a", "look_up", value=1)]), Say("One."), Say("Two."))
    run = owner.until(ask(owner, "Say."))
    forked = owner.post(f"/runs/{run['id']}/fork", json={"from_step": "turn/2/model"})
    assert forked.status_code == 202, forked.text
    ended = owner.until(forked.json()["id"])
    assert (ended["output"]["text"], len(puppet.bodies)) == ("Two.", 3)
    assert owner.steps(ended["id"])["turn/1/tool/a"]["reused_from"]["run_id"] == run["id"]


def test_an_agent_is_a_tool_and_a_block(owner: Client, puppet: Puppet) -> None:
    boss = "troupe: agent/v1\nname: boss\nmodel: puppet/one\ninstructions: Lead.\ntools:\n  - agent: support\n"
    assert owner.post("/agents", json={"text": boss}).status_code == 201
    text = """\
troupe: workflow/v1
name: via_agent
nodes:
  ask: {block: agent.run, with: {agent: boss, message: "Find it."}}
output: "{{ ask.text }}"
"""
    puppet.say(Say("", calls=[call("s", "support", message="Where?")]), Say("Here."), Say("It is here."))
    run = owner.until(owner.run(text)["id"])
    assert (run["status"], run["output"]) == ("completed", "It is here."), run
    results = [m["content"] for m in puppet.bodies[-1]["messages"] if m["role"] == "tool"]
    assert results == ["Here."]


def test_a_knowledge_base_that_does_not_exist_is_refused_rather_than_ignored(owner: Client) -> None:
    text = "troupe: agent/v1\nname: reader\ninstructions: Read.\nknowledge: [handbook]\n"
    (problem,) = owner.post("/agents/check", json={"text": text}).json()["problems"]
    assert (problem["code"], problem["path"], problem["line"]) == ("unknown_knowledge", "/knowledge/0", 4)


def test_problems_of_an_agents_text_are_told_at_once(owner: Client) -> None:
    text = "troupe: agent/v1\nname: bad\nmodle: x\ninstructions: '{{ inptu.a }}'\ntools:\n  - block: no.such\n  - {}\n"
    found = owner.post("/agents/check", json={"text": text}).json()
    assert {p["code"] for p in found["problems"]} >= {"unknown_key", "unknown_name", "unknown_block", "bad_value"}
    assert all(p["line"] for p in found["problems"])
    assert owner.post("/agents", json={"text": text}).status_code == 422


def test_a_hundred_runs_at_once_never_pass_a_budget_for_ten_calls(owner: Client, puppet: Puppet) -> None:
    text = "troupe: agent/v1\nname: frugal\nmodel: paid/one\nmax_tokens: 100\ninstructions: Answer.\n"
    agent = owner.post("/agents", json={"text": text}).json()["id"]
    limit = {"limit_usd": 1.0, "period": "day"}  # a call costs 100 tokens at $1,000 a million: $0.10
    assert owner.put(f"/budgets/agent:{agent}", json=limit).status_code == 200
    puppet.default = Say("Yes.", usage=(0, 100))
    with ThreadPoolExecutor(8) as pool:
        started = pool.map(lambda n: owner.post("/agents/frugal/runs", json={"message": str(n)}).json(), range(100))
        runs = [run["id"] for run in started]
    ended = [owner.until(run) for run in runs]
    assert len(puppet.bodies) <= 10
    assert sum(run["status"] == "completed" for run in ended) == len(puppet.bodies)
    assert {run["error"]["code"] for run in ended if run["error"]} == {"over_budget"}
    used = next(b for b in owner.get("/budgets").json()["items"] if b["scope"] == f"agent:{agent}")["used_usd"]
    assert used == pytest.approx(0.1 * len(puppet.bodies))
    assert used <= 1.0


def test_an_equal_question_may_be_answered_as_before_and_the_step_says_so(owner: Client, puppet: Puppet) -> None:
    text = "troupe: agent/v1\nname: steady\nmodel: puppet/one\ncache: 1h\ninstructions: Answer.\n"
    assert owner.post("/agents", json={"text": text}).status_code == 201
    puppet.say(Say("First."), Say("Second."))
    for message, said, cached in (("Who?", "First.", None), ("Who?", "First.", True), ("Why?", "Second.", None)):
        run = owner.until(owner.post("/agents/steady/runs", json={"message": message}).json()["id"])
        step = owner.steps(run["id"])["turn/1/model"]
        assert (run["output"]["text"], step["output"].get("cached")) == (said, cached)
    assert len(puppet.bodies) == 2


def test_an_agent_whose_tools_have_effects_is_always_asked_anew(owner: Client, puppet: Puppet) -> None:
    text = SUPPORT.replace("name: support", "name: acting").replace("limits:", "cache: 1h\nlimits:")
    assert owner.post("/agents", json={"text": text}).status_code == 201
    puppet.say(Say("One."), Say("Two."))
    runs = [owner.post("/agents/acting/runs", json={"message": "Go."}).json()["id"] for _ in range(2)]
    assert {owner.until(run)["output"]["text"] for run in runs} == {"One.", "Two."}


def test_a_route_names_the_model_that_an_agent_goes_by(owner: Client, puppet: Puppet) -> None:
    text = "troupe: agent/v1\nname: routed\nmodel: cheap\ninstructions: Answer.\n"
    assert owner.post("/agents", json={"text": text}).status_code == 201
    assert owner.put("/models/routes/cheap", json={"model": "puppet/small"}).json()["cheap"] == "puppet/small"
    run = owner.until(owner.post("/agents/routed/runs", json={"message": "Hi."}).json()["id"])
    assert run["output"]["model"] == "puppet/small"
    assert owner.put("/models/routes/cheap", json={"model": "nonsense"}).status_code == 422
    assert owner.put("/models/routes/slow", json={"model": "a/b"}).status_code == 422
    assert owner.put("/models/routes/cheap", json={"model": None}).json()["cheap"] is None


FAULTS = {
    "429 in seconds": Say(status=429, headers={"retry-after": "1"}),
    "429 in the past": Say(status=429, headers={"retry-after": "Thu, 01 Jan 2015 00:00:00 GMT"}),
    "429 with nonsense": Say(status=429, headers={"retry-after": "-5"}),
    "500": Say(status=500),
    "529": Say(status=529),
    "cut in the middle": Say("A long answer that never ends.", cut=0.6),
    "no end": Say("Half", unfinished=True),
    "reset": Say(reset=True),
    "error in the stream": Say("Half", mid_error="overloaded"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_turn_goes_on_after_a_fault_of_its_provider(owner: Client, puppet: Puppet, fault: str) -> None:
    puppet.say(Say("", calls=[call("a", "look_up", value=1)]), FAULTS[fault], Say("At last."))
    run = owner.until(ask(owner, "Try."), seconds=40)
    assert (run["status"], run["output"] and run["output"]["text"]) == ("completed", "At last."), run
    assert len(puppet.bodies) == 3, "one question is asked at most three times, and what was answered never again"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Say(raw=b"<html>It works!</html>", type="text/html"), "bad_answer"),
        (Say(status=401, error="bad key"), "refused"),
        (Say(status=400, error="context_length_exceeded"), "refused"),
    ],
    ids=["HTML with 200", "401", "400"],
)
def test_what_will_not_heal_ends_the_run_with_one_clear_error(
    owner: Client, puppet: Puppet, fault: Say, code: str
) -> None:
    puppet.default = fault
    run = owner.until(ask(owner, "Try."))
    assert (run["status"], run["error"]["code"], run["error"]["step"]) == ("failed", code, "turn/1/model"), run
    assert run["error"]["message"]
    assert len(puppet.bodies) <= 3


def test_calls_with_one_id_are_told_apart_and_absurd_usage_is_bounded(owner: Client, puppet: Puppet) -> None:
    calls = [call("same", "look_up", value=1), call("same", "look_up", value=2), call("", "look_up", value=3)]
    puppet.say(Say("", calls=calls, usage=(10**15, -4)), Say("Done."))
    run = owner.until(ask(owner, "Go."))
    assert run["status"] == "failed" or run["output"]["text"] == "Done.", run
    tools = [s for s in owner.steps(run["id"]) if "/tool/" in s]
    assert len(tools) in (0, 3)
    assert run["usage"]["output_tokens"] >= 0


def test_blocks_that_ask_a_model_may_be_answered_as_before(owner: Client, puppet: Puppet) -> None:
    text = """\
troupe: workflow/v1
name: asks_again
nodes:
  turn: {block: ai.chat, with: {model: puppet/one, cache: 60, messages: [{role: user, text: "Hi, you."}]}}
  label:
    block: ai.classify
    with: {model: puppet/one, cache: 60, text: "It rains.", labels: [wet, dry]}
    after: [turn]
  short: {block: ai.summarize, with: {model: puppet/one, cache: 60, text: "It rains today."}, after: [label]}
  anew: {block: ai.answer, with: {model: puppet/one, question: "And?"}, after: [short]}
output: ["{{ turn }}", "{{ label }}", "{{ short }}", "{{ anew }}"]
"""
    says = Say("Hello."), Say('{"label": "wet", "confidence": 1, "reason": "Rain."}'), Say("Rain.")
    puppet.say(*says, Say("One."), Say("Two."))
    first, second = (owner.until(owner.run(text)["id"]) for _ in range(2))
    assert [made["cached"] for made in first["output"]] == [False] * 4, first
    assert [made["cached"] for made in second["output"]] == [True, True, True, False], second
    assert [m.get("text") for m in second["output"]] == ["Hello.", None, None, "Two."]
    assert len(puppet.bodies) == 5
    assert owner.steps(second["id"])["turn"]["usage"]["cost_usd"] == 0
    refused = owner.post("/runs", json={"text": text.replace("cache: 60", "cache: -1"), "input": {}})
    assert refused.status_code == 422
