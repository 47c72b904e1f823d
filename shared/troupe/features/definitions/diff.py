"""What changed between two texts of a definition. Only their meaning counts, which the kind tells."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# (definitions as JSON)

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from troupe.base.values import Json
from troupe.features.definitions.document import Document, pointer
from troupe.features.definitions.text import read


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is another now; both as the texts say them (a default that is not written is null)."""

    path: str
    before: Json
    after: Json

    def as_json(self) -> dict[str, Json]:
        return {"path": self.path, "from": self.before, "to": self.after}


@dataclass(frozen=True, slots=True)
class Diff:
    """JSON pointers of what came and went as a whole, and changed values."""

    added: list[str] = field(default_factory=list[str])
    removed: list[str] = field(default_factory=list[str])
    changed: list[Change] = field(default_factory=list[Change])

    def as_json(self) -> dict[str, Json]:
        """`{added, removed, changed: [{path, from, to}]}`."""
        return {"added": [*self.added], "removed": [*self.removed], "changed": [c.as_json() for c in self.changed]}


Meaning = Callable[[Json], dict[str, Any]]


def diff(before: str, after: str, meaning: Meaning) -> Diff:
    """What changed from one text to another; both are definitions that were checked.

    `meaning` gives a definition as JSON, without what does not count and what says no more than a default.
    """
    old, new = read(before), read(after)
    found = Diff()
    _compare(meaning(old.value), meaning(new.value), "", old, new, found)
    return found


def _compare(before: Any, after: Any, path: str, old: Document, new: Document, found: Diff) -> None:
    if not isinstance(before, dict) or not isinstance(after, dict):
        if before != after or type(before) is not type(after):
            found.changed.append(Change(path, _said(old, path), _said(new, path)))
        return
    for key in [*before, *(k for k in after if k not in before)]:
        here = path + pointer(key)
        if key in before and key in after:
            _compare(before[key], after[key], here, old, new, found)
        elif old.find(here) is not None and new.find(here) is not None:  # one of them only says the default
            found.changed.append(Change(here, _said(old, here), _said(new, here)))
        else:
            (found.added if key in after else found.removed).append(here)


def _said(document: Document, path: str) -> Json:
    item = document.find(path)
    return None if item is None else item.value
