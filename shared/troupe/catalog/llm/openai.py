"""OpenAI's chat completions, and all that speak them: Azure, Ollama, vLLM, LM Studio, OpenRouter (by `base_url`)."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal, cast

import orjson

from troupe.base.errors import ConnectionLost, ServerFailed, StepFailed
from troupe.base.http import Http
from troupe.base.log import redact
from troupe.base.settings import ProviderSettings
from troupe.base.values import dump
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, ToolCall
from troupe.catalog.llm._sdk import load, many, names, spoken, status_error, whole
from troupe.catalog.llm._sse import ServerEvents
from troupe.catalog.llm._table import find_facts
from troupe.ports.run import Usage

if TYPE_CHECKING:
    from troupe.base.http.pipe import Pipe

MOST_OF_ERROR = 64_000  # bytes of an error's body that are read
OFFICIAL = "https://api.openai.com/v1"
_FINISH: dict[str, Literal["stop", "length", "tools", "filtered"]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "filtered",
}


class OpenAI:
    """Chat completions go by the guarded pipe, where the SDK would cost 2 ms of CPU a call; all else by the official
    SDK on the guarded transport, its own retries off."""

    def __init__(self, settings: ProviderSettings, http: Http) -> None:
        self._key = settings.key.get_secret_value() if settings.key else "none"
        self._url = settings.base_url or OFFICIAL
        self._http = http
        self._made: Any = None
        self._pipe: Pipe | None = None

    async def _client(self) -> Any:
        if self._made is None:
            sdk, httpx2 = await load("openai"), await load("httpx2")
            self._made = sdk.AsyncOpenAI(
                api_key=self._key,
                base_url=self._url,
                max_retries=0,
                http_client=httpx2.AsyncClient(transport=self._http.transport, trust_env=False),
            )
        return self._made

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Events of the reply, one for all that came together. Raises the step errors; an end without a finish is a
        lost connection."""
        reply = _Reply()
        with spoken(self._url, self._key):
            async with self._asking().post(dump(self._body(model, request)), timeout=request.timeout) as answer:
                if answer.status != 200:
                    words = _said(await answer.whole(MOST_OF_ERROR))
                    raise status_error(answer.status, answer.headers, words, self._url)
                if "text/event-stream" not in answer.headers.get("content-type", ""):
                    reply.add(_object(orjson.loads(await answer.whole())))
                    yield ModelEvent(text=reply.text())
                else:
                    events = ServerEvents()
                    while part := await answer.read():
                        for data in events.feed(part):
                            reply.add(_object(orjson.loads(data)))
                        if text := reply.text():
                            yield ModelEvent(text=text)
            for call in reply.calls.values():
                yield ModelEvent(call=ToolCall(**call))
        if not reply.finish:
            raise ConnectionLost(f"{self._url} ended the answer before the model had finished.")
        yield ModelEvent(usage=reply.usage, finish="tools" if reply.calls else reply.finish)

    def _asking(self) -> "Pipe":
        if self._pipe is None:
            headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
            self._pipe = self._http.pipe(f"{self._url.rstrip('/')}/chat/completions", headers)
        return self._pipe

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        client = await self._client()
        with spoken(self._url, self._key):
            made = await client.embeddings.create(model=model, input=texts, encoding_format="float")
            vectors = [[float(x) for x in row.embedding] for row in sorted(made.data, key=lambda row: row.index)]
        if len(vectors) != len(texts):
            raise StepFailed(f"{self._url} gave {len(vectors)} vectors for {len(texts)} texts.", code="bad_answer")
        return vectors

    async def models(self) -> list[str]:
        """The names of its models, 1,000 at most."""
        client = await self._client()
        with spoken(self._url, self._key):
            return names([str(m.id) for m in (await client.models.list()).data])

    def _body(self, model: str, request: ModelRequest) -> dict[str, Any]:
        facts = find_facts("openai", model)
        limit = "max_completion_tokens" if facts.known or self._url == OFFICIAL else "max_tokens"
        body: dict[str, Any] = {
            "model": model,
            "messages": [_message(m) for m in request.messages],
            limit: request.max_tokens,
        }
        if not request.whole:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if request.temperature is not None and facts.temperature:
            body["temperature"] = request.temperature
        if request.stop:
            body["stop"] = request.stop[:4]
        if request.tools and request.tool_choice != "none":
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": t.name, "description": t.description, "parameters": t.input_schema},
                }
                for t in request.tools
            ]
            body["tool_choice"] = request.tool_choice
        if request.output_schema is not None and facts.json_schema:
            shape = {"name": "answer", "schema": request.output_schema, "strict": False}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        return body


class _Reply:
    """What the pieces of an answer, or the whole of it, come to."""

    def __init__(self) -> None:
        self.finish: Literal["", "stop", "length", "tools", "filtered"] = ""
        self.usage: Usage | None = None
        self.calls: dict[int, dict[str, str]] = {}
        self._pieces: list[str] = []

    def text(self) -> str:
        """What was said since the last call."""
        pieces, self._pieces = self._pieces, []
        return "".join(pieces)

    def add(self, said: dict[str, Any]) -> None:
        """One chunk, or the whole. Raises ServerFailed for an error in the middle."""
        if wrong := said.get("error"):
            raise ServerFailed(f"The model failed while answering: {_words(wrong)}")
        if spent := said.get("usage"):
            self.usage = Usage(whole(spent.get("prompt_tokens")), whole(spent.get("completion_tokens")))
        for choice in many(said.get("choices"))[:1]:
            delta: dict[str, Any] = choice.get("delta") or choice.get("message") or {}
            if text := delta.get("content"):
                self._pieces.append(text)
            for at, piece in enumerate(many(delta.get("tool_calls"))):
                self._gather(at, piece)
            if reason := choice.get("finish_reason"):
                self.finish = _FINISH.get(reason, "stop")

    def _gather(self, at: int, piece: dict[str, Any]) -> None:
        index = piece.get("index")
        call = self.calls.setdefault(at if index is None else index, {"id": "", "name": "", "arguments": ""})
        call["id"] = piece.get("id") or call["id"]
        function: dict[str, Any] = piece.get("function") or {}
        call["name"] = function.get("name") or call["name"]
        call["arguments"] += function.get("arguments") or ""


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("This is no JSON object.")
    return cast(dict[str, Any], value)


def _said(body: bytes) -> str:
    """What an error's body says."""
    try:
        return _words(_object(orjson.loads(body)).get("error"))
    except ValueError:
        return _words(body.decode("utf-8", "replace"))


def _words(wrong: Any) -> str:
    if isinstance(wrong, dict):
        parts = cast(dict[str, Any], wrong)
        wrong = " ".join(str(parts[k]) for k in ("message", "code", "type") if parts.get(k))
    return redact(" ".join(str(wrong).split()))[:300]


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    made: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.images:
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
        made["content"] = [{"type": "text", "text": message.text}, *pictures]
    if message.calls:
        made["content"] = message.text or None
        made["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in message.calls
        ]
    return made


provider = OpenAI
