"""Google's Gemini models, over the Gemini API."""

import base64
from collections.abc import AsyncIterator
from typing import Any, Literal

from troupe.base.errors import ConnectionLost, StepFailed
from troupe.base.http import Http
from troupe.base.settings import ProviderSettings
from troupe.base.values import dump, read_json
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, ToolCall
from troupe.catalog.llm._images import picture
from troupe.catalog.llm._sdk import load, many, names, spoken, whole
from troupe.catalog.llm._table import find_facts
from troupe.ports.run import Usage

OFFICIAL = "https://generativelanguage.googleapis.com/"
_CUT = {"MAX_TOKENS"}
_FILTERED = {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY"}


class Google:
    """Speaks through the official SDK on the guarded transport; its own retries are off."""

    def __init__(self, settings: ProviderSettings, http: Http) -> None:
        self._key = settings.key.get_secret_value() if settings.key else "none"
        self._url = settings.base_url or OFFICIAL
        self._http = http
        self._made: Any = None

    async def _client(self) -> Any:
        if self._made is None:
            sdk, httpx2 = await load("google.genai"), await load("httpx2")
            self._made = sdk.Client(
                api_key=self._key,
                vertexai=False,
                http_options=sdk.types.HttpOptions(
                    base_url=self._url,
                    retry_options=sdk.types.HttpRetryOptions(attempts=1),
                    httpx_async_client=httpx2.AsyncClient(transport=self._http.transport, trust_env=False),
                ),
            )
        return self._made

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Events of the reply. Raises the step errors; an end without a finish reason is a lost connection."""
        client = await self._client()
        finish: Literal["", "stop", "length", "tools", "filtered"] = ""
        usage: Usage | None = None
        called = 0
        with spoken(self._url, self._key):
            chunks = await client.aio.models.generate_content_stream(
                model=model, contents=_contents(request.messages), config=_config(model, request)
            )
            async for chunk in chunks:
                if chunk.usage_metadata:
                    usage = _usage(chunk.usage_metadata)
                if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                    finish = "filtered"
                for candidate in many(chunk.candidates)[:1]:
                    for part in many(candidate.content and candidate.content.parts):
                        if part.text and not part.thought:
                            yield ModelEvent(text=part.text)
                        if part.function_call:
                            made = part.function_call
                            call_id, called = made.id or f"call_{called}", called + 1
                            arguments = dump(made.args or {}).decode()
                            yield ModelEvent(call=ToolCall(id=call_id, name=made.name or "", arguments=arguments))
                    if candidate.finish_reason:
                        finish = _finish(str(candidate.finish_reason.value))
        if not finish:
            raise ConnectionLost(f"{self._url} ended the answer before the model had finished.")
        yield ModelEvent(usage=usage, finish="tools" if called else finish)

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        client = await self._client()
        with spoken(self._url, self._key):
            made = await client.aio.models.embed_content(model=model, contents=texts)
            vectors = [[float(x) for x in row.values] for row in made.embeddings]
        if len(vectors) != len(texts):
            raise StepFailed(f"{self._url} gave {len(vectors)} vectors for {len(texts)} texts.", code="bad_answer")
        return vectors

    async def models(self) -> list[str]:
        """The names of its models, 1,000 at most."""
        client = await self._client()
        with spoken(self._url, self._key):
            page = (await client.aio.models.list(config={"page_size": 1000})).page
            return names([str(m.name).removeprefix("models/") for m in page])


def _finish(reason: str) -> Literal["stop", "length", "filtered"]:
    return "length" if reason in _CUT else "filtered" if reason in _FILTERED else "stop"


def _usage(counted: Any) -> Usage:
    written = whole(counted.candidates_token_count) + whole(counted.thoughts_token_count)
    return Usage(whole(counted.prompt_token_count) + whole(counted.tool_use_prompt_token_count), whole(written))


def _config(model: str, request: ModelRequest) -> dict[str, Any]:
    facts = find_facts("google", model)
    config: dict[str, Any] = {
        "max_output_tokens": request.max_tokens,
        "http_options": {"timeout": int(request.timeout * 1000)},
        "automatic_function_calling": {"disable": True},
    }
    if system := "\n\n".join(m.text for m in request.messages if m.role == "system"):
        config["system_instruction"] = system
    if request.temperature is not None and facts.temperature:
        config["temperature"] = request.temperature
    if request.stop:
        config["stop_sequences"] = request.stop[:5]
    if request.tools and request.tool_choice != "none":
        declared = [
            {"name": t.name, "description": t.description, "parameters_json_schema": t.input_schema}
            for t in request.tools
        ]
        config["tools"] = [{"function_declarations": declared}]
        if request.tool_choice == "required":
            config["tool_config"] = {"function_calling_config": {"mode": "ANY"}}
    if request.output_schema is not None and facts.json_schema:
        config["response_mime_type"] = "application/json"
        config["response_json_schema"] = request.output_schema
    return config


def _contents(messages: list[Message]) -> list[dict[str, Any]]:
    names = {call.id: call.name for m in messages for call in m.calls}
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "model" if message.role == "assistant" else "user"
        parts = _parts(message, names)
        if turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        elif parts:
            turns.append({"role": role, "parts": parts})
    return turns


def _parts(message: Message, names: dict[str, str]) -> list[dict[str, Any]]:
    if message.role == "tool":
        answer = {"name": names.get(message.call_id, "tool"), "response": {"result": message.text}}
        return [{"function_response": answer}]
    parts: list[dict[str, Any]] = [{"text": message.text}] if message.text else []
    for url in message.images:
        media, data = picture(url)
        parts.append({"inline_data": {"mime_type": media, "data": base64.b64decode(data)}})
    return parts + [
        {"function_call": {"name": call.name, "args": read_json(call.arguments or "{}")}} for call in message.calls
    ]


provider = Google
