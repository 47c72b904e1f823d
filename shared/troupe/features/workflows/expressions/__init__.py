"""Expressions: CEL read by our own grammar (syntax, build), looked into (refs, types), and evaluated (evaluate).

Calls nothing of Troupe but base. A new function is one line in functions.OURS and its arity in syntax.FUNCTIONS.
"""

from troupe.features.workflows.expressions.evaluate import (
    Expression,
    Heavy,
    HeavyHook,
    Missing,
    Scope,
    compile_expression,
    evaluate,
)
from troupe.features.workflows.expressions.functions import text_of
from troupe.features.workflows.expressions.refs import Ref, references
from troupe.features.workflows.expressions.syntax import RESERVED, ExpressionError

__all__ = [
    "RESERVED",
    "Expression",
    "ExpressionError",
    "Heavy",
    "HeavyHook",
    "Missing",
    "Ref",
    "Scope",
    "compile_expression",
    "evaluate",
    "references",
    "text_of",
]
