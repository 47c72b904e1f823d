"""What a call can cost at most, and what it did cost."""

from troupe.base.values import dump
from troupe.catalog.contract import ModelRequest
from troupe.catalog.llm._table import Facts
from troupe.ports.run import Usage

PER_MESSAGE = 50  # tokens that a provider adds around each message or tool
PER_CALL = 500  # and before all of them
PER_IMAGE = 6_000


def most_input(request: ModelRequest) -> int:
    """Input tokens at most: a token is one byte or more, so bytes are a bound for every tokenizer."""
    texts = sum(len(m.text.encode()) + sum(len(c.arguments.encode()) for c in m.calls) for m in request.messages)
    tools = sum(len(t.name) + len(t.description.encode()) + len(dump(t.input_schema)) for t in request.tools)
    schema = 2 * len(dump(request.output_schema)) if request.output_schema is not None else 0
    extras = PER_MESSAGE * (len(request.messages) + len(request.tools)) + PER_CALL
    return texts + tools + schema + extras + PER_IMAGE * sum(len(m.images) for m in request.messages)


def most_cost(facts: Facts, request: ModelRequest) -> float:
    """Dollars at most for one question, with the one repair that a structured answer may need."""
    given = most_input(request)
    once = facts.cost(given, request.max_tokens)
    if request.output_schema is None:
        return once
    return once + facts.cost(2 * given + 4 * request.max_tokens, request.max_tokens)


def owed(facts: Facts, request: ModelRequest, reported: Usage | None, written: int) -> Usage:
    """What a finished call used: estimated where the server reports nothing, bounded where it reports absurdities."""
    if reported is None or not (reported.input_tokens or reported.output_tokens):
        reported = Usage(most_input(request) // 4, written // 4 + 1)
    given = min(reported.input_tokens, most_input(request))
    made = min(reported.output_tokens, request.max_tokens)
    return Usage(given, made, facts.cost(given, made))
