"""Anthropic's messages."""

from collections.abc import AsyncIterator
from typing import Any, Literal

from troupe.base.errors import ConnectionLost, Rejected
from troupe.base.http import Http
from troupe.base.settings import ProviderSettings
from troupe.base.values import read_json
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, ToolCall
from troupe.catalog.llm._images import picture
from troupe.catalog.llm._sdk import load, names, spoken, whole
from troupe.catalog.llm._table import find_facts
from troupe.ports.run import Usage

OFFICIAL = "https://api.anthropic.com"
_FINISH: dict[str, Literal["stop", "length", "tools", "filtered"]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "refusal": "filtered",
}


class Anthropic:
    """Speaks through the official SDK on the guarded transport; its own retries are off."""

    def __init__(self, settings: ProviderSettings, http: Http) -> None:
        self._key = settings.key.get_secret_value() if settings.key else "none"
        self._url = settings.base_url or OFFICIAL
        self._http = http
        self._made: Any = None

    async def _client(self) -> Any:
        if self._made is None:
            sdk, httpx2 = await load("anthropic"), await load("httpx2")
            self._made = sdk.AsyncAnthropic(
                api_key=self._key,
                base_url=self._url,
                max_retries=0,
                http_client=httpx2.AsyncClient(transport=self._http.transport, trust_env=False),
            )
        return self._made

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Events of the reply. Raises the step errors; an end without a stop reason is a lost connection."""
        client = await self._client()
        finish: Literal["", "stop", "length", "tools", "filtered"] = ""
        spent_in = spent_out = 0
        call: dict[str, str] | None = None
        with spoken(self._url, self._key):
            events = await client.messages.create(**_body(model, request), timeout=request.timeout)
            async with events:
                async for event in events:
                    match event.type:
                        case "message_start":
                            spent_in = _input_tokens(event.message.usage)
                        case "content_block_start" if event.content_block.type == "tool_use":
                            block = event.content_block
                            call = {"id": block.id, "name": block.name, "arguments": ""}
                        case "content_block_delta" if event.delta.type == "text_delta":
                            yield ModelEvent(text=event.delta.text)
                        case "content_block_delta" if event.delta.type == "input_json_delta" and call is not None:
                            call["arguments"] += event.delta.partial_json
                        case "content_block_stop" if call is not None:
                            yield ModelEvent(call=ToolCall(**{**call, "arguments": call["arguments"] or "{}"}))
                            call = None
                        case "message_delta":
                            spent_out = whole(event.usage.output_tokens)
                            finish = _FINISH.get(event.delta.stop_reason or "", "stop")
                        case _:
                            pass
        if not finish:
            raise ConnectionLost(f"{self._url} ended the answer before the model had finished.")
        yield ModelEvent(usage=Usage(spent_in, spent_out), finish=finish)

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """Anthropic has none. Raises Rejected."""
        raise Rejected("Anthropic offers no embeddings.", hint="Name a model of another provider.")

    async def models(self) -> list[str]:
        """The names of its models, 1,000 at most."""
        client = await self._client()
        with spoken(self._url, self._key):
            return names([str(m.id) for m in (await client.models.list(limit=1000)).data])


def _input_tokens(usage: Any) -> int:
    parts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
    return whole(sum(whole(p) for p in parts))


def _body(model: str, request: ModelRequest) -> dict[str, Any]:
    facts = find_facts("anthropic", model)
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": request.max_tokens,
        "messages": _turns([m for m in request.messages if m.role != "system"]),
        "stream": True,
    }
    if system := "\n\n".join(m.text for m in request.messages if m.role == "system"):
        body["system"] = system
    if request.temperature is not None and facts.temperature:
        body["extra_body"] = {"temperature": min(request.temperature, 1.0)}  # the SDK has dropped it, older models not
    if request.stop:
        body["stop_sequences"] = request.stop
    if request.tools and request.tool_choice != "none":
        body["tools"] = [
            {"name": t.name, "description": t.description, "input_schema": t.input_schema} for t in request.tools
        ]
        body["tool_choice"] = {"type": "any" if request.tool_choice == "required" else "auto"}
    return body


def _turns(messages: list[Message]) -> list[dict[str, Any]]:
    """Turns that alternate: neighbours of one role are joined, tool results belong to the user."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.call_id, "content": message.text}]
    blocks: list[dict[str, Any]] = []
    for url in message.images:
        media, data = picture(url)
        blocks.append({"type": "image", "source": {"type": "base64", "media_type": media, "data": data}})
    if message.text.strip():
        blocks.append({"type": "text", "text": message.text})
    return blocks + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": read_json(call.arguments or "{}")}
        for call in message.calls
    ]


provider = Anthropic
