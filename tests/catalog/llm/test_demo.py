"""The demo model: honest about itself, deterministic, fast, and right more often than not."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from troupe.catalog.contract import Message, ModelEvent, ModelRequest, Tool, ToolCall
from troupe.catalog.llm._rules.classify import classify
from troupe.catalog.llm.demo import NOTE, Demo

DATA = Path(__file__).parents[2] / "data"
LABELS = dict.fromkeys(["bug", "billing", "praise", "question", "spam"], "")


async def events(text: str, **request: Any) -> list[ModelEvent]:
    made = ModelRequest(**{"messages": [Message(role="user", text=text)], **request})
    return [e async for e in Demo().stream("demo", made)]


async def say(text: str, **request: Any) -> str:
    return "".join(e.text for e in await events(text, **request))


async def fill(text: str, properties: dict[str, Any], **schema: Any) -> Any:
    shape = {"type": "object", "properties": properties, "required": list(properties), **schema}
    return json.loads(await say(f"Extract.\n<text>\n{text}\n</text>", output_schema=shape))


@pytest.mark.parametrize("name", ["mails.json", "mails_unseen.json"])
def test_short_mails_are_sorted_right_in_six_of_ten(name: str) -> None:
    """Of mails.json the rules as first written had 53 right, before the lexicon grew; mails_unseen.json came after."""
    mails = json.loads((DATA / name).read_text())
    right = Counter(m["label"] for m in mails if classify(m["text"], LABELS).label == m["label"])
    assert sum(right.values()) / len(mails) >= 0.6
    assert min(right[label] for label in LABELS) >= 1
    assert len(mails) >= 60


@pytest.mark.parametrize(
    "asked",
    [
        "Hello?",
        "Summarize: One thing. Another thing happened. A third thing came of it.",
        "Which label?\n<text>it broke</text>",
        "",
    ],
)
async def test_every_text_says_that_it_is_rules(asked: str) -> None:
    assert (await say(asked)).endswith(NOTE)


async def test_a_structured_answer_says_so_in_its_reason() -> None:
    made = await fill("The app crashes.", {"label": {"enum": ["bug", "praise"]}, "reason": {"type": "string"}})
    assert made["label"] == "bug"
    assert made["reason"].startswith("rules, no AI")


async def test_the_same_question_gets_the_same_answer() -> None:
    text = "Summarize in one sentence: Rain fell all night. The river rose. By noon the river had flooded the road."
    assert len({await say(text) for _ in range(5)}) == 1


async def test_a_short_text_takes_less_than_five_milliseconds() -> None:
    mails = [m["text"] for m in json.loads((DATA / "mails.json").read_text())]
    shape = {"type": "object", "properties": {"label": {"enum": list(LABELS)}}, "required": ["label"]}
    await say(mails[0], output_schema=shape)
    times = []
    for mail in mails:
        began = time.process_time()
        await say(f"<text>\n{mail}\n</text>", output_schema=shape)
        times.append(time.process_time() - began)
    assert sorted(times)[len(times) // 2] < 0.005


async def test_values_are_found_by_type_and_name() -> None:
    text = "Invoice number: INV-2031\nDate: 3 March 2026\nFrom: Ann Lee <ann@lee.example>\nTotal due: EUR 1,204.50\n"
    text += "Items: 12"
    found = await fill(
        text,
        {
            "invoice_number": {"type": "string"},
            "date": {"type": "string", "format": "date"},
            "email": {"type": "string", "format": "email"},
            "customer_name": {"type": "string"},
            "total": {"type": "number"},
            "items": {"type": "integer"},
            "currency": {"type": "string"},
        },
    )
    assert found == {
        "invoice_number": "INV-2031",
        "date": "2026-03-03",
        "email": "ann@lee.example",
        "customer_name": "Ann Lee",
        "total": 1204.5,
        "items": 12,
        "currency": "EUR",
    }


async def test_what_is_not_there_is_null_and_not_invented() -> None:
    found = await fill(
        "Nothing of interest here.",
        {"phone": {"type": ["string", "null"]}, "total": {"anyOf": [{"type": "number"}, {"type": "null"}]}},
    )
    assert found == {"phone": None, "total": None}


@pytest.mark.parametrize(
    ("condition", "text", "holds"),
    [
        ("The amount is over 100 euros.", "Please pay 250 EUR.", True),
        ("The amount is at most 100 euros.", "Please pay 250 EUR.", False),
        ("The customer is angry.", "This is unacceptable, I am furious!", True),
        ("The customer is angry.", "What a lovely day, thank you.", False),
        ("The text does not mention a refund.", "I want a refund.", False),
    ],
)
async def test_conditions(condition: str, text: str, holds: bool) -> None:
    shape = {"type": "object", "properties": {"result": {"type": "boolean"}}, "required": ["result"]}
    asked = f"<condition>{condition}</condition>\n<text>{text}</text>"
    assert json.loads(await say(asked, output_schema=shape)) == {"result": holds}


async def test_answers_quote_the_context_or_admit_that_it_holds_nothing() -> None:
    context = "<context>The pool is heated. The sauna costs 12 euros. Dogs stay outside.</context>"
    assert "12 euros" in await say(f"{context}\n\nWhat does the sauna cost?")
    assert "found nothing" in await say(f"{context}\n\nWho wrote Faust?")


async def test_a_fitting_tool_is_called_once_and_its_result_is_the_answer() -> None:
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools = [
        Tool(name="get_weather", description="The weather of a city", input_schema=city),
        Tool(name="send_mail", description="Send a mail", input_schema={"type": "object"}),
    ]
    first = await events("What is the weather in Paris?", tools=tools)
    call = next(e.call for e in first if e.call)
    assert (call.name, json.loads(call.arguments), first[-1].finish) == ("get_weather", {"city": "Paris"}, "tools")
    turns = [
        Message(role="user", text="What is the weather in Paris?"),
        Message(role="assistant", calls=[ToolCall(id=call.id, name=call.name, arguments=call.arguments)]),
        Message(role="tool", call_id=call.id, text="The weather in Paris is mild. Rome is hot."),
    ]
    assert "The weather in Paris is mild." in await say("", messages=turns, tools=tools)
    assert not any(e.call for e in await events("Tell me a joke", tools=tools))


async def test_a_schema_is_always_satisfied_whatever_the_text() -> None:
    import jsonschema_rs

    shape = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
            "level": {"enum": ["low", "high", None]},
            "score": {"type": "integer", "minimum": 1, "maximum": 5},
            "kind": {"const": "mail"},
        },
        "required": ["tags", "lines", "level", "score", "kind"],
        "$defs": {"line": {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]}},
    }
    for text in ["", "Order AB-12:\n- tea 3.50\n- milk 1.20", "x" * 5000, "🦊" * 50, "<text>odd</text> {}[]"]:
        value = json.loads(await say(f"Extract.\n<text>{text}</text>", output_schema=shape))
        jsonschema_rs.validate(shape, value)


async def test_vectors_are_alike_for_like_words() -> None:
    red, bike, tax = await Demo().embed("demo", ["a red bicycle", "red bicycles", "income tax return"])
    near = sum(a * b for a, b in zip(red, bike, strict=True))
    far = sum(a * b for a, b in zip(red, tax, strict=True))
    assert near > 0.8 > 0.2 > far
