"""Reading CEL by our own grammar, because the evaluating library shows neither trees nor references.

The parser is built at first use, for most workflows need none: a plain path is read by a pattern (`plain_path`).
"""

from functools import cache
from pathlib import Path
from typing import Any

from troupe.features.workflows.expressions.syntax import ExpressionError, Node

MAX_SOURCE = 10_000  # characters


@cache
def _parser() -> Any:
    from lark import Lark

    from troupe.features.workflows.expressions import build

    grammar = (Path(__file__).parent / "cel.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=build.make(), maybe_placeholders=True)


def parse(source: str) -> Node:
    """The tree of a CEL expression. Raises ExpressionError with the offset of what is wrong."""
    from lark.exceptions import UnexpectedInput, VisitError

    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"An expression may be {MAX_SOURCE:,} characters long.", code="too_long")
    if not source.strip():
        raise ExpressionError("The expression is empty.")
    try:
        return _parser().parse(source)
    except VisitError as wrapped:
        raise wrapped.orig_exc from None
    except UnexpectedInput as wrong:
        token: Any = getattr(wrong, "token", None)
        ended = token is not None and token.type == "$END"
        at = len(source) if ended else max(wrong.pos_in_stream or 0, 0)
        what = "The expression ends too early." if ended else f"Unexpected {source[at : at + 12]!r} in the expression."
        raise ExpressionError(what, at=at) from None
