"""REST: addresses that hold what they are given, answers as values, and of those what a model needs."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from pydantic import Field

from troupe.base.errors import BadInput, Rejected, StepFailed
from troupe.base.http import HttpResponse
from troupe.base.values import read_json
from troupe.catalog.contract import Fields, Json, Link

SHORT, LONG = 2_000, 100_000  # characters of a text in a list, and where one thing is asked for


class Paged(Fields):
    """A list that is given page by page."""

    limit: int = Field(20, description="How many at most.", ge=1, le=100)
    cursor: str = Field("", description="`next_cursor` of the page before; empty begins.", max_length=4000)


def address(base: str, *parts: str | int) -> str:
    """A URL below a base. Every part stays within its own segment, whatever it holds. Raises Rejected."""
    texts = [str(part) for part in parts]
    if bad := [text for text in texts if text in ("", ".", "..")]:
        raise Rejected(f"{bad[0]!r} is no name of anything there.", code="bad_input")
    return "/".join([base.rstrip("/"), *(quote(text, safe="") for text in texts)])


async def ask(
    link: Link, method: str, url: str, *, params: Mapping[str, Any] | None = None, json: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Any:  # fmt: skip
    """What the service answers, as a value; {} where it says nothing. Parameters of None or "" are not sent."""
    sent = {k: _word(v) for k, v in (params or {}).items() if v not in (None, "", [])}
    answer = await link.request(method, url, params=sent or None, json=json, headers=headers)
    return value_of(answer)


def value_of(answer: HttpResponse) -> Any:
    """The JSON of an answer. Raises StepFailed where it is none."""
    if not answer.content:
        return {}
    try:
        return read_json(answer.content)
    except BadInput:
        raise StepFailed("The service answered something that is no JSON.", code="bad_answer") from None


def given(**fields: Any) -> dict[str, Any]:
    """A body of the fields that were given: without None, and without empty texts and lists."""
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def pick(value: Any, shape: Mapping[str, str], *, text: int = SHORT) -> dict[str, Json]:
    """What a shape names of a value, by paths like `user.login` and `labels[].name`; what is not there is left out."""
    found = {name: at(value, path) for name, path in shape.items()}
    return {name: cut(one, text) for name, one in found.items() if one not in (None, "", [], {})}


def at(value: Any, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    return _at(value, path.split("."))


def items(value: Any, path: str) -> list[Any]:
    """The list at a path; empty where there is none."""
    found = at(value, path)
    return cast("list[Any]", found) if isinstance(found, list) else []


def fields(value: Any, path: str) -> dict[str, Any]:
    """The map at a path; empty where there is none."""
    found = at(value, path)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def each(value: Any, path: str, shape: Mapping[str, str]) -> list[Json]:
    """What a shape names of every item of the list at a path; of the value itself where the path is empty."""
    return [pick(one, shape) for one in (items(value, path) if path else items({"": value}, ""))]


def page(found: Sequence[Json], cursor: Any = None) -> dict[str, Json]:
    """A page, and what gets the next one."""
    return {"items": list(found), "next_cursor": str(cursor) if cursor else None}


def cut(value: Any, most: int = SHORT) -> Any:
    """A text within a limit; anything else as it is."""
    return value[:most] + "…" if isinstance(value, str) and len(value) > most else value


def _word(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return [str(one) for one in cast("list[Any]", value)] if isinstance(value, list) else str(value)


def _at(value: Any, steps: list[str]) -> Any:
    for number, step in enumerate(steps):
        value = cast("dict[str, Any]", value).get(step.removesuffix("[]")) if isinstance(value, dict) else None
        if step.endswith("[]"):
            rest = steps[number + 1 :]
            return [_at(one, rest) for one in cast("list[Any]", value)] if isinstance(value, list) else None
    return value
