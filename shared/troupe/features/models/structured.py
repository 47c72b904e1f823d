"""Structured answers: JSON out of a model's text, checked against a JSON Schema. The text is an attacker's."""

import re
from functools import lru_cache
from typing import Any, cast

from troupe.base.errors import BadInput, Problem, Rejected
from troupe.base.values import Json, canonical, dump, read_json
from troupe.catalog.contract import Message, ModelRequest

MOST_PROBLEMS = 10
_FENCED = re.compile(r"\A\s*```[a-zA-Z]*\n(.*?)\n?```\s*\Z", re.DOTALL)


def read_answer(text: str, schema: dict[str, Any]) -> tuple[Json, list[Problem]]:
    """The JSON value in a reply, and what about it does not fit. Raises Rejected where the schema itself is wrong."""
    validator = _validator(canonical(schema))
    try:
        value = read_json(_bare(text))
    except BadInput as wrong:
        return None, wrong.problems
    found = [
        Problem("/" + "/".join(map(str, e.instance_path)), "bad_value", str(e.message)[:200])
        for e, _ in zip(validator.iter_errors(value), range(MOST_PROBLEMS), strict=False)
    ]
    return value, found


def instructed(request: ModelRequest) -> ModelRequest:
    """The request with its schema in words, for models that take none."""
    said = f"Answer with one JSON value and nothing else. It must fit this JSON Schema:\n{_text(request.output_schema)}"
    return request.model_copy(update={"messages": [*request.messages, Message(role="system", text=said)]})


def repairing(request: ModelRequest, model: str, text: str, problems: list[Problem]) -> ModelRequest:
    """The question again, with the answer that did not fit and why."""
    wrong = "\n".join(f"- {p.path or '/'}: {p.message}" for p in problems)
    asked = (
        f"This answer does not fit the JSON Schema:\n{wrong}\n"
        f"Answer again with one JSON value and nothing else. The schema:\n{_text(request.output_schema)}"
    )
    turns = [*request.messages, Message(role="assistant", text=text or "(empty)"), Message(role="user", text=asked)]
    return request.model_copy(update={"messages": turns, "model": model, "fallbacks": []})


def _bare(text: str) -> str:
    """The JSON of a reply that may be fenced or have words around it."""
    if fenced := _FENCED.match(text):
        return fenced[1]
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    end = max(text.rfind("}"), text.rfind("]"))
    if start < 0 or end < start or text.strip()[:1] in '"0123456789-tfn':
        return text.strip()
    return text[start : end + 1]


@lru_cache(maxsize=200)
def _validator(schema: bytes) -> Any:
    import jsonschema_rs

    try:
        return cast(Any, jsonschema_rs).validator_for(
            read_json(schema),
            offline=True,  # a $ref never fetches anything
            pattern_options=jsonschema_rs.RegexOptions(),  # linear time, whatever the pattern
        )
    except Exception as wrong:
        raise Rejected(f"The schema of the answer cannot be used: {str(wrong)[:200]}", code="bad_schema") from None


def _text(schema: Any) -> str:
    return dump(schema).decode()
