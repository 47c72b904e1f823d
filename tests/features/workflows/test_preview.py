"""A preview says what a field would hold, and never holds the house up."""

import asyncio
import time
from typing import Any

import pytest

from troupe.app.beside import Beside
from troupe.base.errors import BadInput
from troupe.base.values import Json
from troupe.features.workflows.preview import evaluate_text

ENDLESS = "{{ size(rows.map(a, rows.map(b, rows.map(c, a + b + c)))) }}"
SORT: dict[str, Json] = {"sort": {"label": "bug", "labels": ["bug", "praise"]}, "n": 2}


async def nowhere(source: str, variables: dict[str, Json]) -> Json:
    raise AssertionError(f"{source} was not to be computed elsewhere")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("{{ sort.labels }}", ["bug", "praise"]),
        ("{{ n + 1 }}", 3),
        ("{{ n }} of {{ size(sort.labels) }}: {{ sort }}", '2 of 2: {"label":"bug","labels":["bug","praise"]}'),
        ("{{{{ n }}", "{{ n }}"),
        ('{{ sort.label != "praise" }}', True),
    ],
)
def test_a_field_is_filled_as_in_a_run(text: str, value: Json) -> None:
    assert asyncio.run(evaluate_text(text, SORT, nowhere)) == value


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("{{ n + }}", "bad_expression", 8),
        ("{{ nobody }}", "unknown_name", 1),
        ("{{ sort.lable }}", "missing_value", 1),
        ("{{ n", "unclosed", 1),
        ("{{ 'a' * 2 }}", "type_mismatch", 1),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, code: str, column: int) -> None:
    with pytest.raises(BadInput) as told:
        asyncio.run(evaluate_text(text, SORT, nowhere))
    (problem,) = told.value.problems
    assert (problem.path, problem.code, problem.line) == ("text", code, 1)
    assert (problem.column or 0) >= column


def test_what_is_much_is_computed_in_a_worker_and_cut_there() -> None:
    many: dict[str, Json] = {"rows": list(range(3_000))}

    async def see() -> tuple[Any, Any]:
        beside = Beside()
        try:
            total = await evaluate_text("{{ sum(rows.map(r, r * 2)) }}", many, beside.expression)
            with pytest.raises(BadInput) as told:
                await evaluate_text(
                    "{{ size(rows.map(a, rows.map(b, rows.map(c, a + b + c)))) }}", many, beside.expression
                )
            return total, told.value.code
        finally:
            await beside.close()

    begin = time.monotonic()
    assert asyncio.run(see()) == (8_997_000, "too_heavy")
    assert time.monotonic() - begin < 20


def test_a_result_and_the_number_of_expressions_are_bounded() -> None:
    with pytest.raises(BadInput, match="larger than"):
        asyncio.run(evaluate_text("{{ a }}{{ a }}", {"a": "x" * 600_000}, nowhere))
    with pytest.raises(BadInput, match="at most"):
        asyncio.run(evaluate_text("{{ n }}" * 51, SORT, nowhere))
