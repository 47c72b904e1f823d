"""The models of one attempt: `catalog.contract.Models` over the service."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from troupe.base.values import read_json
from troupe.catalog.contract import Json, Message, ModelReply, ModelRequest
from troupe.features.models.answers import Answers
from troupe.features.models.choices import named

if TYPE_CHECKING:
    from troupe.features.models.service import Meter, ModelService, Tell


@dataclass(frozen=True, slots=True)
class Workspace:
    """Whose models they are: what its routes name, its earlier answers, and what it may call now."""

    id: str
    chosen: dict[str, str]
    answers: Answers
    now: "Callable[..., Awaitable[ModelService]]"  # with the names that it is wanted for


class AttemptModels:
    """Asks on behalf of one attempt and meters what it used. An empty model is the workspace's default."""

    def __init__(
        self,
        service: "ModelService",
        meter: "Meter",
        tell: "Tell",
        default: str,
        seconds_left: float,
        workspace: "Workspace | None" = None,
    ) -> None:
        self._service = service
        self._meter = meter
        self._tell = tell
        self._default = default
        self._seconds_left = seconds_left
        self._workspace = workspace

    async def ask(self, prompt: str, *, system: str = "", model: str = "", max_tokens: int = 2048) -> str:
        """One question, one text."""
        request = ModelRequest(model=model, messages=_messages(prompt, system), max_tokens=max_tokens)
        return (await self.complete(request)).text

    async def extract(self, prompt: str, schema: dict[str, Any], *, system: str = "", model: str = "") -> Json:
        """An answer that fits the JSON Schema, repaired once. Raises Rejected(code="bad_model_output")."""
        request = ModelRequest(model=model, messages=_messages(prompt, system), output_schema=schema)
        return read_json((await self.complete(request)).text)

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The whole reply, with retries and fallbacks, within the time that the attempt has left."""
        asked, own = self._named(request), self._workspace
        service = await self._knowing(asked.model, *asked.fallbacks)
        if not asked.cache or own is None:
            return await service.complete(asked, self._meter, self._tell)
        before = await own.answers.find(own.id, asked)
        if before is not None:
            self._tell("token", {"text": before.text})
            return before
        reply = await service.complete(asked, self._meter, self._tell)
        await own.answers.keep(own.id, asked, reply)
        return reply

    async def embed(self, texts: list[str], *, model: str = "") -> list[list[float]]:
        """One vector a text."""
        name = model or self.embedder()
        return await (await self._knowing(name)).embed(texts, name, self._meter)

    def embedder(self) -> str:
        """The model that embeds where none is named."""
        return self._service.routes.default_embedding(self.named(""))

    def named(self, model: str) -> str:
        """The model that a name stands for now."""
        return named(model, self._workspace.chosen if self._workspace else {}, self._default)

    def window(self, model: str) -> int:
        """How many tokens a model takes."""
        return self._service.routes.facts(self.named(model)).context

    def sees(self, model: str) -> bool:
        """Whether a model takes images."""
        return self._service.routes.facts(self.named(model)).images

    def price_of(self, request: ModelRequest) -> float:
        """The most this request can cost, in dollars."""
        return self._service.price_of(self._named(request))

    async def _knowing(self, *models: str) -> "ModelService":
        """The service as it is at this moment: a run may go on for long, and a provider be a second old."""
        return self._service if self._workspace is None else await self._workspace.now(*models)

    def _named(self, request: ModelRequest) -> ModelRequest:
        timeout = min(request.timeout, self._seconds_left)
        return request.model_copy(update={"model": self.named(request.model), "timeout": timeout})


def _messages(prompt: str, system: str) -> list[Message]:
    said = [Message(role="system", text=system)] if system else []
    return [*said, Message(role="user", text=prompt)]
