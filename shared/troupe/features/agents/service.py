"""Agents: the kind of definition, and starting a run of one."""

from collections.abc import Iterable
from typing import cast

from pydantic import JsonValue

from troupe.base.errors import BadInput, Problem
from troupe.catalog.registry import catalogue
from troupe.features.agents import check as checker
from troupe.features.agents.definition import Agent, meaning, version_hash
from troupe.features.agents.models import StartAgentRun
from troupe.features.definitions import service as definitions
from troupe.features.definitions.kind import Kind, Read
from troupe.features.definitions.text import read as read_document
from troupe.features.runs import service as runs
from troupe.features.runs.models import Run
from troupe.features.scope import Scope


def read(text: str) -> Read:
    """What an agent's text says, or every problem of it."""
    found = checker.check(text, catalogue().get, ids=catalogue())
    agent = found.definition
    if found.problems or agent is None:
        return Read(found.problems)
    return Read([], agent.name, agent.title, version_hash(agent), found.input_schema, found.output_schema)


PROGRAM = "agent"
AGENT = Kind("agent", read, meaning)


def read_kept(text: str) -> Agent:
    """The definition of a kept version, which was checked when it was kept."""
    return Agent.model_validate(read_document(text).value)


async def start(scope: Scope, ref: str, what: StartAgentRun) -> Run:
    """A run of an agent, `name|id[@alias|@number]`. Raises NotFound, BadInput."""
    version = await definitions.resolve(scope.db, AGENT, ref)
    given = runs.clean_input(cast(JsonValue, what.given()))
    refuse_own(what.input.keys() - {"message"}, "input")
    definitions.check_input(version, given)
    return await runs.launch(scope, PROGRAM, given, version=version, dry_run=what.dry_run, budget=what.budget)


def refuse_own(names: Iterable[str], path: str) -> None:
    """Raises BadInput where one of the variables that somebody gives at `path` has a name of Troupe's own."""
    if own := [name for name in names if name in checker.OWN]:
        raise BadInput(problems=[Problem(f"{path}.{name}", "taken", "This is no variable.") for name in own])
