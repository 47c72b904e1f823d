"""Reading a definition's text: YAML 1.2 into JSON values, each with its place in the text.

No tags, anchors, aliases or duplicate keys; at most 1 MB and 100 levels. The text itself is kept byte for byte: what is
read here only points into it. Events come from libyaml where PyYAML is installed with it (0.4 s for 10,000 nodes),
else, and for the few characters in which YAML 1.1 and 1.2 differ, from ruamel.yaml (2.5 s).
"""

import importlib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from troupe.base.errors import BadInput, Problem
from troupe.base.values import Json
from troupe.features.workflows.template import pointer

MAX_BYTES = 1_000_000
MAX_DEPTH = 100
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NEVER = re.compile("[\x00\ud800-\udfff]")
_NOT_1_1 = re.compile("[\u2028\u2029]|\\\\u[dD][89abAB]")  # line ends in YAML 1.1; pairs of escapes as JSON writes them
_BARE_BRACES = re.compile(r"(?:^|[:\-\[,])\s*\{\{")
_QUOTE_HINT = 'Put quotes around it: "{{ … }}". Without them YAML reads the braces as a map.'


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


def steps_of(path: str) -> list[str]:
    """The steps of a JSON pointer."""
    return [s.replace("~1", "/").replace("~0", "~") for s in path.split("/")[1:]]


def line_column(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset."""
    start = text.rfind("\n", 0, index) + 1
    return text.count("\n", 0, start) + 1, index - start + 1


def read(text: str) -> Document:
    """The document of a text. Raises BadInput with what made reading it impossible, and all that came before."""
    problems: list[Problem] = []
    if _refused(text, problems):
        raise BadInput(problems=problems)
    shift = 1 if text.startswith("\ufeff") else 0
    builder = _Builder(text, shift, problems)
    try:
        for event in _events(text[shift:]):
            builder.take(event)
    except BadInput:
        raise
    except Exception as wrong:
        raise BadInput(problems=[*problems, _syntax(text, wrong)]) from None
    if builder.root is None:
        raise BadInput(problems=[*problems, Problem("", "empty", "The text holds no definition.", line=1, column=1)])
    return Document(text, builder.root, problems)


def _refused(text: str, problems: list[Problem]) -> bool:
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        line, column = line_column(text, bad.start())
        what = f"The character U+{ord(bad[0]):04X} cannot stand in a text."
        problems.append(Problem("", "bad_character", what, "Take it out.", line, column))
    elif len(text) > MAX_BYTES or len(text.encode()) > MAX_BYTES:
        problems.append(Problem("", "too_large", f"A definition may have {MAX_BYTES:,} bytes.", line=1, column=1))
    return bool(problems)


def _events(text: str) -> Iterator[Any]:
    fast = None if _NOT_1_1.search(text) else _fast(text)
    if fast is not None:
        return fast
    from ruamel.yaml import YAML

    made: Any = YAML(typ="safe", pure=True)
    return made.parse(text)


def _fast(text: str) -> Iterator[Any] | None:
    try:
        yaml: Any = importlib.import_module("yaml")
        return yaml.parse(text, Loader=yaml.CLoader)
    except (ImportError, AttributeError):  # PyYAML is not there, or was built without libyaml
        return None


def _syntax(text: str, wrong: Exception) -> Problem:
    """A parser's exception as a problem at its line."""
    mark: Any = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    said = str(getattr(wrong, "problem", None) or wrong).split("\n")[0][:200]
    lines = text.split("\n")
    near = lines[max(line - 2, 0) : line]
    if any(_BARE_BRACES.search(one) for one in near):
        return Problem("", "unquoted_braces", f"This is not YAML: {said}.", _QUOTE_HINT, line, column)
    return Problem("", "bad_yaml", f"This is not YAML: {said}.", "", line, column)


class _Builder:
    """Items from a parser's events, without recursion."""

    def __init__(self, text: str, shift: int, problems: list[Problem]) -> None:
        self.text = text
        self.shift = shift
        self.problems = problems
        self.root: Item | None = None
        self.stack: list[Item] = []
        self.keys: list[Item | None] = []  # of each open map, the key whose value is awaited
        self.broken: set[int] = set()  # maps (by id) with a map for a key: braces that lack quotes
        self.documents = 0

    def take(self, event: Any) -> None:
        """One event of PyYAML or of ruamel.yaml, whose classes have the same names."""
        name = type(event).__name__
        if name == "ScalarEvent":
            self._plain(event)
            self._put(self._scalar(event))
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self._plain(event)
            self._open(event, "map" if name == "MappingStartEvent" else "list")
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self._close(event)
        elif name == "AliasEvent":
            item = self._at(event.start_mark, event.end_mark, "scalar")
            self._report("alias", "Aliases (*name) are not taken.", "Write the value out.", item)
            self._put(item)
        elif name == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self._stop("many_documents", "A text holds one definition.", event.start_mark)

    def _open(self, event: Any, kind: Literal["map", "list"]) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._stop("too_deep", f"A definition may nest {MAX_DEPTH} levels deep.", event.start_mark)
        item = self._at(event.start_mark, event.end_mark, kind)
        item.flow = bool(event.flow_style)
        item.value = {} if kind == "map" else []
        self.stack.append(item)
        self.keys.append(None)

    def _close(self, event: Any) -> None:
        item = self.stack.pop()
        self.keys.pop()
        item.end = event.end_mark.index + self.shift
        if not item.flow:  # libyaml ends a block collection where the next token starts
            last = item.items[-1] if item.items else next(reversed(item.fields.values()))[1] if item.fields else item
            item.end = max(last.end, item.start)
        if id(item) in self.broken:
            self.broken.discard(id(item))
            self._mend(item)
        self._put(item)

    def _mend(self, item: Item) -> None:
        """Braces without quotes go on as the text they were meant to be."""
        braces = item.flow and self.text[item.start : item.start + 2] == "{{"
        item.kind, item.fields = "scalar", {}
        item.value = self.text[item.start : item.end]
        if braces:
            self._report("unquoted_braces", "Braces need quotes in YAML.", _QUOTE_HINT, item)
        else:
            self._report("bad_key", "A key is a text, not a list or a map.", "", item)

    def _put(self, item: Item) -> None:
        if not self.stack:
            self.root = item
            return
        above = self.stack[-1]
        if above.kind == "list":
            above.items.append(item)
            above.value.append(item.value)
        elif self.keys[-1] is None:
            self._key(above, item)
        else:
            self._field(above, self.keys[-1], item)
            self.keys[-1] = None

    def _key(self, above: Item, item: Item) -> None:
        self.keys[-1] = item
        if item.kind != "scalar":
            self.broken.add(id(above))
        else:
            item.value = self.text[item.start : item.end] if not item.style else item.value

    def _field(self, above: Item, key: Item, item: Item) -> None:
        name = key.value if isinstance(key.value, str) else ""
        if name in above.fields and id(above) not in self.broken:
            first = above.fields[name][0]
            problem = Problem(
                self._path() + pointer(name), "duplicate", f"The key {name!r} is here twice.",
                f"It stands in line {first.line} already.", key.line, key.column,
            )  # fmt: skip
            self.problems.append(problem)
            return
        if item.kind == "scalar" and item.start == item.end:  # parsers place what is not written where they like
            colon = self.text.find(":", key.end)
            blank = colon >= 0 and not self.text[key.end : colon].strip()
            item.start = item.end = colon + 1 if blank else key.end
            item.line, item.column = line_column(self.text, item.start)
        above.fields[name] = (key, item)
        above.value[name] = item.value

    def _path(self) -> str:
        path = ""
        for item, key in zip(self.stack[:-1], self.keys[:-1], strict=True):
            path += pointer(str(key.value) if key is not None else len(item.items))
        return path

    def _scalar(self, event: Any) -> Item:
        item = self._at(event.start_mark, event.end_mark, "scalar")
        item.style = event.style or ""
        item.value = event.value
        if _NEVER.search(event.value):
            item.value = event.value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            if "\0" in item.value or "\ufffd" in item.value.replace("\ufffd", "", event.value.count("\ufffd")):
                item.value = item.value.replace("\0", "\ufffd")
                self._report("bad_character", "NUL and lone surrogates cannot stand in a text.", "", item)
        if not item.style:
            try:
                item.value = resolve(event.value)
            except ValueError as wrong:
                self._report("bad_number", str(wrong), "Put quotes around it to make it a text.", item)
        return item

    def _plain(self, event: Any) -> None:
        item = self._at(event.start_mark, event.end_mark, "scalar")
        if event.anchor is not None:
            self._report("anchor", "Anchors (&name) are not taken.", "Write the value out.", item)
        if event.tag is not None:
            self._report("tag", f"Tags ({event.tag}) are not taken.", "Take it out.", item)

    def _at(self, start: Any, end: Any, kind: Literal["map", "list", "scalar"]) -> Item:
        return Item(kind, start.index + self.shift, start.line + 1, start.column + 1, end.index + self.shift)

    def _report(self, code: str, message: str, hint: str, item: Item) -> None:
        path = self._path()
        if self.stack and self.stack[-1].kind == "list":
            path += pointer(len(self.stack[-1].items))
        elif self.stack and (key := self.keys[-1]) is not None and isinstance(key.value, str):
            path += pointer(key.value)
        self.problems.append(Problem(path, code, message, hint, item.line, item.column))

    def _stop(self, code: str, message: str, mark: Any) -> None:
        self._report(code, message, "", self._at(mark, mark, "scalar"))
        raise BadInput(problems=self.problems)


_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())
}


def resolve(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2. Raises ValueError for what JSON cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INT.fullmatch(text):
        if len(text) > 40:
            raise ValueError("This integer does not fit 64 bits.")
        value = int(text, 0) if text[1:2] in ("o", "x") else int(text)
        if not -(2**63) <= value < 2**63:
            raise ValueError("This integer does not fit 64 bits.")
        return value
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError("This number is too large.")
        return number
    if _NO_JSON.fullmatch(text):
        raise ValueError("Infinity and NaN are no values here.")
    return text


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the text, each once."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.line or 0, p.column or 0, p.path))
