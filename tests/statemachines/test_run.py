"""The state machine of a run: its text, and what it does on moto's interpreter with functions that follow a script."""

import asyncio
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.servers.aws import ask, states
from tests.servers.lambdas import lambdas
from tests.statemachines.machine import FILE, NAMES, definition, ended, executions, make_machine, states_of, visited
from troupe.adapters.aws._client import Aws
from troupe.adapters.aws.turn import LAST_TURN, WIDE, turn_of
from troupe.durable.models import Outcome

ROOT = Path(__file__).parents[2]
PAST = "2026-01-01T00:00:00.000Z"


# ── the text ────────────────────────────────────────────────────────────────────────────────────────────────────────


def targets(state: dict[str, Any]) -> list[str]:
    """Where a state may lead."""
    found = [state[name] for name in ("Next", "Default") if name in state]
    found += [choice["Next"] for choice in state.get("Choices", [])]
    return found + [caught["Next"] for caught in state.get("Catch", [])]


def walk(machine: dict[str, Any]) -> set[str]:
    """The states of one level that are reached from its start; those of item processors likewise."""
    todo, seen = [machine["StartAt"]], set()
    while todo:
        if (name := todo.pop()) not in seen:
            seen.add(name)
            state = machine["States"][name]
            todo += targets(state)
            if "ItemProcessor" in state:
                seen |= walk(state["ItemProcessor"])
    return seen


def test_every_state_is_reached_and_leads_somewhere() -> None:
    machine = json.loads(FILE.read_text())
    assert walk(machine) == set(states_of())
    for name, state in states_of().items():
        assert targets(state) or state["Type"] in ("Succeed", "Fail"), name


def test_the_names_of_its_functions_are_all_that_is_put_in() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", FILE.read_text())) == set(NAMES)


def test_state_names_read_as_sentences() -> None:
    for name in states_of():
        assert re.fullmatch(r"[A-Z][a-z]+( [a-z]+)*", name), name


def test_every_task_says_what_happens_when_it_fails() -> None:
    for name, state in states_of().items():
        if state["Type"] == "Task":
            assert state["Retry"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_a_leg_ends_before_its_history_is_full() -> None:
    """A task has five events, a choice two, a map five, a start of a run in it nine."""
    outcome, times = Outcome("wait", None), {"now": 0.0, "began": 0.0}
    for runs in (0, 1, WIDE, WIDE + 1):
        events = 5 + 2 + 5 + (5 if runs else 0) + (9 * runs if runs <= WIDE else 0)
        said = turn_of(outcome, "r", 1, turn=1, runs=["x"] * runs, **times)
        assert LAST_TURN / said["turn"] * events < 25_000 * 0.75, runs


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not there")
def test_the_linter_of_the_language_has_nothing_against_it() -> None:
    script = "process.stdout.write(JSON.stringify(require('asl-validator')(JSON.parse(process.argv[1]))))"
    done = subprocess.run(
        ["node", "-e", script, definition()], capture_output=True, text=True, check=False, cwd=ROOT / "frontend"
    )
    if "Cannot find module" in done.stderr:
        pytest.skip("asl-validator is not there")
    assert json.loads(done.stdout)["isValid"], done.stdout


# ── what it does ────────────────────────────────────────────────────────────────────────────────────────────────────

Says = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Played:
    """A machine whose functions are played. `turns`: events of `advance`; `tokens`: those that `wait` was given."""

    aws: Aws
    machine: str
    turns: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def start(self, run: str = "r", leg: int = 1) -> str:
        name = f"{run}-{leg}"
        ask(self.aws, "stepfunctions", "start_execution", stateMachineArn=self.machine, name=name,
            input=json.dumps({"run": run, "leg": leg}))  # fmt: skip
        return name

    async def waits(self, count: int = 1) -> str:
        async with asyncio.timeout(15):
            while len(self.tokens) < count:
                await asyncio.sleep(0.01)
        return self.tokens[-1]


@asynccontextmanager
async def played(monkeypatch: pytest.MonkeyPatch, *script: dict[str, Any] | Exception) -> AsyncGenerator[Played]:
    """`script`: what a run's slices end with, one after the other; a run below is done at once."""
    told = list(script)

    def advance(event: dict[str, Any], _: Any) -> dict[str, Any]:
        made.turns.append(event)
        said = told.pop(0) if event["run"] == "r" else {"kind": "done"}
        if isinstance(said, Exception):
            raise said
        return {"run": event["run"], "leg": event["leg"], "turn": event["last"].get("turn", 0) + 1} | said

    def wait(event: dict[str, Any], _: Any) -> dict[str, Any]:
        assert set(event) == {"run", "leg", "token"}
        made.tokens.append(event["token"])
        return {}

    with states() as aws:
        async with lambdas(monkeypatch, {"advance": advance, "wait": wait}):
            made = Played(aws, make_machine(aws))
            yield made


async def test_a_run_that_is_over_after_its_first_slice_ends_its_execution(monkeypatch) -> None:
    async with played(monkeypatch, {"kind": "done"}) as machine:
        name = machine.start()
        assert await ended(machine.aws, machine.machine, name) == "SUCCEEDED"
        assert visited(machine.aws, machine.machine, name) == ["Advance the run", "What now", "Done"]
    [turn] = machine.turns
    assert turn.pop("began").startswith("20")
    assert turn == {"run": "r", "leg": 1, "last": {"run": "r", "leg": 1}}


@pytest.mark.parametrize(
    ("said", "status", "last"),
    [
        ({"kind": "failed"}, "FAILED", "The run failed"),
        ({"kind": "next_leg"}, "SUCCEEDED", "Go on in the next leg"),
        ({"kind": "nobody knows"}, "FAILED", "Leave it to the sweep"),
    ],
)
async def test_an_end_has_its_own_state(monkeypatch, said, status, last) -> None:
    async with played(monkeypatch, said) as machine:
        name = machine.start()
        assert await ended(machine.aws, machine.machine, name) == status
        assert visited(machine.aws, machine.machine, name)[-1] == last


async def test_turns_are_counted_through_waits_of_every_kind(monkeypatch) -> None:
    script = [{"kind": "again"}, {"kind": "sleep", "until": PAST}, {"kind": "wait", "seconds": 1}, {"kind": "done"}]
    async with played(monkeypatch, *script) as machine:
        name = machine.start()
        assert await ended(machine.aws, machine.machine, name) == "SUCCEEDED"
        entered = visited(machine.aws, machine.machine, name)
    assert [turn["last"].get("turn", 0) for turn in machine.turns] == [0, 1, 2, 3]
    assert [state for state in entered if state.startswith("Wait")] == ["Wait", "Wait for a signal"]


async def test_a_token_ends_a_wait_before_its_time(monkeypatch) -> None:
    async with played(monkeypatch, {"kind": "wait", "seconds": 1000}, {"kind": "done"}) as machine:
        name = machine.start()
        token = await machine.waits()
        assert executions(machine.aws, machine.machine)[name] == "RUNNING"
        ask(machine.aws, "stepfunctions", "send_task_success", taskToken=token, output="{}")
        assert await ended(machine.aws, machine.machine, name) == "SUCCEEDED"


@pytest.mark.parametrize("wide", [False, True])
async def test_runs_below_are_started_once_each_though_they_are_named_twice(monkeypatch, wide: bool) -> None:
    fan_out = {"kind": "fan_out", "runs": ["a", "b", "c"], "wide": wide, "seconds": 1}
    async with played(monkeypatch, fan_out, fan_out | {"runs": ["c", "d"]}, {"kind": "done"}) as machine:
        name = machine.start()
        assert await ended(machine.aws, machine.machine, name) == "SUCCEEDED"
        for below in "abcd":
            assert await ended(machine.aws, machine.machine, f"{below}-1") == "SUCCEEDED"
    assert Counter(turn["run"] for turn in machine.turns) == {"r": 3, "a": 1, "b": 1, "c": 1, "d": 1}


async def test_a_slice_that_fails_is_tried_again(monkeypatch) -> None:
    async with played(monkeypatch, RuntimeError("the database is away"), {"kind": "done"}) as machine:
        assert await ended(machine.aws, machine.machine, machine.start()) == "SUCCEEDED"
    assert len(machine.turns) == 2
