"""The state machine on moto's interpreter, its functions on loopback."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.servers.aws import ask, client_of
from troupe.adapters.aws._client import Aws

FILE = Path(__file__).parents[2] / "statemachines/run.asl.json"
NAMES = {"AdvanceFunction": "advance", "WaitFunction": "wait"}
OVER = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT")


def definition(names: dict[str, str] = NAMES) -> str:
    """The text with the names of its functions put in, as the stack does it."""
    text = FILE.read_text().replace('"EXPRESS"', '"STANDARD"')  # moto knows no other items of a distributed map
    for name, function in names.items():
        text = text.replace(f"${{{name}}}", function)
    return text


def make_machine(aws: Aws, text: str | None = None) -> str:
    """Its ARN."""
    role = "arn:aws:iam::123456789012:role/states"
    made = ask(aws, "stepfunctions", "create_state_machine", name="run", roleArn=role, definition=text or definition())
    return made["stateMachineArn"]


def executions(aws: Aws, machine: str) -> dict[str, str]:
    """Status of each execution by its name."""
    found = pages(aws, "list_executions", "executions", stateMachineArn=machine)
    return {execution["name"]: execution["status"] for execution in found}


def pages(aws: Aws, operation: str, of: str, **params: Any) -> list[dict[str, Any]]:
    """Every item of a list of Step Functions."""
    client = client_of(aws, "stepfunctions")
    return [item for page in client.get_paginator(operation).paginate(**params) for item in page[of]]


async def ended(aws: Aws, machine: str, name: str, seconds: float = 20.0) -> str:
    """The status of an execution once it is over."""
    async with asyncio.timeout(seconds):
        while (status := executions(aws, machine).get(name, "")) not in OVER:
            await asyncio.sleep(0.02)
    return status


def visited(aws: Aws, machine: str, name: str) -> list[str]:
    """Names of the states that an execution entered, in order."""
    events = history(aws, machine, name)
    return [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]


def history(aws: Aws, machine: str, name: str) -> list[dict[str, Any]]:
    """The events of an execution, in order."""
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return pages(aws, "get_execution_history", "events", executionArn=arn)


def states_of(machine: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Every state, those of item processors included."""
    machine = machine or json.loads(FILE.read_text())
    found: dict[str, dict[str, Any]] = {}
    for name, state in machine["States"].items():
        found[name] = state
        if "ItemProcessor" in state:
            found |= states_of(state["ItemProcessor"])
    return found
