"""Log lines are JSON, and carry no secret."""

import json
import logging
import sys

import pytest

from troupe.base.log import JsonLines, redact

SECRETS = [
    "Authorization: Bearer CANARY1234567890",
    '{"api_key": "CANARY1234567890"}',
    "password=CANARY1234567890",
    "TROUPE_TOKEN=CANARY1234567890",
    "token: 'CANARY1234567890'",
    "sk-CANARY1234567890",
    "trp_CANARY1234567890",
    "postgresql://troupe:CANARY1234567890@127.0.0.1/troupe",
    "X-Api-Key: CANARY1234567890",
    "client_secret=CANARY1234567890&x=1",
    "OPENAI_API_KEY=CANARY1234567890",
]


@pytest.mark.parametrize("text", SECRETS)
def test_what_looks_like_a_secret_is_struck_out(text):
    assert "CANARY" not in redact(f"before {text} after")


@pytest.mark.parametrize(
    "text", ["the token bucket is full", "run 0190 failed: no password given", "https://example.org/a@b"]
)
def test_plain_words_stay(text):
    assert redact(text) == text


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", ["a" * 500_000, "token" * 100_000, "://" * 100_000, "sk-, " * 100_000])
def test_a_long_line_takes_no_long_time(text):
    assert redact(text) == text


def line(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def record(message: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("troupe.x", logging.WARNING, "f.py", 1, message, args, more.pop("exc_info", None))  # pyright: ignore
    made.__dict__.update(more)
    return made


def test_a_line_says_when_how_bad_who_and_what():
    said = line(record("run %s\nfailed", "r1", fields={"run_id": "r1"}))
    assert (said["level"], said["logger"], said["message"], said["run_id"]) == (
        "warning",
        "troupe.x",
        "run r1\nfailed",
        "r1",
    )
    assert str(said["at"]).endswith("+00:00")


def test_a_trace_carries_no_secret_either():
    try:
        raise ValueError("password=CANARY1234567890")
    except ValueError:
        said = line(record("failed", exc_info=sys.exc_info()))
    assert "ValueError" in str(said["trace"])
    assert "CANARY" not in json.dumps(said)


def test_a_secret_in_the_fields_is_struck_out():
    assert "CANARY" not in json.dumps(line(record("x", fields={"url": "https://u:CANARY1234567890@h/"})))
