"""OpenAI's chat completions, and all that speak them: Azure, Ollama, vLLM, LM Studio, OpenRouter (by `base_url`)."""

from collections.abc import AsyncIterator
from typing import Any, Literal

from troupe.base.errors import ConnectionLost, StepFailed
from troupe.base.http import Http
from troupe.base.settings import ProviderSettings
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, ToolCall
from troupe.catalog.llm._sdk import load, many, spoken, whole
from troupe.catalog.llm._table import find_facts
from troupe.ports.run import Usage

OFFICIAL = "https://api.openai.com/v1"
_FINISH: dict[str, Literal["stop", "length", "tools", "filtered"]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "filtered",
}


class OpenAI:
    """Speaks through the official SDK on the guarded transport; its own retries are off."""

    def __init__(self, settings: ProviderSettings, http: Http) -> None:
        self._key = settings.key.get_secret_value() if settings.key else "none"
        self._url = settings.base_url or OFFICIAL
        self._http = http
        self._made: Any = None
        self._stream_type: Any = None

    async def _client(self) -> Any:
        if self._made is None:
            sdk, httpx2 = await load("openai"), await load("httpx2")
            self._stream_type = sdk.AsyncStream[object]
            self._made = sdk.AsyncOpenAI(
                api_key=self._key,
                base_url=self._url,
                max_retries=0,
                http_client=httpx2.AsyncClient(transport=self._http.transport, trust_env=False),
            )
        return self._made

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Events of the reply. Raises the step errors; an end without a finish is a lost connection."""
        client = await self._client()
        finish: Literal["", "stop", "length", "tools", "filtered"] = ""
        usage: Usage | None = None
        calls: dict[int, dict[str, str]] = {}
        with spoken(self._url):
            chunks = await client.post(
                "/chat/completions",
                body=self._body(model, request),
                options={"timeout": request.timeout},
                cast_to=object,  # plain dicts: the SDK's models of request and chunks cost 1 ms of CPU a call
                stream=True,
                stream_cls=self._stream_type,
            )
            async with chunks:
                async for chunk in chunks:
                    if spent := chunk.get("usage"):
                        usage = Usage(whole(spent.get("prompt_tokens")), whole(spent.get("completion_tokens")))
                    for choice in many(chunk.get("choices"))[:1]:
                        delta: dict[str, Any] = choice.get("delta") or {}
                        if text := delta.get("content"):
                            yield ModelEvent(text=text)
                        for piece in many(delta.get("tool_calls")):
                            _gather(calls, piece)
                        if reason := choice.get("finish_reason"):
                            finish = _FINISH.get(reason, "stop")
            for call in calls.values():
                yield ModelEvent(call=ToolCall(**call))
        if not finish:
            raise ConnectionLost(f"{self._url} ended the answer before the model had finished.")
        yield ModelEvent(usage=usage, finish="tools" if calls else finish)

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        client = await self._client()
        with spoken(self._url):
            made = await client.embeddings.create(model=model, input=texts, encoding_format="float")
            vectors = [[float(x) for x in row.embedding] for row in sorted(made.data, key=lambda row: row.index)]
        if len(vectors) != len(texts):
            raise StepFailed(f"{self._url} gave {len(vectors)} vectors for {len(texts)} texts.", code="bad_answer")
        return vectors

    def _body(self, model: str, request: ModelRequest) -> dict[str, Any]:
        facts = find_facts("openai", model)
        limit = "max_completion_tokens" if facts.known or self._url == OFFICIAL else "max_tokens"
        body: dict[str, Any] = {
            "model": model,
            "messages": [_message(m) for m in request.messages],
            limit: request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
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


def _gather(calls: dict[int, dict[str, str]], piece: dict[str, Any]) -> None:
    call = calls.setdefault(piece.get("index") or 0, {"id": "", "name": "", "arguments": ""})
    call["id"] = piece.get("id") or call["id"]
    function: dict[str, Any] = piece.get("function") or {}
    call["name"] = function.get("name") or call["name"]
    call["arguments"] += function.get("arguments") or ""


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
