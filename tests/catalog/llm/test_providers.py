"""Every provider through its official SDK against a scripted server: the same story in four wire formats."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.servers.provider import ProviderServer, Say, provider_server
from troupe.base.errors import (
    ConnectionLost,
    EgressRefused,
    NotDone,
    RateLimited,
    Refused,
    Rejected,
    ServerFailed,
    StepFailed,
    TimedOut,
    Unreachable,
)
from troupe.base.http import Http
from troupe.base.settings import read_settings
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, Tool, ToolCall
from troupe.features.models.routing import Routes
from troupe.ports.run import Usage

KINDS = ["openai", "anthropic", "google", "bedrock"]
PATHS = {"openai": "/v1", "anthropic": "", "google": "", "bedrock": ""}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(autouse=True)
def aws_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 looks for credentials by itself."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    async with provider_server() as made:
        yield made


class Speaking:
    """A provider of one kind that is set to the scripted server."""

    def __init__(self, kind: str, server: ProviderServer) -> None:
        providers = {"fake": {"kind": kind, "base_url": server.url + PATHS[kind], "key_env": "K"}}
        settings = read_settings({"K": "secret-key-of-a-test"}, providers=providers, aws_region="eu-central-1")
        self.http = Http()
        self.routes = Routes(settings, self.http)
        self.route = self.routes.find("fake/scripted-1")

    async def events(self, **request: Any) -> list[ModelEvent]:
        made = {"messages": [Message(role="user", text="hi")], "timeout": 5.0, **request}
        return [e async for e in self.route.provider.stream("scripted-1", ModelRequest(**made))]

    async def close(self) -> None:
        client = getattr(self.route.provider, "_http", None)
        if client is not None:
            await client.aclose()


@pytest.fixture(params=KINDS)
async def speaking(request: pytest.FixtureRequest, server: ProviderServer) -> AsyncIterator[Speaking]:
    made = Speaking(request.param, server)
    yield made
    await made.close()


async def test_text_usage_and_finish_come_through(speaking: Speaking, server: ProviderServer) -> None:
    server.say(Say("Grüße, 世界! 👋", usage=(21, 9)), Say("cut", finish="length"))
    events = await speaking.events()
    assert "".join(e.text for e in events) == "Grüße, 世界! 👋"
    assert len([e for e in events if e.text]) > 1
    assert (events[-1].finish, events[-1].usage) == ("stop", Usage(21, 9))
    assert (await speaking.events())[-1].finish == "length"


async def test_max_tokens_key_and_system_are_sent(speaking: Speaking, server: ProviderServer) -> None:
    await speaking.events(
        messages=[Message(role="system", text="Be brief."), Message(role="user", text="hi", images=[PIXEL])],
        max_tokens=77,
        temperature=0.5,
        stop=["END"],
    )
    sent = server.seen[0]
    text = sent.body.decode()
    assert "77" in text
    assert "Be brief." in text
    assert "END" in text
    assert "iVBORw0KGgo" in text
    if speaking.route.kind != "bedrock":
        assert "secret-key-of-a-test" in " ".join(sent.headers.values())


async def test_the_models_of_a_server_are_listed(speaking: Speaking) -> None:
    if speaking.route.kind == "bedrock":
        with pytest.raises(Rejected):
            await speaking.route.provider.models()
    else:
        assert await speaking.route.provider.models() == ["scripted-1"]


async def test_a_key_that_the_server_repeats_is_struck_out(speaking: Speaking, server: ProviderServer) -> None:
    server.default = Say(status=401, error="Who is secret-key-of-a-test?")
    with pytest.raises(Refused) as caught:
        await speaking.events()
    assert "Who is [redacted]?" in caught.value.message
    assert "secret-key-of-a-test" not in str(caught.value)


async def test_bedrock_takes_a_key_of_its_own(server: ProviderServer) -> None:
    for key, sent in (
        ("bedrock-api-key-1", "Bearer bedrock-api-key-1"),
        ("AKIDMINE:its-secret", "Credential=AKIDMINE/"),
    ):
        settings = {"fake": {"kind": "bedrock", "base_url": server.url, "key_env": "K"}}
        made = read_settings({"K": key}, providers=settings, aws_region="eu-central-1")
        asked = ModelRequest(messages=[Message(role="user", text="hi")])
        async for _ in Routes(made, Http()).find("fake/m").provider.stream("m", asked):
            pass
        assert sent in server.seen[-1].headers["authorization"]


async def test_tool_calls_and_their_results_make_the_round(speaking: Speaking, server: ProviderServer) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [Tool(name="weather", description="Weather of a city", input_schema=schema)]
    server.say(Say("", calls=[("call_7", "weather", '{"city": "Oslo"}')]), Say("Cold."))
    events = await speaking.events(tools=tools, tool_choice="required")
    calls = [e.call for e in events if e.call]
    assert [(c.name, c.arguments.replace(" ", "")) for c in calls] == [("weather", '{"city":"Oslo"}')]
    assert events[-1].finish == "tools"
    turns = [
        Message(role="user", text="Weather?"),
        Message(role="assistant", calls=[ToolCall(id="call_7", name="weather", arguments='{"city": "Oslo"}')]),
        Message(role="tool", call_id="call_7", text="-4 degrees"),
    ]
    assert "Cold." in "".join(e.text for e in await speaking.events(tools=tools, messages=turns))
    assert b"-4 degrees" in server.seen[-1].body


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (429, {"Retry-After": "7"}, RateLimited, 7.0),
        (429, {"Retry-After": "-5"}, RateLimited, 0.0),
        (429, {"Retry-After": "99999999999"}, RateLimited, 3600.0),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, RateLimited, 0.0),
        (429, {"Retry-After": "soon"}, RateLimited, None),
        (429, {}, RateLimited, None),
        (529, {"Retry-After": "3"}, RateLimited, 3.0),
        (500, {}, ServerFailed, None),
        (503, {"Retry-After": "1"}, ServerFailed, None),
        (400, {}, Refused, None),
        (401, {}, Refused, None),
        (404, {}, Refused, None),
    ],
)
async def test_case_47_statuses_become_step_errors(
    speaking: Speaking, server: ProviderServer, status: int, headers: dict[str, str], error: type, wait: float | None
) -> None:
    server.say(Say(status=status, headers=headers, error="no luck today"))
    with pytest.raises(error) as caught:
        await speaking.events()
    assert str(status) in caught.value.message
    assert "no luck today" in caught.value.message
    assert "secret-key" not in caught.value.message
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == wait
    assert len(server.seen) == 1  # the SDK did not try again by itself


async def test_case_47_a_used_up_quota_does_not_heal_by_waiting(server: ProviderServer) -> None:
    speaking = Speaking("openai", server)
    server.say(Say(status=429, error="You exceeded your current quota (insufficient_quota)"))
    with pytest.raises(Refused):
        await speaking.events()
    await speaking.close()


async def test_case_48_streams_that_break_are_lost_connections(speaking: Speaking, server: ProviderServer) -> None:
    for say in [Say("Grüße " * 20, cut=0.5), Say("abc", cut=0.05), Say(reset=True), Say("no end", unfinished=True)]:
        server.say(say)
        with pytest.raises(ConnectionLost) as caught:
            await speaking.events()
        assert not isinstance(caught.value, NotDone)


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
async def test_case_48_a_cut_inside_a_character_is_a_clear_error(kind: str, server: ProviderServer) -> None:
    speaking = Speaking(kind, server)
    server.say(Say("日本語" * 5, cut_at="日".encode()[:2]))
    with pytest.raises(StepFailed) as caught:
        await speaking.events()
    assert caught.value.code in ("connection_lost", "bad_answer")
    await speaking.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"<html><body>Please sign in to the hotel network</body></html>",
        b"\xff\xfe\x00garbage\x80" * 50,
        b"data: {not json\n\n",
        b'data: {"choices": "no list"}\n\n',
        b"data: [1,2,3]\n\n",
        b"",
    ],
)
async def test_case_48_what_is_no_answer_with_status_200_is_a_clear_error(
    speaking: Speaking, server: ProviderServer, raw: bytes
) -> None:
    media = "text/html" if raw.startswith(b"<") else "text/event-stream"
    server.say(Say(raw=raw, type=media))
    with pytest.raises(StepFailed) as caught:
        await speaking.events()
    assert caught.value.code in ("bad_answer", "connection_lost", "server_failed")


async def test_case_48_a_stream_that_never_ends_is_timed_out(speaking: Speaking, server: ProviderServer) -> None:
    server.say(Say("x", endless=True, drip=0.01))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.7):
            await speaking.events()


async def test_no_byte_in_time_is_timed_out(speaking: Speaking, server: ProviderServer) -> None:
    server.say(Say(delay=5.0))
    with pytest.raises(TimedOut):
        await speaking.events(timeout=0.4)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_an_error_in_the_middle_of_a_stream_never_vouches_for_nothing(kind: str, server: ProviderServer) -> None:
    speaking = Speaking(kind, server)
    server.say(Say("begun", mid_error="overloaded"))
    with pytest.raises(ServerFailed):
        await speaking.events()
    await speaking.close()


async def test_absurd_usage_is_made_usable(speaking: Speaking, server: ProviderServer) -> None:
    server.say(Say("x", usage=(-5, 10**15)))
    used = (await speaking.events())[-1].usage
    assert used is not None
    assert 0 <= used.input_tokens <= 10**9
    assert 0 <= used.output_tokens <= 10**9


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
async def test_a_server_that_is_not_there_is_unreachable(kind: str, server: ProviderServer) -> None:
    async with provider_server() as gone:
        pass
    speaking = Speaking(kind, gone)
    with pytest.raises(Unreachable):
        await speaking.events()
    await speaking.close()


@pytest.mark.parametrize("kind", ["openai", "anthropic", "google"])
async def test_the_sdk_stays_behind_the_guard(kind: str, server: ProviderServer) -> None:
    """A provider that redirects inside is not followed, and another port is not reached."""
    from troupe.base.settings import ProviderSettings

    module = __import__(f"troupe.catalog.llm.{kind}", fromlist=["provider"])
    http = Http()
    speaker = module.provider(ProviderSettings(kind=kind, base_url=server.url + PATHS[kind]), http)
    with pytest.raises(EgressRefused):
        [e async for e in speaker.stream("m", ModelRequest(messages=[Message(role="user", text="hi")]))]
    assert server.seen == []


@pytest.mark.parametrize("kind", ["openai", "google", "bedrock"])
async def test_embeddings_keep_the_order_of_the_texts(kind: str, server: ProviderServer) -> None:
    speaking = Speaking(kind, server)
    vectors = await speaking.route.provider.embed("amazon.titan-embed-text-v2:0", ["a", "bbb", "cc"])
    assert vectors == [[1.0, 1.0], [3.0, 1.0], [2.0, 1.0]]
    await speaking.close()


async def test_a_strange_region_is_refused() -> None:
    from troupe.base.settings import ProviderSettings
    from troupe.catalog.llm.bedrock import Bedrock

    with pytest.raises(NotDone):
        Bedrock(ProviderSettings(kind="bedrock"), Http(), "evil.example/#")
