"""What a text with expressions gives on values that somebody has at hand, before anything runs.

What is small is computed here; the rest in a worker process, one second an expression, so that whoever writes a bad
one waits for it alone.
"""

import asyncio
from collections.abc import Awaitable, Callable

from troupe.base.errors import BadInput, Problem, StepFailed
from troupe.base.values import Json, check_depth, clean, dump
from troupe.features.workflows.expressions import Expression, ExpressionError, Heavy, Scope
from troupe.features.workflows.expressions.scope import weigh
from troupe.features.workflows.template import Template

SMALL_TEXT, SMALL_SCOPE = 1_000, 1_000  # characters of a text, values of a scope, that are computed in process
MAX_HOLES = 50
MAX_VALUE = 1_000_000  # bytes of what is given back
SECONDS = 3.0  # for all of a text, waiting for a worker included

Compute = Callable[[str, dict[str, Json]], Awaitable[Json]]


async def evaluate_text(text: str, values: dict[str, Json], compute: Compute) -> Json:
    """The text with its expressions filled; one expression alone keeps its type. Raises BadInput."""
    check_depth(values)
    try:
        template = Template(text)
        if len(template.holes) > MAX_HOLES:
            raise BadInput(f"A preview takes {MAX_HOLES} expressions at most.", code="too_heavy")
        async with asyncio.timeout(SECONDS):
            value = await _filled(template, Scope(values), compute, small=_small(text, values))
    except ExpressionError as wrong:
        raise BadInput(problems=[_told(wrong, text)]) from None
    except TimeoutError:
        raise _heavy() from None
    if len(dump(value)) > MAX_VALUE:
        raise BadInput(f"The result is larger than {MAX_VALUE:,} bytes.", code="too_large")
    return clean(value)


def _small(text: str, values: dict[str, Json]) -> bool:
    return len(text) <= SMALL_TEXT and weigh(values, SMALL_SCOPE) <= SMALL_SCOPE


async def _filled(template: Template, scope: Scope, compute: Compute, *, small: bool) -> Json:
    scope.known = {}
    if not small:
        for hole in template.holes:
            if hole.expression.path is None:
                scope.known[id(hole.expression)] = await _computed(hole.expression, scope, compute)
    while True:
        try:
            return template.fill(scope)
        except Heavy as heavy:
            scope.known[id(heavy.expression)] = await _computed(heavy.expression, scope, compute)


async def _computed(expression: Expression, scope: Scope, compute: Compute) -> Json:
    variables: dict[str, Json] = {ref.name: scope.find(ref.name) for ref in expression.refs if scope.has(ref.name)}
    try:
        return await compute(expression.source, variables)
    except StepFailed as wrong:
        if wrong.code == "timed_out":
            raise _heavy() from None
        raise BadInput(problems=[Problem("text", wrong.code, wrong.message, wrong.hint)]) from None


def _heavy() -> BadInput:
    return BadInput("This takes too long for a preview.", code="too_heavy", hint="A run may take longer over it.")


def _told(wrong: ExpressionError, text: str) -> Problem:
    before = text[: wrong.at]
    line, column = before.count("\n") + 1, wrong.at - (before.rfind("\n") + 1) + 1
    return Problem("text", wrong.code, wrong.message, wrong.hint, line, column)
