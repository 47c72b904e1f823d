"""Expressions: CEL read by our own grammar (parse), looked into (refs, types), and evaluated (evaluate).

Calls nothing of Troupe but base. A new function is one line in functions.OURS and its arity in syntax.FUNCTIONS.
"""

from troupe.features.workflows.expressions.evaluate import Expression, compile_expression, evaluate
from troupe.features.workflows.expressions.functions import text_of
from troupe.features.workflows.expressions.refs import Ref
from troupe.features.workflows.expressions.scope import Heavy, HeavyHook, Missing, Scope
from troupe.features.workflows.expressions.syntax import RESERVED, ExpressionError
from troupe.features.workflows.expressions.types import Schema, infer, kinds, may_fit, of_value, union

__all__ = [
    "RESERVED",
    "Expression",
    "ExpressionError",
    "Heavy",
    "HeavyHook",
    "Missing",
    "Ref",
    "Schema",
    "Scope",
    "compile_expression",
    "evaluate",
    "infer",
    "kinds",
    "may_fit",
    "of_value",
    "text_of",
    "union",
]
