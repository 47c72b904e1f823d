"""The official OpenAI client at our doors: agents and models, whole and streamed, tools, shapes, errors."""

import json
from collections.abc import Generator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from tests.journeys.house import Client, House
from tests.journeys.puppet import Puppet, Say, house_of

HELPER = """\
troupe: agent/v1
name: helper
model: puppet/one
instructions: Help.
tools:
  - block: test.noop
    name: look_up
    description: Look something up.
"""
CAREFUL = "troupe: agent/v1\nname: careful\nmodel: puppet/one\ninstructions: Wait.\n"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
PIXEL = "data:image/png;base64,iVBORw0KGgo="
GREETER = """\
troupe: agent/v1
name: greeter
model: puppet/one
input: {type: object, properties: {shop: {type: string}}, required: [shop]}
instructions: You work for {{ input.shop }}.
"""
ASK: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say it."}]


@pytest.fixture(scope="module")
def home(puppet: Puppet) -> Generator[House]:
    free, paid = {"price_in": 0, "price_out": 0}, {"price_in": 0, "price_out": 1000}
    with house_of(puppet, HELPER, CAREFUL, GREETER, puppet=free, paid=paid) as running:
        with running.client() as owner:
            assert owner.put("/agents/helper/aliases/production", json={"version": 1}).status_code == 200
        yield running


@pytest.fixture
def ai(home: House, owner: Client) -> Generator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{home.url}/v1", api_key=home.token, max_retries=0) as client:
        yield client


# ── models ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_agents_and_models_are_listed_and_shown(ai: openai.OpenAI) -> None:
    ids = [model.id for model in ai.models.list()]
    assert {"helper", "helper@production", "careful", "demo/demo"} <= set(ids)
    assert ai.models.retrieve("helper@production").owned_by == "workspace"
    assert ai.models.retrieve("puppet/anything").id == "puppet/anything"
    for nobody in ("nobody", "helper@nowhere", "no/model"):
        with pytest.raises(openai.NotFoundError) as caught:
            ai.models.retrieve(nobody)
        assert caught.value.code == "model_not_found"


# ── chat ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", ["puppet/one", "helper", "helper@production"])
def test_an_answer_comes_whole_with_usage_and_its_run(
    ai: openai.OpenAI, owner: Client, puppet: Puppet, model: str
) -> None:
    puppet.say(Say("It is said.", usage=(21, 9)))
    raw = ai.chat.completions.with_raw_response.create(model=model, messages=ASK)
    made = raw.parse()
    assert (made.choices[0].message.content, made.choices[0].finish_reason) == ("It is said.", "stop")
    assert made.usage is not None
    assert (made.usage.prompt_tokens, made.usage.completion_tokens, made.usage.total_tokens) == (21, 9, 30)
    run = owner.until(raw.headers["x-run-id"])
    assert (run["status"], run["usage"]["output_tokens"]) == ("completed", 9)
    assert (run["agent"] is not None) == (model != "puppet/one")


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_an_answer_streams_as_the_model_says_it(ai: openai.OpenAI, puppet: Puppet, model: str) -> None:
    puppet.say(Say("One two three four.", pieces=4, drip=0.02, usage=(3, 4)))
    stream = ai.chat.completions.create(model=model, messages=ASK, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    said = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    assert "".join(said) == "One two three four."
    assert len(said) > 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (3, 4)
    assert len({c.id for c in chunks}) == 1


def test_settings_and_pictures_reach_the_model(ai: openai.OpenAI, puppet: Puppet) -> None:
    parts: Any = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
    ai.chat.completions.create(
        model="puppet/one", temperature=0.5, max_completion_tokens=77, stop=["END"], seed=1, user="u",
        messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}],
    )  # fmt: skip
    sent = puppet.bodies[-1]
    assert (sent["temperature"], sent["max_tokens"], sent["stop"]) == (0.5, 77, ["END"])
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    assert sent["messages"][1]["content"][1]["image_url"]["url"] == PIXEL


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_a_tool_of_the_client_makes_the_round(ai: openai.OpenAI, puppet: Puppet, model: str) -> None:
    puppet.say(Say("", calls=[("call_1", "weather", '{"city": "Oslo"}')]), Say("It is cold."))
    messages: list[Any] = [{"role": "user", "content": "Weather in Oslo?"}]
    first = ai.chat.completions.create(model=model, messages=messages, tools=[WEATHER]).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.tool_calls is not None
    call = first.message.tool_calls[0]
    assert (call.id, call.type) == ("call_1", "function")
    assert call.function.name == "weather"
    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": "-4 degrees"}]
    second = ai.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == "It is cold."
    told = puppet.bodies[-1]["messages"]
    assert [m["role"] for m in told][-3:] == ["user", "assistant", "tool"]
    assert told[-1] == {"role": "tool", "tool_call_id": "call_1", "content": "-4 degrees"}


def test_an_agents_own_tools_are_done_here_and_the_clients_are_given_to_it(
    ai: openai.OpenAI, owner: Client, puppet: Puppet
) -> None:
    own, other = ("a", "look_up", '{"value": 1}'), ("b", "weather", '{"city": "Oslo"}')
    puppet.say(Say("Let me see.", calls=[own, other]), Say("Now.", calls=[("c", "weather", '{"city": "Oslo"}')]))
    stream = ai.chat.completions.create(model="helper", messages=ASK, tools=[WEATHER], stream=True)
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "Let me see.\n\nNow."
    calls = [call for c in chunks for call in c.choices[0].delta.tool_calls or []]
    assert [(c.id, c.function and c.function.name) for c in calls] == [("c", "weather")]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert [t["function"]["name"] for t in puppet.bodies[0]["tools"]] == ["look_up", "weather"]
    results = {m["tool_call_id"]: m["content"] for m in puppet.bodies[1]["messages"] if m["role"] == "tool"}
    assert json.loads(results["a"]) == {"value": 1}
    assert "Not done" in results["b"]
    run = stream.response.headers["x-run-id"]
    assert "turn/1/tool/a" in owner.steps(run)


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_what_must_be_called_is_the_only_thing_offered(ai: openai.OpenAI, puppet: Puppet, model: str) -> None:
    puppet.say(Say("", calls=[("x", "weather", '{"city": "Rome"}')]))
    other: Any = {"type": "function", "function": {"name": "other", "parameters": {"type": "object"}}}
    ai.chat.completions.create(
        model=model, messages=ASK, tools=[other, WEATHER],
        tool_choice={"type": "function", "function": {"name": "weather"}},
    )  # fmt: skip
    sent = puppet.bodies[-1]
    assert [t["function"]["name"] for t in sent["tools"]] == ["weather"]
    assert sent["tool_choice"] == "required"


class City(BaseModel):
    name: str
    people: int


@pytest.mark.parametrize("model", ["puppet/one", "helper", "careful"])
def test_a_shape_is_kept_even_where_the_model_had_to_be_asked_twice(
    ai: openai.OpenAI, puppet: Puppet, model: str
) -> None:
    puppet.say(Say('{"name": "Oslo"}'), Say('{"name": "Oslo", "people": 700000}'))
    made = ai.chat.completions.parse(model=model, messages=ASK, response_format=City)
    assert made.choices[0].message.parsed == City(name="Oslo", people=700000)
    puppet.say(Say('{"name": "Rome"}'), Say('{"name": "Rome", "people": 3}'))
    with ai.chat.completions.stream(model=model, messages=ASK, response_format=City) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == City(name="Rome", people=3)


def test_an_answer_that_began_again_otherwise_ends_with_an_error(ai: openai.OpenAI, puppet: Puppet) -> None:
    puppet.say(Say("One two three four five six.", pieces=6, drip=0.05, cut=0.6), Say("Entirely other."))
    stream = ai.chat.completions.create(model="careful", messages=ASK, stream=True)
    said: list[str] = []
    with pytest.raises(openai.APIError) as caught:
        said += [c.choices[0].delta.content or "" for c in stream]
    assert caught.value.code == "answer_changed"


def test_an_answer_that_began_again_and_goes_on_the_same_is_shown_once(ai: openai.OpenAI, puppet: Puppet) -> None:
    text = "One two three four five six."
    puppet.say(Say(text, pieces=6, drip=0.05, cut=0.6), Say(text, pieces=6))
    stream = ai.chat.completions.create(model="careful", messages=ASK, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in stream) == text


def test_a_client_that_goes_away_ends_a_completion_but_no_agent(
    ai: openai.OpenAI, owner: Client, puppet: Puppet
) -> None:
    ends = {}
    for model in ("puppet/one", "careful"):
        puppet.say(Say("word " * 40, pieces=40, drip=0.03))
        stream = ai.chat.completions.create(model=model, messages=ASK, stream=True)
        next(iter(stream))
        stream.close()
        ends[model] = owner.until(stream.response.headers["x-run-id"])["status"]
    assert ends == {"puppet/one": "terminated", "careful": "completed"}


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_a_request_with_a_key_is_done_once_however_often_it_is_sent(
    ai: openai.OpenAI, puppet: Puppet, model: str
) -> None:
    puppet.say(Say("Only once."), Say("Twice!"))
    keyed = {"Idempotency-Key": f"one-{model}"}
    raw = [
        ai.chat.completions.with_raw_response.create(model=model, messages=ASK, extra_headers=keyed) for _ in range(2)
    ]
    assert [r.parse().choices[0].message.content for r in raw] == ["Only once."] * 2
    assert raw[0].headers["x-run-id"] == raw[1].headers["x-run-id"]
    assert len(puppet.bodies) == 1
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        ai.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Other words."}], extra_headers=keyed
        )
    assert caught.value.code == "idempotency_key_reused"


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_a_stream_that_broke_is_asked_for_again_by_its_key(ai: openai.OpenAI, puppet: Puppet, model: str) -> None:
    puppet.say(Say("One two three four five six.", pieces=6, drip=0.1), Say("Twice!"))
    keyed = {"Idempotency-Key": f"stream-{model}"}
    asked: dict[str, Any] = {"model": model, "messages": ASK, "stream": True, "extra_headers": keyed}
    with ai.chat.completions.create(**asked) as stream:
        next(iter(stream))
    for _ in range(2):  # while it is still going, and after its end
        chunks = list(ai.chat.completions.create(**asked))
        assert "".join(c.choices[0].delta.content or "" for c in chunks) == "One two three four five six."
    assert len(puppet.bodies) == 1


def test_an_agents_variables_come_beside_the_messages(ai: openai.OpenAI, puppet: Puppet) -> None:
    ai.chat.completions.create(model="greeter", messages=ASK, extra_body={"variables": {"shop": "Rome"}})
    assert puppet.bodies[-1]["messages"][0]["content"] == "You work for Rome."
    ai.responses.create(model="greeter", input="Say it.", extra_body={"variables": {"shop": "Oslo"}})
    assert puppet.bodies[-1]["messages"][0]["content"] == "You work for Oslo."
    for model, variables in (("greeter", {}), ("greeter", {"history": []}), ("puppet/one", {"shop": "Rome"})):
        with pytest.raises(openai.UnprocessableEntityError):
            ai.chat.completions.create(model=model, messages=ASK, extra_body={"variables": variables})


def test_errors_are_the_clients_own(home: House, ai: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError), openai.OpenAI(base_url=f"{home.url}/v1", api_key="no") as other:
        other.models.list()
    with pytest.raises(openai.NotFoundError):
        ai.chat.completions.create(model="nobody", messages=ASK)
    with pytest.raises(openai.NotFoundError):
        ai.chat.completions.create(model="no/model", messages=ASK)
    with pytest.raises(openai.NotFoundError):
        ai.post("/nowhere", cast_to=object)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_p": 0.5}, "top_p"),
        ({"temperature": 9}, "temperature"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "no"}}}, "tool_choice"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"extra_body": {"frobnicate": 1}}, "frobnicate"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "y"}]}, "messages.0.tool_call_id"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/"}}]}]},
            "messages.0.content",
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(ai: openai.OpenAI, given: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        ai.chat.completions.create(**({"model": "puppet/one", "messages": ASK} | given))
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize("body", [b"{not json", b"[1]", b"", b'{"model": 3}', b"\xff"])
def test_a_body_that_is_none_is_refused_in_the_same_form(home: House, ai: openai.OpenAI, body: bytes) -> None:
    for path in ("/chat/completions", "/responses"):
        with home.client() as client:
            answer = client.post(f"{home.url}/v1{path}", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_failure_of_the_model_is_an_error_with_its_run(ai: openai.OpenAI, owner: Client, puppet: Puppet) -> None:
    for stream in (False, True):
        puppet.default = Say(status=500, error="no luck")
        with pytest.raises(openai.InternalServerError) as caught:
            ai.chat.completions.create(model="puppet/one", messages=ASK, stream=stream)
        assert "no luck" in caught.value.message
        assert owner.see(caught.value.response.headers["x-run-id"])["status"] == "failed"
    puppet.default = Say(status=429, error="slow down")
    with pytest.raises(openai.RateLimitError):
        ai.chat.completions.create(model="puppet/one", messages=ASK)


def test_what_no_budget_covers_is_a_quota_that_is_used_up(ai: openai.OpenAI, owner: Client, puppet: Puppet) -> None:
    assert owner.put("/budgets/workspace", json={"limit_usd": 0.5, "period": "day"}).status_code == 200
    with pytest.raises(openai.RateLimitError) as caught:
        ai.chat.completions.create(model="paid/one", messages=ASK, max_tokens=1000)
    assert caught.value.code == "insufficient_quota"
    assert puppet.bodies == []
    puppet.say(Say("Cheap.", usage=(0, 100)))
    made = ai.chat.completions.create(model="paid/one", messages=ASK, max_tokens=100)
    assert made.choices[0].message.content == "Cheap."
    used = next(b for b in owner.get("/budgets").json()["items"] if b["scope"] == "workspace")["used_usd"]
    assert used == pytest.approx(0.1)


# ── responses ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_a_response_is_kept_and_gone_on_from(ai: openai.OpenAI, owner: Client, puppet: Puppet, model: str) -> None:
    puppet.say(Say("I am Ann.", usage=(5, 4)), Say("Ann."))
    first = ai.responses.create(model=model, input="Who are you?", instructions="Be Ann.", metadata={"k": "v"})
    assert (first.output_text, first.status, first.metadata) == ("I am Ann.", "completed", {"k": "v"})
    assert first.usage is not None
    assert (first.usage.input_tokens, first.usage.output_tokens) == (5, 4)
    assert owner.see(first.id)["status"] == "completed"
    second = ai.responses.create(model=model, input="Say it again.", previous_response_id=first.id)
    assert (second.output_text, second.previous_response_id) == ("Ann.", first.id)
    told = [m["content"] for m in puppet.bodies[-1]["messages"]]
    assert told[-3:] == ["Who are you?", "I am Ann.", "Say it again."]
    assert "Be Ann." not in told
    assert ai.responses.retrieve(second.id).output_text == "Ann."


@pytest.mark.parametrize("model", ["puppet/one", "helper"])
def test_a_response_streams_in_semantic_events(ai: openai.OpenAI, puppet: Puppet, model: str) -> None:
    puppet.say(Say("One two three.", pieces=3, drip=0.02, calls=[("w", "weather", '{"city": "Oslo"}')]))
    tool: Any = {"type": "function", **WEATHER["function"], "strict": False}
    with ai.responses.stream(model=model, input="Weather?", tools=[tool]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [e.type for e in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_item.added") == kinds.count("response.output_item.done") == 2
    for kind in ("content_part.added", "output_text.done", "content_part.done", "function_call_arguments.done"):
        assert kinds.count(f"response.{kind}") == 1
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta") == "One two three."
    assert [e.sequence_number for e in events] == list(range(len(events)))
    assert final.output[1].type == "function_call"
    puppet.say(Say("Cold."))
    outcome: Any = [{"type": "function_call_output", "call_id": "w", "output": "-4"}]
    after = ai.responses.create(model=model, input=outcome, previous_response_id=final.id, tools=[tool])
    assert after.output_text == "Cold."
    assert [m["role"] for m in puppet.bodies[-1]["messages"]][-3:] == ["user", "assistant", "tool"]


def test_a_response_has_the_shape_that_was_asked_for(ai: openai.OpenAI, puppet: Puppet) -> None:
    puppet.say(Say('{"name": "Oslo", "people": 7}'))
    made = ai.responses.parse(model="puppet/one", input="Oslo", text_format=City)
    assert made.output_parsed == City(name="Oslo", people=7)
    puppet.say(Say("word", finish="length"))
    cut = ai.responses.create(model="puppet/one", input="Oslo", max_output_tokens=1)
    assert (cut.status, cut.incomplete_details and cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_items_go_in_and_what_is_not_kept_is_not_found(ai: openai.OpenAI, puppet: Puppet) -> None:
    items: Any = [
        {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
        {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "rain"},
    ]
    made = ai.responses.create(model="puppet/one", input=items, store=False)
    sent = puppet.bodies[-1]["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["id"] == "c"
    for id in (made.id, "nothing"):
        with pytest.raises(openai.NotFoundError):
            ai.responses.retrieve(id)
        with pytest.raises(openai.NotFoundError):
            ai.responses.create(model="puppet/one", input="On.", previous_response_id=id)
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        ai.responses.create(model="puppet/one", input="Hi", background=True)
    assert caught.value.param == "background"


def test_a_response_that_failed_says_so_later(ai: openai.OpenAI, puppet: Puppet) -> None:
    puppet.default = Say(status=500, error="no luck")
    with pytest.raises(openai.InternalServerError) as caught:
        ai.responses.create(model="puppet/one", input="Hi")
    made = ai.responses.retrieve(caught.value.response.headers["x-run-id"])
    assert (made.status, made.error is not None) == ("failed", True)


def test_an_agent_that_uses_its_tools_is_answered_once_it_is_done(ai: openai.OpenAI, puppet: Puppet) -> None:
    puppet.say(Say("", calls=[("a", "look_up", '{"value": 1, "sleep_ms": 300}')]), Say("Done."))
    made = ai.chat.completions.create(model="helper", messages=ASK)
    assert made.choices[0].message.content == "Done."
