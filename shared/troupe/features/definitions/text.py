"""Reading a definition's text: YAML 1.2 into JSON values, each with its place in the text.

No tags, anchors, aliases or duplicate keys; at most 1 MB and 100 levels. The text itself is kept byte for byte: what is
read here only points into it. Events come from libyaml where PyYAML is installed with it (0.4 s for 10,000 nodes),
else, and for the few characters in which YAML 1.1 and 1.2 differ, from ruamel.yaml (2.5 s).
"""

import importlib
import re
from collections.abc import Iterator
from typing import Any, Literal

from troupe.base.errors import BadInput, Problem
from troupe.features.definitions.document import Document, Item, line_column, pointer
from troupe.features.definitions.scalar import resolve

MAX_BYTES = 1_000_000
MAX_DEPTH = 100
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NEVER = re.compile("[\x00\ud800-\udfff]")
_NOT_1_1 = re.compile("[\u2028\u2029]|\\\\u[dD][89abAB]")  # line ends in YAML 1.1; pairs of escapes as JSON writes them
_BARE_BRACES = re.compile(r"(?:^|[:\-\[,])\s*\{\{")
_QUOTE_HINT = 'Put quotes around it: "{{ … }}". Without them YAML reads the braces as a map.'


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
