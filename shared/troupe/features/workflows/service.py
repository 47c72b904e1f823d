"""Workflows: the kind of definition that is a graph; its check, its plan, its input."""

from pydantic import JsonValue

from troupe.base.errors import BadInput, Problem
from troupe.catalog.registry import catalogue
from troupe.features.definitions import service as definitions
from troupe.features.definitions import store
from troupe.features.definitions.kind import Kind, Read
from troupe.features.definitions.store import VersionRow
from troupe.features.definitions.text import read as read_document
from troupe.features.scope import Scope
from troupe.features.workflows import check as checker
from troupe.features.workflows import only as one
from troupe.features.workflows.definition import Workflow, meaning, version_hash
from troupe.features.workflows.fork import kept
from troupe.features.workflows.graph import Graph, compile_graph


def read(text: str) -> Read:
    """What a workflow's text says, or every problem of it."""
    found = checker.check(text, catalogue().get, ids=catalogue())
    workflow = found.definition
    if found.problems or workflow is None:
        return Read(found.problems, edges=found.edges)
    hash, schemas = version_hash(workflow), (found.input_schema, found.output_schema)
    return Read([], workflow.name, workflow.title, hash, *schemas, edges=found.edges)


WORKFLOW = Kind("workflow", read, meaning)


def read_kept(text: str) -> Workflow:
    """The definition of a kept version, which was checked when it was kept."""
    return Workflow.model_validate(read_document(text).value)


def compile_version(text: str, only: str | None = None) -> Graph:
    """The plan of a kept version; with `only`, the key of a step, of that node alone."""
    workflow = read_kept(text)
    return compile_graph(workflow if only is None else one.alone(workflow, only))


def check_only(version: VersionRow, only: str, outputs: dict[str, JsonValue]) -> str:
    """The step's key of the node. Raises BadInput where it cannot be run on these outputs."""
    workflow = read_kept(version.text)
    key = one.key_of(workflow, only)
    if missing := list(one.missing(workflow, key, outputs)):
        raise BadInput(problems=[Problem(f"outputs.{m}", "missing", f"{only} needs what {m} gave.") for m in missing])
    return key


def kept_on_fork(version: VersionRow, from_step: str, keys: list[str]) -> list[str]:
    """Which step results a fork keeps. Raises NotFound where this version has no such step."""
    return kept(read_kept(version.text), from_step, keys)


async def keep_loose(scope: Scope, text: str) -> VersionRow:
    """The version that a text run as it is stands for, kept once. Raises BadInput with every problem."""
    found = definitions.read(WORKFLOW, text)
    kept_before = await store.find_loose(scope.db, found.hash)
    if kept_before is not None and kept_before.text == text:
        return kept_before
    return await store.get_version(scope.db, await definitions.insert(scope, None, 1, found, text))
