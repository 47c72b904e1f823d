"""The model service: names, fallbacks, bounded retries, prices, structured answers, time."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.servers.provider import ProviderServer, Say, provider_server
from troupe.base.errors import RateLimited, Refused, Rejected, ServerFailed, StepFailed, TimedOut, Unreachable
from troupe.base.http import Http
from troupe.base.settings import read_settings
from troupe.catalog.contract import Message, ModelRequest
from troupe.features.models.attempt import AttemptModels
from troupe.features.models.service import ModelService
from troupe.ports.run import Usage

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
}


class Desk:
    """A service with two providers on scripted servers, `one` and `two`, and what an attempt saw of it."""

    def __init__(self, one: ProviderServer, two: ProviderServer, **settings: Any) -> None:
        providers = {
            name: {"kind": "openai", "base_url": f"{server.url}/v1"} for name, server in (("one", one), ("two", two))
        }
        self.one, self.two, self.http = one, two, Http()
        self.waits: list[float] = []
        self.used: list[Usage] = []
        self.told: list[Any] = []
        given = read_settings({}, **{"providers": providers, **settings})
        self.service = ModelService(given, self.http, sleep=self._wait)

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    @property
    def models(self) -> AttemptModels:
        return self.service.bind(self.used.append, lambda kind, data: self.told.append((kind, data)))

    async def ask(self, model: str = "one/m", **request: Any) -> Any:
        made = ModelRequest(model=model, messages=[Message(role="user", text="hi")], **{"timeout": 5.0, **request})
        return await self.models.complete(made)

    async def close(self) -> None:
        for provider in self.service.routes._made.values():
            await provider._http.aclose() if hasattr(provider, "_http") else None


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with provider_server() as one, provider_server() as two:
        made = Desk(one, two)
        yield made
        await made.close()


async def test_a_reply_is_metered_and_its_tokens_are_told(desk: Desk) -> None:
    desk.one.say(Say("Hello there.", usage=(100, 20)))
    reply = await desk.ask()
    assert (reply.text, reply.model, reply.finish) == ("Hello there.", "one/m", "stop")
    assert "".join(d["text"] for _, d in desk.told) == "Hello there."
    assert desk.used == [reply.usage]
    assert reply.usage.cost_usd > 0  # an unknown model has a price: too high rather than none


async def test_max_tokens_is_always_sent(desk: Desk) -> None:
    await desk.models.ask("hi", model="one/m")
    assert desk.one.bodies[0]["max_tokens"] == 2048


async def test_fallbacks_are_tried_in_order(desk: Desk) -> None:
    desk.one.say(Say(status=500))
    desk.two.say(Say("from two"))
    reply = await desk.ask(fallbacks=["two/m"])
    assert (reply.text, reply.model) == ("from two", "two/m")
    assert len(desk.one.seen) == 1


async def test_the_demo_can_be_the_last_fallback(desk: Desk) -> None:
    desk.one.say(Say(status=401))
    desk.two.say(Say(status=429, headers={"Retry-After": "60"}))
    reply = await desk.ask(fallbacks=["two/m", "demo/demo"])
    assert reply.model == "demo/demo (rules, no AI)"


async def test_case_47_no_more_than_three_calls_whatever_happens(desk: Desk) -> None:
    desk.one.default = Say(status=429, headers={"Retry-After": "1"})
    with pytest.raises(RateLimited):
        await desk.ask()
    assert len(desk.one.seen) == 3
    assert desk.waits == [1.0, 1.0]
    desk.two.default = Say(status=500)
    with pytest.raises(ServerFailed):
        await desk.ask(fallbacks=["two/m", "two/n", "two/o", "two/p"])
    assert len(desk.one.seen) + len(desk.two.seen) == 6


async def test_a_long_wait_is_the_steps_affair(desk: Desk) -> None:
    desk.one.default = Say(status=429, headers={"Retry-After": "30"})
    with pytest.raises(RateLimited) as caught:
        await desk.ask()
    assert (caught.value.retry_after, len(desk.one.seen), desk.waits) == (30.0, 1, [])


async def test_what_may_have_been_paid_for_is_not_asked_again_by_itself(desk: Desk) -> None:
    desk.one.default = Say("half of it", cut=0.5)
    with pytest.raises(StepFailed):
        await desk.ask()
    assert len(desk.one.seen) == 1


async def test_an_attempt_whose_end_is_unclear_counts_in_full_and_its_tokens_are_void(desk: Desk) -> None:
    desk.one.say(Say("half of it, then nothing more", cut=0.7))
    desk.two.say(Say("whole", usage=(1, 1)))
    request = ModelRequest(model="one/m", messages=[Message(role="user", text="hi")])
    await desk.ask(fallbacks=["two/m"])
    assert desk.used[0].cost_usd == pytest.approx(desk.service.price_of(request))
    assert ("token", {"text": "", "void": True}) in desk.told


async def test_a_refused_connection_costs_nothing(desk: Desk) -> None:
    async with provider_server() as gone:
        pass
    lost = Desk(gone, desk.two)
    with pytest.raises(Unreachable):
        await lost.ask()
    assert lost.used == []
    assert len(lost.waits) == 2
    await lost.close()


async def test_the_time_limit_holds_over_all_calls(desk: Desk) -> None:
    desk.one.default = Say("x", endless=True, drip=0.01)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimedOut):
        await desk.ask(timeout=0.6, fallbacks=["one/n"])
    assert loop.time() - began < 2.0
    assert len(desk.one.seen) == 2  # the first call left time for the second


async def test_a_server_that_ignores_max_tokens_is_cut_off(desk: Desk) -> None:
    desk.one.say(Say("y" * 300_000, pieces=10))
    with pytest.raises(StepFailed) as caught:
        await desk.ask(max_tokens=10)
    assert caught.value.code == "bad_answer"


async def test_absurd_usage_never_costs_more_than_was_reserved(desk: Desk) -> None:
    for usage in [(10**15, 10**15), (-1, -1), ("many", None), None, (0, 0)]:
        desk.one.say(Say("hello", usage=usage))
        request = ModelRequest(model="one/m", messages=[Message(role="user", text="hi")], max_tokens=50)
        reply = await desk.models.complete(request)
        assert 0 < reply.usage.cost_usd <= desk.service.price_of(request)


async def test_the_reservation_covers_every_model_that_may_be_called(desk: Desk) -> None:
    message = [Message(role="user", text="Grüße " * 100)]
    alone = desk.service.price_of(ModelRequest(model="one/gpt-6-luna", messages=message))
    both = desk.service.price_of(ModelRequest(model="one/gpt-6-luna", messages=message, fallbacks=["two/gpt-5.5"]))
    shaped = desk.service.price_of(ModelRequest(model="one/gpt-6-luna", messages=message, output_schema=PERSON))
    assert 0 < alone < both
    assert shaped > 2 * alone
    assert desk.service.price_of(ModelRequest(model="demo/demo", messages=message)) == 0


async def test_strange_ids_of_tool_calls_become_plain_and_different(desk: Desk) -> None:
    ids = ["", "", "same", "same", "../../etc/passwd\n", "x" * 5000]
    desk.one.say(Say("", calls=[(id, "look", "{}") for id in ids]))
    made = [c.id for c in (await desk.ask()).calls]
    assert len(set(made)) == len(ids)
    assert all(0 < len(id) <= 64 and id.replace("_", "").replace("-", "").isalnum() for id in made)


async def test_a_structured_answer_is_repaired_once(desk: Desk) -> None:
    desk.one.say(Say('{"name": "Ann", "age": "old"}'), Say('Here you are:\n```json\n{"name": "Ann", "age": 40}\n```'))
    assert await desk.models.extract("Who?", PERSON, model="one/m") == {"name": "Ann", "age": 40}
    assert len(desk.one.seen) == 2
    repair = json.dumps(desk.one.bodies[1])
    assert "is not of type" in repair
    assert "old" in repair


async def test_a_structured_answer_that_stays_wrong_is_rejected(desk: Desk) -> None:
    desk.one.default = Say("I would rather not.")
    with pytest.raises(Rejected) as caught:
        await desk.models.extract("Who?", PERSON, model="one/m")
    assert caught.value.code == "bad_model_output"
    assert len(desk.one.seen) == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "A", "age": 1}',
        '  {"name": "A", "age": 1}\n',
        '```\n{"name": "A", "age": 1}\n```',
        'Sure: {"name": "A", "age": 1} .',
    ],
)
async def test_json_is_found_in_what_models_write_around_it(desk: Desk, text: str) -> None:
    desk.one.say(Say(text))
    assert await desk.models.extract("Who?", PERSON, model="one/m") == {"name": "A", "age": 1}
    assert len(desk.one.seen) == 1


@pytest.mark.parametrize(
    "text", ['{"name": "\\ud800", "age": 1}', '{"name": "A", "age": 1e999}', "[" * 100_000, '{"name": "A", "age": NaN}']
)
async def test_case_17_hostile_json_of_a_model_is_rejected(desk: Desk, text: str) -> None:
    desk.one.default = Say(text)
    with pytest.raises(Rejected):
        await desk.models.extract("Who?", PERSON, model="one/m")


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"$ref": "http://127.0.0.1:9/x"}, {"$ref": "file:///etc/passwd"}]
)
async def test_a_schema_that_cannot_be_used_is_rejected_and_fetches_nothing(desk: Desk, schema: dict[str, Any]) -> None:
    desk.one.default = Say("{}")
    with pytest.raises(Rejected) as caught:
        await desk.models.extract("x", schema, model="one/m")
    assert caught.value.code == "bad_schema"


async def test_without_a_key_the_demo_answers(desk: Desk) -> None:
    assert desk.service.routes.default == "demo/demo"
    assert "(demo/demo: rules, no AI)" in await desk.models.ask("Hello?")
    assert len((await desk.models.embed(["a"]))[0]) == 256


@pytest.mark.parametrize(
    ("variable", "default", "embeds"),
    [
        ("OPENAI_API_KEY", "openai/gpt-6.1-terra", "openai/text-embedding-3-small"),
        ("ANTHROPIC_API_KEY", "anthropic/claude-sonnet-5-5", "demo/demo"),
        ("GEMINI_API_KEY", "google/gemini-3.8-flash", "google/gemini-embedding-001"),
    ],
)
async def test_a_key_in_the_environment_makes_a_provider(variable: str, default: str, embeds: str) -> None:
    routes = ModelService(read_settings({variable: "k"}), Http()).routes
    assert routes.default == default
    assert routes.default_embedding(default) == embeds
    off = ModelService(read_settings({variable: "k", "TROUPE_REAL_MODELS": "off"}), Http()).routes
    assert off.default == "demo/demo"
    with pytest.raises(Refused) as caught:
        off.find(default)
    assert caught.value.code == "real_models_off"


async def test_real_models_off_leaves_what_runs_on_this_machine(desk: Desk) -> None:
    local = Desk(desk.one, desk.two, real_models="off")
    assert (await local.ask()).text == "ok"
    await local.close()


@pytest.mark.parametrize("name", ["nowhere/m", "m", "one/", "/m", "demo", ""])
async def test_an_unknown_name_says_what_there_is(desk: Desk, name: str) -> None:
    with pytest.raises(Rejected) as caught:
        desk.service.routes.find(name)
    assert caught.value.code == "unknown_model"
    assert "demo, one, two" in caught.value.hint


async def test_the_operators_own_price_wins() -> None:
    mine = {"mine": {"kind": "openai", "base_url": "http://127.0.0.1:1/v1", "price_in": 0, "price_out": 0}}
    service = ModelService(read_settings({}, providers=mine), Http())
    assert service.price_of(ModelRequest(model="mine/llama", messages=[Message(role="user", text="x")])) == 0


async def test_an_attempt_never_asks_longer_than_it_lives(desk: Desk) -> None:
    desk.one.default = Say(delay=5)
    short = desk.service.bind(desk.used.append, seconds_left=0.3)
    with pytest.raises(TimedOut):
        await short.ask("hi", model="one/m")


async def test_case_74_a_thousand_questions_at_once_all_get_an_answer(desk: Desk) -> None:
    """The path to the provider under width; the durable rest of the case is measured elsewhere."""
    desk.one.default = Say("ok", delay=0.5)
    loop = asyncio.get_running_loop()
    late: list[float] = []

    async def one() -> str:
        began = loop.time()
        text = (await desk.ask(timeout=30.0)).text
        late.append(loop.time() - began - 0.5)
        return text

    await desk.ask()  # imports the SDK
    answers = await asyncio.gather(*(one() for _ in range(1000)))
    assert set(answers) == {"ok"}
    assert desk.one.most_open > 500
