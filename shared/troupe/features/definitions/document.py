"""A text that was read: its values, and where each stands in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from troupe.base.errors import Problem
from troupe.base.values import Json


@dataclass(slots=True, eq=False)
class Item:
    """A value and its place: `[start, end)` in the text, line and column from 1.

    `fields` of a map hold key and value; `items` those of a list; `style` is the scalar's quote (`'"|>` or "").
    """

    kind: Literal["map", "list", "scalar"]
    start: int
    line: int
    column: int
    end: int = 0
    flow: bool = False
    style: str = ""
    value: Any = None
    fields: "dict[str, tuple[Item, Item]]" = field(default_factory=dict[str, "tuple[Item, Item]"])
    items: "list[Item]" = field(default_factory=list["Item"])

    def inner(self, step: str) -> "Item | None":
        """The value below one step of a pointer."""
        if self.kind == "map":
            found = self.fields.get(step)
            return found[1] if found else None
        if self.kind == "list" and step.isdecimal() and len(step) < 8 and int(step) < len(self.items):
            return self.items[int(step)]
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read: its value as JSON, the places in it, and the problems that did not stop the reading."""

    text: str
    root: Item
    problems: list[Problem]

    @property
    def value(self) -> Json:
        return self.root.value

    def find(self, path: str) -> Item | None:
        """The item at a JSON pointer, or None."""
        item: Item | None = self.root
        for step in steps_of(path):
            item = item.inner(step) if item is not None else None
        return item

    def place(self, path: str, *, at: int | None = None, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at a pointer (or of its key), or of the nearest that is there.

        `at` is an offset in a scalar's value, as of an expression inside it.
        """
        item, name = self.root, None
        for step in steps_of(path):
            inner = item.inner(step)
            if inner is None:
                break
            name = item.fields[step][0] if item.kind == "map" else None
            item = inner
        if key and name is not None:
            return name.line, name.column
        if at is not None and item.kind == "scalar" and isinstance(item.value, str):
            return line_column(self.text, self._inside(item, item.value, at))
        return item.line, item.column

    def _inside(self, item: Item, value: str, at: int) -> int:
        """Where in the text the offset in a scalar's value stands: after the same opening braces, or the quote."""
        before = value.count("{{", 0, at)
        if before == 0:
            return min(item.start + (item.style in ("'", '"')) + at, max(item.end - 1, item.start))
        found = item.start - 2
        for _ in range(before):
            found = self.text.find("{{", found + 2, item.end)
            if found < 0:
                return item.start
        return min(found + at - value.rfind("{{", 0, at), item.end - 1)


def pointer(key: str | int) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


def steps_of(path: str) -> list[str]:
    """The steps of a JSON pointer."""
    return [s.replace("~1", "/").replace("~0", "~") for s in path.split("/")[1:]]


def line_column(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    start = text.rfind("\n", 0, index) + 1
    return text.count("\n", 0, start) + 1, index - start + 1


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the text, each once."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.line or 0, p.column or 0, p.path))
