"""Agents: the kind of definition, what a run of one is given, and starting one."""

from troupe.catalog.registry import catalogue
from troupe.features.agents import check as checker
from troupe.features.agents.definition import Agent, meaning, version_hash
from troupe.features.definitions.kind import Kind, Read
from troupe.features.definitions.text import read as read_document


def read(text: str) -> Read:
    """What an agent's text says, or every problem of it."""
    found = checker.check(text, catalogue().get, ids=catalogue())
    agent = found.definition
    if found.problems or agent is None:
        return Read(found.problems)
    return Read([], agent.name, agent.title, version_hash(agent), found.input_schema, found.output_schema)


AGENT = Kind("agent", read, meaning)


def read_kept(text: str) -> Agent:
    """The definition of a kept version, which was checked when it was kept."""
    return Agent.model_validate(read_document(text).value)
