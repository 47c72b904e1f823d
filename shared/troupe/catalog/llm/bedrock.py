"""Amazon Bedrock, by its Converse API.

botocore brings its own HTTP and takes no transport, so the guard does not stand in its way. In its place the host is
fixed: `bedrock-runtime.<region>.amazonaws.com` with a checked region, or the `base_url` that the operator has set.
A workspace's base_url is one of `HOST`.
"""

import asyncio
import base64
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Literal, cast

from troupe.base.errors import ConnectionLost, Rejected, ServerFailed, TimedOut, TroupeError, Unreachable
from troupe.base.http import Http
from troupe.base.settings import ProviderSettings
from troupe.base.values import dump, read_json
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, ToolCall
from troupe.catalog.llm._images import picture
from troupe.catalog.llm._sdk import load, read_error, status_error, whole, without
from troupe.catalog.llm._table import find_facts
from troupe.ports.run import Usage

_FINISH: dict[str, Literal["stop", "length", "tools", "filtered"]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "guardrail_intervened": "filtered",
    "content_filtered": "filtered",
}
_END: Any = object()
HOST = re.compile(r"https://bedrock-runtime\.([a-z]{2}(?:-[a-z]{2,9}){1,3}-\d)\.amazonaws\.com/?")


class Bedrock:
    """Speaks through boto3 in a thread; `region` as the base_url or settings say.

    The key is a Bedrock API key or `ACCESS_KEY_ID:SECRET_ACCESS_KEY`; without one, credentials are those boto3 finds.
    """

    def __init__(self, settings: ProviderSettings, http: Http, region: str | None = None) -> None:
        if region is not None and not re.fullmatch(r"[a-z]{2}(-[a-z]{2,9}){1,3}-\d", region):
            raise Rejected(f"{region!r} is no AWS region.", code="bad_region")
        named = HOST.fullmatch(settings.base_url or "")
        self._settings = settings
        self._key = settings.key.get_secret_value() if settings.key else ""
        self._region = named[1] if named else region
        self._clients: dict[float, Any] = {}

    async def _client(self, timeout: float) -> Any:
        boto3, config = await load("boto3"), await load("botocore.config")
        if timeout not in self._clients:
            id, colon, secret = self._key.partition(":")
            keys = {"aws_access_key_id": id, "aws_secret_access_key": secret} if colon else {}
            bearer = {"signature_version": (await load("botocore")).UNSIGNED} if self._key and not colon else {}
            options = config.Config(connect_timeout=10, read_timeout=timeout, retries={"total_max_attempts": 1},
                                    max_pool_connections=100, **bearer)  # fmt: skip
            client = await asyncio.to_thread(
                boto3.client,
                "bedrock-runtime",
                region_name=self._region,
                endpoint_url=self._settings.base_url,
                config=options,
                **keys,
            )
            if bearer:
                client.meta.events.register("before-send.bedrock-runtime", self._bear)
            self._clients[timeout] = client
        return self._clients[timeout]

    def _bear(self, request: Any, **_: Any) -> None:
        request.headers["Authorization"] = f"Bearer {self._key}"

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Events of the reply. Raises the step errors; an end without a stop reason is a lost connection."""
        try:
            client = await self._client(request.timeout)
            answer = await asyncio.to_thread(client.converse_stream, **_body(model, request))
            async for event in _read(answer["stream"]):
                yield event
        except TroupeError:
            raise
        except Exception as error:
            raise without(_error(error), self._key.partition(":")[2] or self._key) from error

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """One vector a text, by Titan's or Cohere's form."""
        try:
            client = await self._client(60.0)
            return [await asyncio.to_thread(_embed, client, model, text) for text in texts]
        except TroupeError:
            raise
        except Exception as error:
            raise without(_error(error), self._key.partition(":")[2] or self._key) from error

    async def models(self) -> list[str]:
        """Bedrock lists them elsewhere. Raises Rejected."""
        raise Rejected("Bedrock does not list its models at this address.", hint="Name a model to ask it something.")


def _embed(client: Any, model: str, text: str) -> list[float]:
    cohere = "cohere" in model
    body = {"texts": [text], "input_type": "search_document"} if cohere else {"inputText": text}
    made = cast(dict[str, Any], read_json(client.invoke_model(modelId=model, body=dump(body))["body"].read()))
    return [float(x) for x in (made["embeddings"][0] if cohere else made["embedding"])]


async def _read(stream: Any) -> AsyncIterator[ModelEvent]:
    finish: Literal["", "stop", "length", "tools", "filtered"] = ""
    usage = Usage()
    call: dict[str, str] | None = None
    async for event in _from_thread(stream, stream.close):
        match event:
            case {"contentBlockStart": {"start": {"toolUse": made}}}:
                call = {"id": made["toolUseId"], "name": made["name"], "arguments": ""}
            case {"contentBlockDelta": {"delta": {"text": str(text)}}}:
                yield ModelEvent(text=text)
            case {"contentBlockDelta": {"delta": {"toolUse": {"input": str(piece)}}}} if call is not None:
                call["arguments"] += piece
            case {"contentBlockStop": _} if call is not None:
                yield ModelEvent(call=ToolCall(**{**call, "arguments": call["arguments"] or "{}"}))
                call = None
            case {"messageStop": {"stopReason": str(reason)}}:
                finish = _FINISH.get(reason, "stop")
            case {"metadata": {"usage": spent}}:
                usage = Usage(whole(spent.get("inputTokens")), whole(spent.get("outputTokens")))
            case _:
                pass
    if not finish:
        raise ConnectionLost("Bedrock ended the answer before the model had finished.")
    yield ModelEvent(usage=usage, finish=finish)


async def _from_thread(items: Any, close: Callable[[], None]) -> AsyncIterator[Any]:
    """What a blocking iterator gives, item by item. When nobody listens any more, its thread ends at the next item."""
    loop, queue, left = asyncio.get_running_loop(), asyncio.Queue[Any](), threading.Event()

    def give(item: Any) -> None:
        if not left.is_set():
            with suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(queue.put_nowait, item)

    def pump() -> None:
        try:
            for item in items:
                give(item)
                if left.is_set():
                    break
            give(_END)
        except Exception as error:
            give(error)
        finally:
            close()

    loop.run_in_executor(None, pump)
    try:
        while (item := await queue.get()) is not _END:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        left.set()


def _body(model: str, request: ModelRequest) -> dict[str, Any]:
    limits: dict[str, Any] = {"maxTokens": request.max_tokens}
    if request.temperature is not None and find_facts("bedrock", model).temperature:
        limits["temperature"] = min(request.temperature, 1.0)
    if request.stop:
        limits["stopSequences"] = request.stop[:4]
    body: dict[str, Any] = {"modelId": model, "messages": _turns(request.messages), "inferenceConfig": limits}
    if system := [{"text": m.text} for m in request.messages if m.role == "system" and m.text]:
        body["system"] = system
    if request.tools and request.tool_choice != "none":
        tools = [
            {"toolSpec": {"name": t.name, "description": t.description, "inputSchema": {"json": t.input_schema}}}
            for t in request.tools
        ]
        choice: dict[str, Any] = {"any": {}} if request.tool_choice == "required" else {"auto": {}}
        body["toolConfig"] = {"tools": tools, "toolChoice": choice}
    return body


def _turns(messages: list[Message]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"toolResult": {"toolUseId": message.call_id, "content": [{"text": message.text}]}}]
    blocks: list[dict[str, Any]] = [{"text": message.text}] if message.text.strip() else []
    for url in message.images:
        media, data = picture(url)
        blocks.append({"image": {"format": media.removeprefix("image/"), "source": {"bytes": base64.b64decode(data)}}})
    for call in message.calls:
        made = {"toolUseId": call.id, "name": call.name, "input": read_json(call.arguments or "{}")}
        blocks.append({"toolUse": made})
    return blocks


def _error(error: Exception) -> TroupeError:
    """botocore's errors by name, so that this file imports nothing of it."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    answer: dict[str, Any] = getattr(error, "response", None) or {}
    if "EventStreamError" in kinds:
        return ServerFailed(f"Bedrock failed while answering: {error}"[:300])
    if "ClientError" in kinds:
        about = answer.get("ResponseMetadata", {})
        words = f"{answer.get('Error', {}).get('Code')}: {answer.get('Error', {}).get('Message')}"[:300]
        return status_error(int(about.get("HTTPStatusCode", 500)), about.get("HTTPHeaders", {}), words, "Bedrock")
    if kinds & {"NoCredentialsError", "NoRegionError", "PartialCredentialsError", "ProfileNotFound"}:
        return Rejected(f"Bedrock cannot be called: {error}", hint="Set AWS credentials and AWS_REGION.")
    if kinds & {"ConnectTimeoutError", "EndpointConnectionError"}:
        return Unreachable("Bedrock could not be reached.")
    if "ReadTimeoutError" in kinds:
        return TimedOut("Bedrock did not answer in time.")
    if kinds & {
        "ConnectionClosedError",
        "ResponseStreamingError",
        "IncompleteReadError",
        "ProtocolError",
        "HTTPClientError",
    }:
        return ConnectionLost("Bedrock cut the connection before the answer was complete.")
    return read_error(error, "Bedrock")


provider = Bedrock
