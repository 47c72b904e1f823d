"""Plans: ids are stable by name, and twice changes nothing."""

import pytest

from troupe.base.errors import BadInput
from troupe.features.definitions.kind import Kind, Read
from troupe.features.definitions.plan import Existing, File, plan
from troupe.features.workflows.check import check
from troupe.features.workflows.definition import meaning, version_hash


def text(name: str, value: object = 1) -> str:
    return f"# {name}\ntroupe: workflow/v1\nname: {name}\nnodes: {{a: {{block: noop, with: {{value: {value}}}}}}}\n"


def reader(text: str) -> Read:
    checked = check(text, {"noop": {}}.get)
    if checked.problems or checked.definition is None:
        return Read(checked.problems)
    return Read([], checked.definition.name, hash=version_hash(checked.definition))


KINDS = {"workflow": Kind("workflow", reader, meaning)}


def apply(files: list[File], existing: list[Existing]) -> list[Existing]:
    """What there is after the plan was carried out."""
    there = {e.name: e for e in existing}
    for i, c in enumerate(plan(files, existing, KINDS)):
        made = next(f for f in files if f.path == c.path)
        there[c.name] = Existing(c.id or f"new-{i}", c.kind, c.name, c.path, reader(made.text).hash)
    return list(there.values())


def test_applying_twice_changes_nothing_and_ids_follow_the_name():
    files = [File("b.yaml", text("two")), File("a.yaml", text("one"))]
    first = plan(files, [], KINDS)
    assert [c.as_json() for c in first] == [
        {"path": "a.yaml", "kind": "workflow", "id": None, "action": "create"},
        {"path": "b.yaml", "kind": "workflow", "id": None, "action": "create"},
    ]
    there = apply(files, [])
    assert {c.action for c in plan(files, there, KINDS)} == {"none"}
    moved = [File("x/b.yaml", text("two").replace("# two", "# another comment")), File("a.yaml", text("one", 2))]
    changes = plan(moved, there, KINDS)
    ids = {e.name: e.id for e in there}
    assert [(c.path, c.id, c.action, c.moved) for c in changes] == [
        ("a.yaml", ids["one"], "update", False),
        ("x/b.yaml", ids["two"], "none", True),
    ]
    assert {c.action for c in plan(moved, apply(moved, there), KINDS)} == {"none"}


def test_the_problems_of_all_files_come_at_once_with_the_file_they_are_in():
    files = [
        File("a.yaml", text("one")), File("b.yaml", text("one")), File("c.yaml", "a: b: c"),
        File("d.yaml", text("four").replace("noop", "nop")), File("e.yaml", "troupe: robot/v1"), File("f.yaml", "[]"),
    ]  # fmt: skip
    with pytest.raises(BadInput) as refused:
        plan(files, [], KINDS)
    assert [(p.path, p.code, p.line) for p in refused.value.problems] == [
        ("b.yaml", "duplicate", None),
        ("c.yaml", "bad_yaml", 1),
        ("d.yaml#/nodes/a/block", "unknown_block", 4),
        ("e.yaml", "unknown_kind", None),
        ("f.yaml", "unknown_kind", None),
    ]
