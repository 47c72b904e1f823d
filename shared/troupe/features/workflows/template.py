"""Braces in values: a tree of JSON whose texts may hold `{{ CEL }}`, compiled once, filled many times.

A text that is one expression keeps the type of its value; inside a longer text the value is written as text (null is
empty, lists and maps are compact JSON). `{{{{` writes `{{`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from troupe.base.values import Json
from troupe.features.definitions.document import pointer
from troupe.features.workflows.expressions import (
    Expression,
    ExpressionError,
    Ref,
    Scope,
    compile_expression,
    text_of,
)

Fill = Callable[[Scope], Json]


@dataclass(frozen=True, slots=True)
class Hole:
    """One expression of a tree: the pointer of its text, where its source begins in it, and whether it is all of it."""

    path: str
    at: int
    expression: Expression
    whole: bool


def scan(text: str) -> list[str | tuple[int, str]]:
    """The pieces of a text: literal text, or (offset, source) of an expression. Raises ExpressionError if unclosed."""
    pieces: list[str | tuple[int, str]] = []
    i, literal = 0, ""
    while (start := text.find("{{", i)) >= 0:
        literal += text[i:start]
        if text.startswith("{{{{", start):
            literal, i = literal + "{{", start + 4
            continue
        end = _closing(text, start + 2)
        if literal:
            pieces.append(literal)
        pieces.append((start + 2, text[start + 2 : end]))
        literal, i = "", end + 2
    literal += text[i:]
    if literal or not pieces:
        pieces.append(literal)
    return pieces


def _closing(text: str, i: int) -> int:
    """Where the `}}` that ends the expression begins; strings and the braces of maps are stepped over."""
    start, open_braces = i, 0
    while i < len(text):
        char = text[i]
        if char in "\"'":
            i = _after_string(text, i)
            continue
        if char == "{":
            open_braces += 1
        elif char == "}":
            if open_braces == 0:
                if text.startswith("}}", i):
                    return i
                break
            open_braces -= 1
        i += 1
    hint = "Close it with }}, or write {{{{ for two braces that are only text."
    raise ExpressionError("This {{ is never closed.", at=max(start - 2, 0), code="unclosed", hint=hint)


def _after_string(text: str, i: int) -> int:
    quote = text[i]
    mark = quote * 3 if text.startswith(quote * 3, i) else quote
    raw = i > 0 and text[i - 1] in "rR" and not (i > 1 and (text[i - 2].isalnum() or text[i - 2] == "_"))
    i += len(mark)
    while i < len(text):
        if text[i] == "\\" and not raw:
            i += 2
        elif text.startswith(mark, i):
            return i + len(mark)
        else:
            i += 1
    return i


class Template:
    """A compiled tree. `fill(scope)` gives its JSON; `holes` are its expressions, in order.

    Compiling and filling raise ExpressionError whose `path` (JSON pointer below this tree) names the text at fault.
    """

    __slots__ = ("fill", "hard", "holes", "value")

    def __init__(self, value: Json) -> None:
        self.value = value
        holes: list[Hole] = []
        made = _compile(value, "", holes)
        self.holes = tuple(holes)
        self.fill: Fill = made if made is not None else lambda _scope: value
        self.hard = needs(self.refs())

    def refs(self) -> Iterator[Ref]:
        """Every reference of every expression."""
        for hole in self.holes:
            yield from hole.expression.refs

    def __repr__(self) -> str:
        return f"Template({self.value!r})"


Need = tuple[str, str]


def needs(refs: Iterator[Ref]) -> tuple[Need, ...]:
    """What must be there: (name, first step or "") of each hard reference, once."""
    found = {(r.name, r.steps[0] if r.steps and isinstance(r.steps[0], str) else "") for r in refs if not r.soft}
    return tuple(sorted(found))


def _compile(value: Json, path: str, holes: list[Hole]) -> Fill | None:
    """A function that fills the value, or None for one without expressions."""
    if isinstance(value, str):
        return _compile_text(value, path, holes) if "{{" in value else None
    if isinstance(value, dict):
        return _compile_map(value, path, holes)
    if isinstance(value, list):
        return _compile_list(value, path, holes)
    return None


def _compile_text(text: str, path: str, holes: list[Hole]) -> Fill | None:
    try:
        pieces = scan(text)
    except ExpressionError as wrong:
        raise located(wrong, path, 0) from None
    whole = len(pieces) == 1
    parts: list[str | Expression] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        at, source = piece
        try:
            expression = compile_expression(source)
        except ExpressionError as wrong:
            raise located(wrong, path, at) from None
        holes.append(Hole(path, at, expression, whole))
        parts.append(expression)
    if whole:
        only = parts[0]
        return (lambda _scope: only) if isinstance(only, str) else _direct(only)
    fills = [p if isinstance(p, str) else _direct(p) for p in parts]
    return lambda scope: "".join([f if isinstance(f, str) else text_of(f(scope)) for f in fills])


def located(wrong: ExpressionError, path: str, at: int) -> ExpressionError:
    """The same error, told as of the tree: pointer and offset in the text there."""
    told = type(wrong)(wrong.message, at=wrong.at + at, code=wrong.code, hint=wrong.hint)
    told.path = path
    return told


def _direct(expression: Expression) -> Fill:
    return expression.path.get if expression.path is not None else expression


def _compile_map(value: dict[str, Json], path: str, holes: list[Hole]) -> Fill | None:
    made = {key: _compile(inner, path + pointer(key), holes) for key, inner in value.items()}
    moving = [(key, fill) for key, fill in made.items() if fill is not None]
    if not moving:
        return None

    def fill_map(scope: Scope) -> Json:
        out = value.copy()
        key = ""
        try:
            for key, fill in moving:
                out[key] = fill(scope)
        except ExpressionError as wrong:
            wrong.path = pointer(key) + wrong.path
            raise
        return out

    return fill_map


def _compile_list(value: list[Json], path: str, holes: list[Hole]) -> Fill | None:
    made = [_compile(inner, path + pointer(i), holes) for i, inner in enumerate(value)]
    if not any(made):
        return None

    def fill_list(scope: Scope) -> Json:
        out: list[Any] = []
        try:
            for fill, constant in zip(made, value, strict=True):
                out.append(fill(scope) if fill is not None else constant)
        except ExpressionError as wrong:
            wrong.path = pointer(len(out)) + wrong.path
            raise
        return out

    return fill_list


_GONE = object()


class Output:
    """A template whose map fields are left out where they need a node that gave nothing."""

    __slots__ = ("fields", "template")

    def __init__(self, value: Json) -> None:
        self.template = Template(value)
        self.fields = {k: Output(v) for k, v in value.items()} if isinstance(value, dict) else None

    def fill(self, scope: Scope, *, whole: bool) -> Json:
        """`whole`: nothing is absent, so the fast way will do."""
        if whole:
            return self.template.fill(scope)
        made = self._fill(scope)
        return None if made is _GONE else cast(Json, made)

    def _fill(self, scope: Scope) -> object:
        if self.fields is not None:
            made = {k: f._fill(scope) for k, f in self.fields.items()}
            return {k: v for k, v in made.items() if v is not _GONE}
        return _GONE if gone(scope, self.template.hard) else self.template.fill(scope)


def gone(scope: Scope, hard: tuple[Need, ...]) -> str:
    """The first hard need that a skipped node (or one that failed and was let go) leaves open, told; or ""."""
    for name, field in hard:
        why = scope.why_absent(name)
        if why == "skipped" or (why == "failed" and field not in ("", "error")):
            return f"{name} {'was skipped' if why == 'skipped' else 'failed'}"
    return ""
