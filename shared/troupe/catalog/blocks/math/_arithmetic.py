"""Arithmetic as people write it, in exact decimals: read by Python's own parser, of which only numbers are let through.

Limits: 1,000 characters, results of at most 28 digits and exponents of at most 1,000 (`decimal`).
"""

import ast
from collections.abc import Callable, Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)

from troupe.base.errors import Rejected

CONTEXT = Context(prec=28, Emax=1000, Emin=-1000, traps=[DivisionByZero, InvalidOperation, Overflow])
Numbers = Mapping[str, Decimal]

OPERATORS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: (a / b).to_integral_value(ROUND_FLOOR),
    ast.Mod: lambda a, b: a - b * (a / b).to_integral_value(ROUND_FLOOR),
    ast.Pow: lambda a, b: a**b,
}


def _floor(x: Decimal) -> Decimal:
    return x.to_integral_value(ROUND_FLOOR)


def _ceil(x: Decimal) -> Decimal:
    return x.to_integral_value(ROUND_CEILING)


def _round(x: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    return x.quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)


FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "abs": Decimal.copy_abs,
    "ceil": _ceil,
    "exp": Decimal.exp,
    "floor": _floor,
    "ln": Decimal.ln,
    "log10": Decimal.log10,
    "max": max,
    "min": min,
    "round": _round,
    "sqrt": Decimal.sqrt,
}


def calculate(source: str, numbers: Numbers) -> Decimal:
    """The value of an expression. Raises Rejected: bad_expression, unknown_name, not_computable."""
    try:
        tree = ast.parse(source.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        hint = "Write numbers, names, + - * / // % ^, brackets and functions like round(x, 2)."
        raise Rejected("This is no arithmetic.", code="bad_expression", hint=hint) from None
    with localcontext(CONTEXT):
        try:
            made = +_value(tree, numbers)
        except DivisionByZero:
            raise Rejected("It divides by zero.", code="not_computable") from None
        except (DecimalException, TypeError, ValueError, OverflowError, RecursionError):
            message = "It has no value: a function of wrong arguments, a root of less than zero, or too large a number."
            raise Rejected(message, code="not_computable") from None
    if not made.is_finite():
        raise Rejected("The result is not a finite number.", code="not_computable")
    return made


def _value(node: ast.expr, numbers: Numbers) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Decimal(str(number))
        case ast.Name(id=name):
            if name not in numbers:
                raise Rejected(f"There is no number {name!r}.", code="unknown_name", hint="Give it under `numbers`.")
            return numbers[name]
        case ast.UnaryOp(op=ast.USub(), operand=of):
            return -_value(of, numbers)
        case ast.UnaryOp(op=ast.UAdd(), operand=of):
            return _value(of, numbers)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, numbers), _value(right, numbers))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*[_value(arg, numbers) for arg in args])
        case _:
            raise Rejected(f"{ast.unparse(node)[:100]!r} is no arithmetic.", code="bad_expression")
