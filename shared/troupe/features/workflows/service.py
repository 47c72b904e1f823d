"""Workflows: check, keep versions, resolve names, apply a folder."""

import re
from typing import cast

from pydantic import JsonValue

from troupe.base.db import Db
from troupe.base.errors import BadInput, Conflict, NotFound, Problem
from troupe.base.ids import new_id
from troupe.base.values import Json
from troupe.catalog.registry import catalogue
from troupe.features.scope import Scope
from troupe.features.workflows import check as checker
from troupe.features.workflows import store
from troupe.features.workflows.definition import Workflow
from troupe.features.workflows.diff import diff as diff_of
from troupe.features.workflows.diff import version_hash
from troupe.features.workflows.fork import kept
from troupe.features.workflows.graph import Graph, compile_graph, edges
from troupe.features.workflows.models import Applied, Apply, Checked, Definition, Diff
from troupe.features.workflows.models import Problem as ProblemView
from troupe.features.workflows.plan import Change as PlannedChange
from troupe.features.workflows.plan import Existing, File, Read, plan
from troupe.features.workflows.schema import check_value
from troupe.features.workflows.store import VersionRow
from troupe.features.workflows.text import read as read_document

KIND = "workflow"
_REF = re.compile(r"([^@]{1,100})(?:@([a-z0-9][a-z0-9_-]{0,62}))?")

__all__ = ["store"]


# ── check and read ──────────────────────────────────────────────────────────────────────────────────────────────────


def check(text: str) -> Checked:
    """Everything wrong with a text; its schemas where nothing is."""
    found = checker.check(text, catalogue().get, ids=catalogue())
    return Checked(
        ok=found.ok, problems=[ProblemView.model_validate(vars(p)) for p in found.problems],
        input_schema=found.input_schema if found.ok else None, output_schema=found.output_schema if found.ok else None,
    )  # fmt: skip


def read(text: str) -> tuple[Workflow, checker.Checked]:
    """A checked definition. Raises BadInput with every problem."""
    found = checker.check(text, catalogue().get, ids=catalogue())
    if found.problems or found.definition is None:
        raise BadInput(problems=found.problems, code="bad_workflow")
    return found.definition, found


def read_kept(text: str) -> Workflow:
    """The definition of a kept version, which was checked when it was kept."""
    return Workflow.model_validate(read_document(text).value)


def compile_version(text: str, only: str | None = None) -> Graph:
    """The plan of a kept version; with `only`, of that node alone."""
    workflow = read_kept(text)
    if only is not None:
        workflow = workflow.model_copy(update={"nodes": {only: workflow.nodes[only]}, "output": f"{{{{ {only} }}}}"})
    return compile_graph(workflow)


def check_input(version: VersionRow, given: JsonValue) -> None:
    """Raises BadInput with every place where an input does not fit."""
    if problems := check_value(cast(Json, given), version.input_schema):
        raise BadInput(problems=problems)


def check_only(version: VersionRow, only: str, outputs: dict[str, JsonValue]) -> None:
    """Raises BadInput where a single node cannot be run on these outputs."""
    nodes = read_kept(version.text).nodes
    if only not in nodes:
        raise BadInput(problems=[Problem("only", "unknown_node", f"There is no node {only!r}.")])
    if missing := [need for need in edges(nodes)[only] if need not in outputs]:
        raise BadInput(problems=[Problem(f"outputs.{m}", "missing", f"{only} needs what {m} gave.") for m in missing])


def kept_on_fork(version: VersionRow, from_step: str, keys: list[str]) -> list[str]:
    """Which step results a fork keeps. Raises NotFound where this version has no such step."""
    return kept(read_kept(version.text), from_step, keys)


# ── keep ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create(scope: Scope, text: str, path: str | None = None) -> Definition:
    """A new workflow, version 1. Raises BadInput, Conflict where the name is taken."""
    workflow, found = read(text)
    id = new_id()
    if not await store.insert_definition(scope.db, id, KIND, workflow.name, path):
        raise Conflict(f"There is a workflow named {workflow.name!r} already.", code="name_taken")
    await _insert(scope, id, 1, workflow, found, text)
    return await get(scope, id)


async def update(scope: Scope, id: str, text: str, base: int, path: str | None = None) -> Definition:
    """The next version, made from version `base`. Raises Conflict where somebody was faster; no change, no version."""
    workflow, found = read(text)
    before = await _newest(scope, id)
    await store.lock_definition(scope.db, before.definition_id or "")
    before = await _newest(scope, id)
    if before.number != base:
        raise Conflict(
            f"Version {before.number} has come since version {base}.", code="stale_version",
            hint="Take the newest text, put your change into it, and send that.",
        )  # fmt: skip
    if workflow.name != before.name:
        other = await store.find_newest(scope.db, KIND, workflow.name)
        if other is not None:
            raise Conflict(f"There is a workflow named {workflow.name!r} already.", code="name_taken")
    await store.update_definition(scope.db, before.definition_id or "", workflow.name, path)
    if text != before.text:
        await _insert(scope, before.definition_id or "", before.number + 1, workflow, found, text)
    return await get(scope, before.definition_id or "")


async def _insert(
    scope: Scope, definition: str | None, number: int, workflow: Workflow, found: checker.Checked, text: str
) -> str:
    id = new_id()
    await store.insert_version(
        scope.db, id, definition, number, version_hash(workflow), workflow.title, text, found.input_schema,
        found.output_schema, scope.actor,
    )  # fmt: skip
    return id


async def keep_loose(scope: Scope, text: str) -> VersionRow:
    """The version that a text run as it is stands for, kept once."""
    workflow, checked = read(text)
    kept_before = await store.find_loose(scope.db, version_hash(workflow))
    if kept_before is not None and kept_before.text == text:
        return kept_before
    return await store.get_version(scope.db, await _insert(scope, None, 1, workflow, checked, text))


async def move_alias(scope: Scope, id: str, alias: str, number: int) -> Definition:
    """Let an alias stand for a version. Raises NotFound, BadInput."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", alias):
        raise BadInput(problems=[Problem("alias", "bad_name", "Use lower-case letters, digits, - and _.")])
    version = await get_number(scope, await _newest(scope, id), number)
    await store.move_alias(scope.db, version.definition_id or "", alias, version.id)
    return await get(scope, id)


# ── find ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def resolve(scope: Scope, ref: str) -> VersionRow:
    """`name|id[@alias|@number]`; without one, `production`, or else the newest. Raises NotFound."""
    return await resolve_in(scope.db, ref)


async def resolve_in(db: Db, ref: str) -> VersionRow:
    """The same, for a run that has a workspace and nobody who asks."""
    found = _REF.fullmatch(ref)
    if found is not None:
        name, pin = found[1], found[2]
        number = int(pin) if pin and pin.isdecimal() and len(pin) < 9 else None
        version = await store.find_version(db, KIND, name, number, None if number is not None else pin)
        if version is not None:
            return version
    raise NotFound(f"There is no workflow {ref!r} in this workspace.")


async def get(scope: Scope, id: str) -> Definition:
    """The newest version with its text, by id or name. Raises NotFound."""
    return await _view(scope, await _newest(scope, id), text=True)


async def get_version(scope: Scope, id: str) -> VersionRow:
    """A version by its own id."""
    return await store.get_version(scope.db, id)


async def get_number(scope: Scope, version: VersionRow, number: int) -> VersionRow:
    """Another version of the same definition. Raises NotFound."""
    if version.definition_id is not None and 0 < number < 2**31:
        found = await store.find_version(scope.db, version.kind or KIND, version.definition_id, number, None)
        if found is not None:
            return found
    raise NotFound(f"There is no version {number}.")


async def view_number(scope: Scope, id: str, number: int) -> Definition:
    """One version with its text. Raises NotFound."""
    return await _view(scope, await get_number(scope, await _newest(scope, id), number), text=True)


async def list_workflows(scope: Scope, after: str | None, limit: int) -> list[Definition]:
    """The newest version of each, without texts."""
    return [await _view(scope, row) for row in await store.list_newest(scope.db, KIND, after, limit)]


async def list_versions(scope: Scope, id: str, after: str | None, limit: int) -> list[Definition]:
    """The versions of one, newest first, without texts."""
    newest = await _newest(scope, id)
    rows = await store.list_versions(scope.db, newest.definition_id or "", after, limit)
    return [await _view(scope, row) for row in rows]


async def diff(scope: Scope, id: str, before: int, to: int) -> Diff:
    """What differs between two versions. Raises NotFound."""
    newest = await _newest(scope, id)
    texts = [(await get_number(scope, newest, n)).text for n in (before, to)]
    return Diff.model_validate(diff_of(texts[0], texts[1]).as_json())


async def _newest(scope: Scope, ref: str) -> VersionRow:
    found = await store.find_newest(scope.db, KIND, ref) if len(ref) <= 100 else None
    if found is None:
        raise NotFound("No workflow with this id or name in this workspace.")
    return found


async def _view(scope: Scope, row: VersionRow, *, text: bool = False) -> Definition:
    aliases = await store.list_aliases(scope.db, row.definition_id or "") if text and row.definition_id else {}
    return Definition(
        id=row.definition_id or row.id, name=row.name or "", title=row.title, version=row.number, hash=row.hash,
        input_schema=row.input_schema, output_schema=row.output_schema, aliases=aliases, path=row.path,
        created_by=row.created_by, created_at=row.created_at, text=row.text if text else None,
    )  # fmt: skip


# ── a folder ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def apply(scope: Scope, what: Apply) -> list[Applied]:
    """Make the workspace's definitions what a folder's files say, by name; the same files again change nothing."""
    there = [
        Existing(row.definition_id or "", KIND, row.name or "", row.path, row.hash)
        for row in await store.list_newest(scope.db, KIND, None, 10_000)
    ]
    texts = {file.path: file.text for file in what.files}
    changes = plan([File(file.path, file.text) for file in what.files], there, {KIND: _reader})
    return [await _apply(scope, change, texts[change.path], dry=what.dry_run) for change in changes]


async def _apply(scope: Scope, change: PlannedChange, text: str, *, dry: bool) -> Applied:
    id = change.id
    if not dry and change.action == "create":
        id = (await create(scope, text, change.path)).id
    elif not dry and id is not None and change.action == "update":
        await update(scope, id, text, (await _newest(scope, id)).number, change.path)
    elif not dry and id is not None and change.moved:
        await store.update_definition(scope.db, id, change.name, change.path)
    return Applied(path=change.path, kind=KIND, id=id, action=change.action)


def _reader(text: str) -> Read:
    found = checker.check(text, catalogue().get, ids=catalogue())
    if found.problems or found.definition is None:
        return Read("", "", found.problems)
    return Read(found.definition.name, version_hash(found.definition))
