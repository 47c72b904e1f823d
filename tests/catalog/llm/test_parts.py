"""The shared parts of the providers: waits, the table, images."""

from datetime import UTC, datetime

import pytest

from troupe.base.errors import NotDone
from troupe.catalog.llm._images import picture
from troupe.catalog.llm._sdk import retry_after, whole
from troupe.catalog.llm._table import find_facts

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "words", "wait"),
    [
        ({"retry-after": "12"}, "", 12.0),
        ({"retry-after": "1.5"}, "", 1.5),
        ({"retry-after": "-3"}, "", 0.0),
        ({"retry-after": "1e400"}, "", 3600.0),
        ({"retry-after": "nan"}, "", 3600.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, "", 30.0),
        ({"retry-after": "Fri, 20 Nov 2099 12:00:30 GMT"}, "", 3600.0),
        ({"retry-after": "Fri, 99 Nov 2026"}, "", None),
        ({"retry-after-ms": "250", "retry-after": "9"}, "", 0.25),
        ({}, "{'retryDelay': '34s'}", 34.0),
        ({}, "", None),
    ],
)
def test_every_form_of_retry_after(headers: dict[str, str], words: str, wait: float | None) -> None:
    assert retry_after(headers, words, NOW) == wait


@pytest.mark.parametrize(
    ("kind", "model", "price"),
    [
        ("openai", "gpt-4o", 2.5),
        ("openai", "gpt-4o-2024-11-20", 2.5),
        ("anthropic", "claude-haiku-4-5-20251001", 1.0),
        ("openai", "anthropic/claude-sonnet-5-5", 2.0),
        ("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", 3.0),
        ("google", "models/gemini-2.5-flash", 0.3),
        ("demo", "demo", 0.0),
    ],
)
def test_models_are_found_by_their_stem(kind: str, model: str, price: float) -> None:
    facts = find_facts(kind, model)
    assert (facts.known, facts.price_in) == (True, price)


@pytest.mark.parametrize("model", ["gpt-4o-nonsense", "llama3", "gpt", ""])
def test_an_unknown_model_is_dear(model: str) -> None:
    facts = find_facts("openai", model)
    assert (facts.known, facts.json_schema) == (False, False)
    assert facts.cost(1_000_000, 1_000_000) >= 60


def test_long_requests_cost_more() -> None:
    facts = find_facts("openai", "gpt-6.1-terra")
    assert facts.cost(300_000, 0) == pytest.approx(0.6)
    assert facts.cost(200_000, 0) == pytest.approx(0.2)


@pytest.mark.parametrize("count", [None, "7", -1, float("nan"), float("inf"), [], {}])
def test_strange_counts_are_none_at_all(count: object) -> None:
    assert whole(count) == 0


@pytest.mark.parametrize(
    "url", ["http://x/y.png", "data:text/html;base64,QQ==", "data:image/png;base64,", "file:///etc/passwd"]
)
def test_only_data_urls_are_images(url: str) -> None:
    with pytest.raises(NotDone):
        picture(url)
