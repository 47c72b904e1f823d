"""Workflows: check, keep versions, resolve names, apply a folder."""

import re
from typing import Any

from pydantic import JsonValue

from troupe.base.db import Db
from troupe.base.errors import BadInput, Conflict, NotFound, Problem
from troupe.base.ids import is_id, new_id
from troupe.catalog.registry import catalogue
from troupe.features.scope import Scope
from troupe.features.workflows import store
from troupe.features.workflows.check import check as find_problems
from troupe.features.workflows.definition import Workflow
from troupe.features.workflows.diff import diff_of, hash_of
from troupe.features.workflows.graph import Graph, compile_graph, edges
from troupe.features.workflows.models import Applied, Apply, Checked, Definition, Diff, FileText
from troupe.features.workflows.models import Problem as ProblemView
from troupe.features.workflows.schema import input_problems, input_schema, output_schema
from troupe.features.workflows.store import VersionRow
from troupe.features.workflows.text import read_workflow

KIND = "workflow"
_REF = re.compile(r"([^@]{1,100})(?:@([a-z0-9][a-z0-9_-]{0,62}))?")
_FRAME = re.compile(r"\[\d+\]")

__all__ = ["store"]


# ── check and read ──────────────────────────────────────────────────────────────────────────────────────────────────


def check(text: str) -> Checked:
    """Everything wrong with a text; its schemas where nothing is."""
    problems = find_problems(text, catalogue().get)
    views = [ProblemView.model_validate(vars(p)) for p in problems]
    if problems:
        return Checked(ok=False, problems=views)
    workflow = read_workflow(text)
    return Checked(
        ok=True,
        problems=[],
        input_schema=input_schema(workflow),
        output_schema=output_schema(workflow, catalogue().get),
    )


def read(text: str) -> Workflow:
    """A checked definition. Raises BadInput with every problem."""
    if problems := find_problems(text, catalogue().get):
        raise BadInput(problems=problems, code="bad_workflow")
    return read_workflow(text)


def compile_version(text: str, only: str | None = None) -> Graph:
    """The plan of a kept version; with `only`, of that node alone."""
    workflow = read_workflow(text)
    if only is not None:
        workflow = workflow.model_copy(update={"nodes": {only: workflow.nodes[only]}, "output": f"{{{{ {only} }}}}"})
    return compile_graph(workflow)


def check_input(version: VersionRow, given: JsonValue) -> None:
    """Raises BadInput with every place where an input does not fit."""
    if problems := input_problems(version.input_schema, given):
        raise BadInput(problems=problems, code="bad_input")


def check_only(version: VersionRow, only: str, outputs: dict[str, JsonValue]) -> None:
    """Raises BadInput where a single node cannot be run on these outputs."""
    nodes = read_workflow(version.text).nodes
    if only not in nodes:
        raise BadInput(problems=[Problem("only", "unknown_node", f"There is no node {only!r}.")])
    if missing := [need for need in edges(nodes)[only] if need not in outputs]:
        raise BadInput(problems=[Problem(f"outputs.{m}", "missing", f"{only} needs what {m} gave.") for m in missing])


def kept_on_fork(version: VersionRow, from_step: str, keys: list[str]) -> list[str]:
    """Which step results a fork keeps: all but those of the step and of what depends on it.

    `each[7]` drops that pass and the frame's own result; `loop[3]` drops passes from the fourth on.
    """
    workflow = read_workflow(version.text)
    top = re.split(r"[\[/]", from_step, maxsplit=1)[0]
    if top not in workflow.nodes:
        raise BadInput(problems=[Problem("from_step", "unknown_step", f"There is no node {top!r} in this version.")])
    after = _dependents(workflow, top)
    return [key for key in keys if not _dropped(workflow, key, from_step, top, after)]


def _dropped(workflow: Workflow, key: str, from_step: str, top: str, after: set[str]) -> bool:
    node = re.split(r"[\[/]", key, maxsplit=1)[0]
    if node != top:
        return node in after
    if "[" not in from_step or key == top:
        return True
    index, wanted = _index_of(key, top), _index_of(from_step, top)
    if index is None or wanted is None:
        return True
    return index >= wanted if workflow.nodes[top].loop else index == wanted


def _index_of(key: str, top: str) -> int | None:
    found = re.match(rf"{re.escape(top)}\[(\d+)\]", key)
    return int(found[1]) if found else None


def _dependents(workflow: Workflow, node: str) -> set[str]:
    wanted = edges(workflow.nodes)
    found: set[str] = set()
    todo = [node]
    while todo:
        current = todo.pop()
        new = {id for id, needs in wanted.items() if current in needs} - found
        found |= new
        todo.extend(new)
    return found


# ── keep ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create(scope: Scope, text: str, path: str | None = None) -> Definition:
    """A new workflow, version 1. Raises BadInput, Conflict where the name is taken."""
    workflow = read(text)
    id = new_id()
    if not await store.insert_definition(scope.db, id, KIND, workflow.name, path):
        raise Conflict(f"There is a workflow named {workflow.name!r} already.", code="name_taken")
    await _insert(scope, id, 1, workflow, text)
    return await get(scope, id)


async def update(scope: Scope, id: str, text: str, base: int, path: str | None = None) -> Definition:
    """The next version, made from version `base`. Raises Conflict where somebody was faster; no change, no version."""
    workflow = read(text)
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
        await _insert(scope, before.definition_id or "", before.number + 1, workflow, text)
    return await get(scope, before.definition_id or "")


async def _insert(scope: Scope, definition: str | None, number: int, workflow: Workflow, text: str) -> str:
    id = new_id()
    await store.insert_version(
        scope.db, id, definition, number, hash_of(workflow), workflow.title, text, input_schema(workflow),
        output_schema(workflow, catalogue().get), scope.actor,
    )  # fmt: skip
    return id


async def keep_loose(scope: Scope, text: str) -> VersionRow:
    """The version that a text run as it is stands for, kept once."""
    workflow = read(text)
    found = await store.find_loose(scope.db, hash_of(workflow))
    if found is not None and found.text == text:
        return found
    return await store.get_version(scope.db, await _insert(scope, None, 1, workflow, text))


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
    return Diff.model_validate(diff_of(read_workflow(texts[0]), read_workflow(texts[1])))


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
    read_files = _read_all(what.files)
    changes: list[Applied] = []
    for file, workflow in read_files:
        before = await store.find_newest(scope.db, KIND, workflow.name)
        action = "create" if before is None else "none" if before.text == file.text else "update"
        id = before.definition_id if before else None
        if not what.dry_run and action == "create":
            id = (await create(scope, file.text, file.path)).id
        elif not what.dry_run and before is not None and action == "update":
            await update(scope, before.definition_id or "", file.text, before.number, file.path)
        changes.append(Applied(path=file.path, kind=KIND, id=id, action=action))
    return changes


def _read_all(files: list[FileText]) -> list[tuple[FileText, Workflow]]:
    """Every file read; raises BadInput with the problems of all, each path beginning with its file's."""
    problems: list[Problem] = []
    found: list[tuple[FileText, Workflow]] = []
    names: dict[str, str] = {}
    for file in files:
        try:
            workflow = read(file.text)
        except BadInput as wrong:
            problems += [
                Problem(f"{file.path}: {p.path}", p.code, p.message, p.hint, p.line, p.column) for p in wrong.problems
            ]
            continue
        if workflow.name in names:
            message = f"{names[workflow.name]} has the name {workflow.name!r} too."
            problems.append(Problem(f"{file.path}: name", "duplicate_name", message))
        names[workflow.name] = file.path
        found.append((file, workflow))
    if problems:
        raise BadInput(problems=problems, code="bad_workflow")
    return found


def require_id(id: str) -> str:
    """Raises NotFound for what cannot be an id."""
    if not is_id(id):
        raise NotFound
    return id


def schema_of(definition: Definition) -> dict[str, Any]:
    """What a definition takes."""
    return definition.input_schema
