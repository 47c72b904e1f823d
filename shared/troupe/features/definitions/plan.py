"""Plan: what applying a folder of files would do. Pure; who applies it writes to the database.

A definition keeps its id by its name, wherever its file goes. Applying twice changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from troupe.base.errors import BadInput, Problem
from troupe.base.values import Json
from troupe.features.definitions.kind import Kind, Read
from troupe.features.definitions.text import read

Action = Literal["create", "update", "none"]


@dataclass(frozen=True, slots=True)
class File:
    """One file of the folder: its path from the folder's root and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Existing:
    """A definition there is already, with the hash of its newest version."""

    id: str
    kind: str
    name: str
    path: str | None
    hash: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file. `id` is None for what is yet to be created; `moved`: only its path is new."""

    path: str
    kind: str
    name: str
    id: str | None
    action: Action
    moved: bool = False

    def as_json(self) -> dict[str, Json]:
        """`{path, kind, id, action}`."""
        return {"path": self.path, "kind": self.kind, "id": self.id, "action": self.action}


def plan(files: Iterable[File], existing: Iterable[Existing], kinds: Mapping[str, Kind]) -> list[Change]:
    """A change for each file, in the order of the paths.

    `kinds` by name (`workflow` reads `troupe: workflow/v1`). Raises BadInput with the problems of all files; their
    paths begin with the file's.
    """
    there = {(e.kind, e.name): e for e in existing}
    changes: list[Change] = []
    problems: list[Problem] = []
    names: dict[tuple[str, str], str] = {}
    for file in sorted(files, key=lambda f: f.path):
        kind, made = _read(file, kinds, problems)
        if made is None:
            continue
        other = names.setdefault((kind, made.name), file.path)
        if other != file.path:
            hint = "Names are unique among the definitions of a kind."
            problems.append(Problem(file.path, "duplicate", f"{other} has the name {made.name!r} too.", hint))
            continue
        changes.append(_change(file, kind, made, there.get((kind, made.name))))
    if problems:
        raise BadInput(problems=problems)
    return changes


def _read(file: File, kinds: Mapping[str, Kind], problems: list[Problem]) -> tuple[str, Read | None]:
    try:
        kind = _kind(file.text)
    except BadInput as wrong:
        problems.extend(_of(file, wrong.problems))
        return "", None
    if kind not in kinds:
        known = ", ".join(f"{k}/v1" for k in kinds)
        problems.append(
            Problem(file.path, "unknown_kind", "The key `troupe` says no kind of definition.", f"Use {known}.")
        )
        return kind, None
    made = kinds[kind].read(file.text)
    problems.extend(_of(file, made.problems))
    return kind, None if made.problems else made


def _kind(text: str) -> str:
    value = read(text).value
    said = value.get("troupe") if isinstance(value, dict) else None
    return said.removesuffix("/v1") if isinstance(said, str) and said.endswith("/v1") else ""


def _of(file: File, problems: Iterable[Problem]) -> list[Problem]:
    return [replace(p, path=f"{file.path}#{p.path}" if p.path else file.path) for p in problems]


def _change(file: File, kind: str, made: Read, there: Existing | None) -> Change:
    if there is None:
        return Change(file.path, kind, made.name, None, "create")
    same = there.hash == made.hash
    return Change(file.path, kind, made.name, there.id, "none" if same else "update", moved=there.path != file.path)
