"""Models: ask one by name, with fallbacks in order, bounded retries, a time limit and a bounded price."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from copy import copy
from typing import cast
from weakref import WeakKeyDictionary

from troupe.base.errors import NotDone, RateLimited, Rejected, ServerFailed, StepFailed, TimedOut
from troupe.base.http import Http
from troupe.base.settings import Settings
from troupe.base.values import Json, dump
from troupe.catalog.contract import ModelEvent, ModelReply, ModelRequest, Provider, ToolCall
from troupe.catalog.llm._table import DEMO, DEMO_LABEL
from troupe.features.models.attempt import AttemptModels, Workspace
from troupe.features.models.pricing import most_cost, most_input, owed
from troupe.features.models.routing import Route, Routes
from troupe.features.models.structured import instructed, read_answer, repairing
from troupe.features.providers.own import Own
from troupe.ports.run import Usage

MAX_CALLS = 3  # of one question, fallbacks included; trying again later is the step's affair
MAX_WAIT = 2.0
MAX_TEXTS = 2048
BATCH = 96
EMBED_SECONDS = 60.0
VOID: Json = {"text": "", "void": True}  # what was told so far does not count

Meter = Callable[[Usage], None]
Tell = Callable[[str, Json], None]


def _quiet(kind: str, data: Json) -> None:
    """Nobody watches."""


class ModelService:
    """One a process. `extra` adds providers by name, for tests and embedders."""

    def __init__(
        self,
        settings: Settings,
        http: Http,
        *,
        extra: Mapping[str, Provider] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.routes = Routes(settings, http, extra)
        self._sleep = sleep
        self._own: WeakKeyDictionary[Own, ModelService] = WeakKeyDictionary()

    def on(self, own: Own) -> "ModelService":
        """The same service with a workspace's own providers before those of the process."""
        if not own.rows:
            return self
        if own not in self._own:
            self._own[own] = copy(self)
            self._own[own].routes = self.routes.under(own)
        return self._own[own]

    def bind(
        self,
        meter: Meter,
        tell: Tell = _quiet,
        *,
        default: str = "",
        seconds_left: float = 600.0,
        workspace: Workspace | None = None,
    ) -> AttemptModels:
        """What one attempt is given: usage goes to `meter`, tokens to `tell`; `default` where no model is named."""
        return AttemptModels(self, meter, tell, default or self.routes.default, seconds_left, workspace)

    def price_of(self, request: ModelRequest) -> float:
        """The most this request can cost, in dollars: every model that may be called, repair included."""
        return sum(most_cost(self.routes.facts(name), request) for name in self._chain(request))

    async def complete(self, request: ModelRequest, meter: Meter, tell: Tell = _quiet) -> ModelReply:
        """The first whole reply of the model or its fallbacks. With an `output_schema` its text is JSON that fits.

        `tell("token", {"text"})` for each piece; `{"text": "", "void": true}` where what was shown so far is dropped.
        Raises the last model's step error; Rejected(code="bad_model_output") where even the repair does not fit.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + request.timeout
        name, reply = await self._ask(request, meter, tell, until)
        if request.output_schema is None or reply.calls:
            return reply
        value, problems = read_answer(reply.text, request.output_schema)
        if problems:
            again = repairing(request, name, reply.text, problems)
            _, reply = await self._ask(again, meter, tell, until)
            value, problems = read_answer(reply.text, request.output_schema)
        if problems:
            raise Rejected(
                f"The model's answer does not fit the schema: {problems[0].path} {problems[0].message}",
                code="bad_model_output",
                hint="Raise max_tokens." if reply.finish == "length" else "Simplify the schema or take another model.",
            )
        return reply.model_copy(update={"text": dump(value).decode()})

    async def embed(self, texts: list[str], model: str, meter: Meter) -> list[list[float]]:
        """One vector a text, at most 2,048 texts."""
        if len(texts) > MAX_TEXTS:
            raise Rejected(f"At most {MAX_TEXTS} texts at once; these are {len(texts)}.", code="too_many")
        route = self.routes.find(model)
        vectors: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            try:
                async with asyncio.timeout(EMBED_SECONDS):
                    vectors += await route.provider.embed(route.model, batch)
            except TimeoutError:
                raise TimedOut(f"{model} did not answer within {EMBED_SECONDS:g} seconds.") from None
            tokens = sum(len(t) for t in batch) // 4 + len(batch)
            meter(Usage(tokens, 0, route.facts.cost(tokens, 0)))
        return vectors

    def _chain(self, request: ModelRequest) -> list[str]:
        return list(dict.fromkeys([request.model or self.routes.default, *request.fallbacks]))[:MAX_CALLS]

    async def _ask(self, request: ModelRequest, meter: Meter, tell: Tell, until: float) -> tuple[str, ModelReply]:
        chain, calls = self._chain(request), MAX_CALLS
        failed = StepFailed()
        for position, name in enumerate(chain, 1):
            while calls:
                left = until - asyncio.get_running_loop().time()
                if left <= 0:
                    raise TimedOut(f"No model answered within {request.timeout:g} seconds.")
                calls -= 1
                try:
                    return name, await self._call(name, request, meter, tell, left / (len(chain) - position + 1))
                except StepFailed as error:
                    failed = error
                wait = _again(failed, MAX_CALLS - calls)
                if position < len(chain) or wait is None or wait > left or not calls:
                    break
                await self._sleep(wait)
        raise failed

    async def _call(self, name: str, request: ModelRequest, meter: Meter, tell: Tell, seconds: float) -> ModelReply:
        route = self.routes.find(name)
        asked = _fitted(route, request, seconds)
        gathered = _Gathered(asked.max_tokens)
        try:
            async with (
                asyncio.timeout(seconds),
                aclosing(_opened(route, asked)) as events,
            ):
                async for event in events:
                    gathered.add(event)
                    if event.text:
                        tell("token", {"text": event.text})
        except TimeoutError:
            self._settle(route, request, gathered, meter, tell)
            raise TimedOut(f"{name} did not answer within {seconds:g} seconds.") from None
        except StepFailed as failed:
            if not isinstance(failed, NotDone) and (gathered.pieces or not isinstance(failed, ServerFailed)):
                self._settle(route, request, gathered, meter, tell)
            elif gathered.pieces:
                tell("token", VOID)
            raise
        used = owed(route.facts, request, gathered.usage, gathered.size)
        meter(used)
        label = DEMO_LABEL if route.name == DEMO else route.name
        text = "".join(gathered.pieces)
        return ModelReply(text=text, calls=gathered.calls, usage=used, finish=gathered.finish or "stop", model=label)

    def _settle(self, route: Route, request: ModelRequest, gathered: "_Gathered", meter: Meter, tell: Tell) -> None:
        """A call whose end is unclear is taken to have cost all that it could; what was shown of it is void."""
        given = most_input(request)
        meter(Usage(given, request.max_tokens, route.facts.cost(given, request.max_tokens)))
        if gathered.pieces:
            tell("token", VOID)


def _opened(route: Route, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
    return cast(AsyncGenerator[ModelEvent], route.provider.stream(route.model, request))


class _Gathered:
    """What came of a stream so far."""

    def __init__(self, max_tokens: int) -> None:
        self.pieces: list[str] = []
        self.calls: list[ToolCall] = []
        self.usage: Usage | None = None
        self.finish = ""
        self.size = 0
        self._most = 200 * max_tokens + 100_000  # characters: beyond it the server does not keep to max_tokens

    def add(self, event: ModelEvent) -> None:
        """Take one more event. Raises StepFailed when it is too much."""
        self.size += len(event.text) + (len(event.call.arguments) if event.call else 0)
        if self.size > self._most:
            raise StepFailed("The model's answer is far longer than it was allowed to be.", code="bad_answer")
        if event.text:
            self.pieces.append(event.text)
        if event.call is not None:
            self.calls.append(self._named(event.call))
        self.usage = event.usage or self.usage
        self.finish = event.finish or self.finish

    def _named(self, call: ToolCall) -> ToolCall:
        """The call under an id that is short, plain and its own: it becomes part of a step's key."""
        id = re.sub(r"[^A-Za-z0-9_-]", "_", call.id)[:64] or f"call_{len(self.calls)}"
        taken = {c.id for c in self.calls}
        return call.model_copy(update={"id": id if id not in taken else f"{id[:56]}_{len(self.calls)}"})


def _again(failed: StepFailed, calls: int) -> float | None:
    """Seconds to wait before the same model is asked again; None where that is not worth it."""
    if not isinstance(failed, NotDone) or not failed.retryable:
        return None
    asked = failed.retry_after if isinstance(failed, RateLimited) else None
    wait = asked if asked is not None else 0.25 * 2.0**calls * random.uniform(0.5, 1.0)  # noqa: S311
    return wait if wait <= MAX_WAIT else None


def _fitted(route: Route, request: ModelRequest, seconds: float) -> ModelRequest:
    """The request as this model can take it. Raises Rejected for what it cannot."""
    facts = route.facts
    if request.tools and not facts.tools:
        raise Rejected(f"{route.name} cannot call tools.", code="not_supported")
    if not facts.images and any(m.images for m in request.messages):
        raise Rejected(f"{route.name} cannot see images.", code="not_supported")
    request = request.model_copy(update={"timeout": max(seconds, 0.001)})
    return instructed(request) if request.output_schema is not None and not facts.json_schema else request
