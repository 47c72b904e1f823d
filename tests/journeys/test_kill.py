"""A laptop's battery dies: the server is killed in the middle of a run, started again, and nothing is done twice."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, Generator

import psutil
import pytest
import pytest_asyncio

from tests.journeys.house import ASKS, House, chain, eventually
from tests.servers.provider import ProviderServer, Say, provider_server


@pytest.fixture
def own() -> Generator[House]:
    """A Troupe of this test alone, to be killed."""
    house = House()
    try:
        yield house
    finally:
        house.remove()


@pytest_asyncio.fixture
async def model() -> AsyncGenerator[ProviderServer]:
    async with provider_server() as server:
        yield server


def test_a_killed_run_goes_on_by_itself_and_repeats_no_step(own: House) -> None:
    own.start()
    with own.client() as before:
        run = before.run(chain(12, 150))["id"]
        eventually(lambda: before.steps(run), lambda steps: sum(s["status"] == "done" for s in steps.values()) >= 4)
        done = {k: s for k, s in before.steps(run).items() if s["status"] == "done"}
        seen = before.events(run)
    own.end(signal.SIGKILL)
    own.start()
    with own.client() as after:
        ended = after.until(run)
        steps = after.steps(run)
        events = after.events(run)
    assert (ended["status"], ended["output"]) == ("completed", 11)
    assert {k: steps[k] for k in done} == done
    assert len(steps) == 12
    assert events[: len(seen)] == seen
    ends = [e["step"] for e in events if e["type"] == "step.completed"]
    assert sorted(ends) == sorted(steps)


def test_a_run_that_waits_for_a_person_waits_through_a_kill(own: House) -> None:
    own.start()
    with own.client() as before:
        run = before.run(ASKS)["id"]
        asked = before.asked(run)
    own.end(signal.SIGKILL)
    own.start()
    with own.client() as after:
        assert after.asked(run) == asked
        assert after.decide(asked, "approve").status_code == 200
        assert after.until(run)["output"] == "hello"


def test_a_stopped_server_leaves_nothing_behind_and_its_runs_go_on(own: House) -> None:
    own.start()
    assert own.process is not None
    below = psutil.Process(own.process.pid).children(recursive=True)
    assert below
    with own.client() as before:
        run = before.run(chain(10, 200))["id"]
        eventually(lambda: before.steps(run), len)
    assert own.end() == 0
    assert not [p for p in below if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert not (own.home / "server.json").exists()
    own.start()
    with own.client() as after:
        assert after.until(run)["status"] == "completed"


async def test_a_model_that_answered_before_the_kill_is_not_asked_again(model: ProviderServer) -> None:
    providers = {
        "fake": {"kind": "openai", "base_url": f"{model.url}/v1", "key_env": "FAKE", "price_in": 1, "price_out": 1}
    }
    own = House(TROUPE_PROVIDERS=json.dumps(providers), FAKE="sk-test", TROUPE_EGRESS_ALLOW=f"127.0.0.1:{model.port}")
    model.say(*(Say(f"answer {i}") for i in range(6)))
    lines = ["troupe: workflow/v1", "name: asks_a_model", "nodes:"]
    for i in range(6):
        after = f", after: [m{i - 1}]" if i else ""
        turn = f'{{role: user, text: "question {i}."}}'
        lines.append(f"  m{i}: {{block: ai.chat, with: {{model: fake/m, messages: [{turn}]}}{after}}}")
    text = "\n".join([*lines, ""])
    model.delay = (0.2, 0.2)
    try:
        await asyncio.to_thread(own.start)
        with own.client() as before:
            run = (await asyncio.to_thread(before.run, text))["id"]
            await asyncio.to_thread(eventually, lambda: len(model.seen), lambda n: n >= 3)
        await asyncio.to_thread(own.end, signal.SIGKILL)
        await asyncio.to_thread(own.start)
        with own.client() as after:
            ended = await asyncio.to_thread(after.until, run)
            steps = await asyncio.to_thread(after.steps, run)
    finally:
        await asyncio.to_thread(own.remove)
    assert ended["status"] == "completed", ended
    asked = [json.dumps(body) for body in model.bodies]
    times = [sum(f"question {i}." in a for a in asked) for i in range(6)]
    # a read that was under way at the kill is asked again: at most one, and nothing that had answered
    assert sorted(times) in ([1] * 6, [1] * 5 + [2]), times
    assert [steps[f"m{i}"]["status"] for i in range(6)] == ["done"] * 6


def test_a_second_server_on_the_same_folder_says_that_one_runs(own: House) -> None:
    own.start()
    again = own.cli("up", "--port", "0", "--no-open")
    assert (again.returncode, again.stdout) == (0, f"Troupe is already running at {own.url}\n")
    said = own.home / "server.json"
    text = said.read_text()
    said.write_text(json.dumps(json.loads(text) | {"pid": os.getpid(), "url": "http://127.0.0.1:1"}))
    os.utime(said, (1, 1))  # written before that process began: the number was given again
    third = own.cli("up", "--port", "0", "--no-open")
    assert third.returncode == 3
    assert "already running" in third.stderr
    said.write_text(text)
