"""Definitions: keep versions, resolve names, compare, apply a folder; the same for every kind."""

import re
from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from troupe.base.db import Db
from troupe.base.errors import BadInput, Conflict, NotFound, Problem
from troupe.base.ids import new_id
from troupe.base.values import Json
from troupe.features.definitions import store
from troupe.features.definitions.diff import diff as diff_of
from troupe.features.definitions.kind import Kind, Read
from troupe.features.definitions.models import Applied, Apply, Checked, Definition, Diff, Edge
from troupe.features.definitions.models import Problem as ProblemView
from troupe.features.definitions.plan import Change, Existing, File, plan
from troupe.features.definitions.schema import check_value
from troupe.features.definitions.store import VersionRow
from troupe.features.scope import Scope

_REF = re.compile(r"([^@]{1,100})(?:@([a-z0-9][a-z0-9_-]{0,62}))?")


def read(kind: Kind, text: str) -> Read:
    """What a text says. Raises BadInput (`bad_workflow`, `bad_agent`) with every problem."""
    found = kind.read(text)
    if found.problems:
        raise BadInput(problems=found.problems, code=f"bad_{kind.name}")
    return found


def check(kind: Kind, text: str) -> Checked:
    """Everything wrong with a text; its schemas where nothing is."""
    found = kind.read(text)
    ok = not found.problems
    return Checked(
        ok=ok, problems=[ProblemView.model_validate(vars(p)) for p in found.problems],
        edges=[Edge.model_validate({"from": e.before, "to": e.to, "kind": e.kind}) for e in found.edges],
        input_schema=found.input_schema if ok else None, output_schema=found.output_schema if ok else None,
    )  # fmt: skip


def check_input(version: VersionRow, given: JsonValue) -> None:
    """Raises BadInput with every place where an input does not fit."""
    if problems := check_value(cast(Json, given), version.input_schema):
        raise BadInput(problems=problems)


# ── keep ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create(scope: Scope, kind: Kind, text: str, path: str | None = None) -> Definition:
    """A new definition, version 1. Raises BadInput, Conflict where the name is taken."""
    found = read(kind, text)
    id = new_id()
    if not await store.insert_definition(scope.db, id, kind.name, found.name, path):
        raise _taken(kind, found.name)
    await insert(scope, id, 1, found, text)
    return await get(scope, kind, id)


async def update(scope: Scope, kind: Kind, id: str, text: str, base: int, path: str | None = None) -> Definition:
    """The next version, made from version `base`. Raises Conflict where somebody was faster; no change, no version."""
    found = read(kind, text)
    before = await newest(scope, kind, id)
    definition = before.definition_id or ""
    await store.lock_definition(scope.db, definition)
    before = await newest(scope, kind, id)
    if before.number != base:
        raise Conflict(
            f"Version {before.number} has come since version {base}.", code="stale_version",
            hint="Take the newest text, put your change into it, and send that.",
        )  # fmt: skip
    if found.name != before.name and await store.find_newest(scope.db, kind.name, found.name) is not None:
        raise _taken(kind, found.name)
    await store.update_definition(scope.db, definition, found.name, path)
    if text != before.text:
        await insert(scope, definition, before.number + 1, found, text)
    return await get(scope, kind, definition)


async def insert(scope: Scope, definition: str | None, number: int, found: Read, text: str) -> str:
    """Keep a version that was read; its id. Without a definition it is a text that is run as it is."""
    id = new_id()
    await store.insert_version(
        scope.db, id, definition, number, found.hash, found.title, text, found.input_schema, found.output_schema,
        scope.actor,
    )  # fmt: skip
    return id


async def move_alias(scope: Scope, kind: Kind, id: str, alias: str, number: int) -> Definition:
    """Let an alias stand for a version. Raises NotFound, BadInput."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", alias):
        raise BadInput(problems=[Problem("alias", "bad_name", "Use lower-case letters, digits, - and _.")])
    version = await get_number(scope, await newest(scope, kind, id), number)
    await store.move_alias(scope.db, version.definition_id or "", alias, version.id)
    return await get(scope, kind, id)


def _taken(kind: Kind, name: str) -> Conflict:
    return Conflict(f"There is {_a(kind)} named {name!r} already.", code="name_taken")


# ── find ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def resolve(db: Db, kind: Kind, ref: str) -> VersionRow:
    """`name|id[@alias|@number]`; without one, `production`, or else the newest. Raises NotFound."""
    found = _REF.fullmatch(ref)
    if found is not None:
        name, pin = found[1], found[2]
        number = int(pin) if pin and pin.isdecimal() and len(pin) < 9 else None
        version = await store.find_version(db, kind.name, name, number, None if number is not None else pin)
        if version is not None:
            return version
    raise NotFound(f"There is no {kind.name} {ref!r} in this workspace.")


async def get(scope: Scope, kind: Kind, id: str) -> Definition:
    """The newest version with its text, by id or name. Raises NotFound."""
    return await _view(scope, await newest(scope, kind, id), text=True)


async def get_number(scope: Scope, version: VersionRow, number: int) -> VersionRow:
    """Another version of the same definition. Raises NotFound."""
    if version.definition_id is not None and version.kind is not None and 0 < number < 2**31:
        found = await store.find_version(scope.db, version.kind, version.definition_id, number, None)
        if found is not None:
            return found
    raise NotFound(f"There is no version {number}.")


async def view_number(scope: Scope, kind: Kind, id: str, number: int) -> Definition:
    """One version with its text. Raises NotFound."""
    return await _view(scope, await get_number(scope, await newest(scope, kind, id), number), text=True)


async def list_newest(scope: Scope, kind: Kind, after: str | None, limit: int) -> list[Definition]:
    """The newest version of each, without texts."""
    return [await _view(scope, row) for row in await store.list_newest(scope.db, kind.name, after, limit)]


async def list_versions(scope: Scope, kind: Kind, id: str, after: str | None, limit: int) -> list[Definition]:
    """The versions of one, newest first, without texts."""
    found = await newest(scope, kind, id)
    rows = await store.list_versions(scope.db, found.definition_id or "", after, limit)
    return [await _view(scope, row) for row in rows]


async def diff(scope: Scope, kind: Kind, id: str, before: int, to: int) -> Diff:
    """What differs between two versions. Raises NotFound."""
    found = await newest(scope, kind, id)
    texts = [(await get_number(scope, found, n)).text for n in (before, to)]
    return Diff.model_validate(diff_of(texts[0], texts[1], kind.meaning).as_json())


async def newest(scope: Scope, kind: Kind, ref: str) -> VersionRow:
    """The newest version of a definition, by name or id. Raises NotFound."""
    found = await store.find_newest(scope.db, kind.name, ref) if len(ref) <= 100 else None
    if found is None:
        raise NotFound(f"No {kind.name} with this id or name in this workspace.")
    return found


async def _view(scope: Scope, row: VersionRow, *, text: bool = False) -> Definition:
    aliases = await store.list_aliases(scope.db, row.definition_id or "") if text and row.definition_id else {}
    return Definition(
        id=row.definition_id or row.id, name=row.name or "", title=row.title, version=row.number, hash=row.hash,
        input_schema=row.input_schema, output_schema=row.output_schema, aliases=aliases, path=row.path,
        created_by=row.created_by, created_at=row.created_at, text=row.text if text else None,
    )  # fmt: skip


def _a(kind: Kind) -> str:
    return f"an {kind.name}" if kind.name[0] in "aeiou" else f"a {kind.name}"


# ── a folder ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def apply(scope: Scope, kinds: Mapping[str, Kind], what: Apply) -> list[Applied]:
    """Make the workspace's definitions what a folder's files say, by name; the same files again change nothing."""
    there = [
        Existing(row.definition_id or "", kind, row.name or "", row.path, row.hash)
        for kind in kinds
        for row in await store.list_newest(scope.db, kind, None, 10_000)
    ]
    texts = {file.path: file.text for file in what.files}
    changes = plan([File(file.path, file.text) for file in what.files], there, kinds)
    return [await _apply(scope, kinds[change.kind], change, texts[change.path], dry=what.dry_run) for change in changes]


async def _apply(scope: Scope, kind: Kind, change: Change, text: str, *, dry: bool) -> Applied:
    id = change.id
    if not dry and change.action == "create":
        id = (await create(scope, kind, text, change.path)).id
    elif not dry and id is not None and change.action == "update":
        await update(scope, kind, id, text, (await newest(scope, kind, id)).number, change.path)
    elif not dry and id is not None and change.moved:
        await store.update_definition(scope.db, id, change.name, change.path)
    return Applied.model_validate({"path": change.path, "kind": kind.name, "id": id, "action": change.action})
