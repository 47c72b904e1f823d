"""A scripted model provider over real HTTP and SSE, in the wire formats of OpenAI, Anthropic, Google and Bedrock.

In a test: `async with provider_server() as server: server.say(Say("hello"))`. By itself, for load tests:
`python tests/servers/provider.py --port 9100 --delay 1-5`.
"""

import argparse
import asyncio
import json
import random
import re
import struct
import sys
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for the run by itself

from tests.servers.raw import Seen, read_request

Kind = Literal["openai", "responses", "anthropic", "google", "bedrock"]


@dataclass
class Say:
    """One answer. `status` other than 200 gives an error in the provider's form, `raw` any body whatever.

    `cut`: stop after this share of the body (0 to 1) and drop the connection; `cut_at`: just after these bytes.
    `endless`: repeat the text for ever. `drip`: seconds before each piece. `unfinished`: leave out the end marks.
    """

    text: str = "ok"
    calls: list[tuple[str, str, str]] = field(default_factory=list)  # id, name, arguments
    usage: tuple[Any, Any] | None = (11, 7)
    finish: str = "stop"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    type: str = "text/event-stream"
    delay: float = 0.0
    pieces: int = 3
    cut: float | None = None
    cut_at: bytes | None = None
    endless: bool = False
    drip: float = 0.0
    unfinished: bool = False
    reset: bool = False
    error: str = "scripted failure"
    mid_error: str | None = None  # an error event after the text


@dataclass
class ProviderServer:
    """Answers from the queue that `say` fills, then with `default`. `seen` holds every request and its JSON body."""

    default: Say = field(default_factory=Say)
    port: int = 0
    queue: deque[Say] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    delay: tuple[float, float] = (0.0, 0.0)
    open: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(s.body) for s in self.seen if s.body]

    def say(self, *answers: Say) -> None:
        """Put answers in the queue."""
        self.queue.extend(answers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
            while (request := await read_request(reader)) is not None:
                self.seen.append(request)
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                try:
                    if not await self._answer(request, writer):
                        break
                finally:
                    self.open -= 1
        writer.close()

    async def _answer(self, request: Seen, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection may go on."""
        body = json.loads(request.body) if request.body else {}
        if (made := _embeddings(request.path, body)) is not None:
            return await _whole(writer, 200, {}, json.dumps(made).encode(), "application/json")
        if request.path.split("?")[0].endswith("/models"):
            return await _whole(writer, 200, {}, json.dumps(_MODELS).encode(), "application/json")
        say = self.queue.popleft() if self.queue else self.default
        await asyncio.sleep(say.delay or random.uniform(*self.delay))
        if say.reset:
            writer.transport.abort()
            return False
        kind = _kind(request.path)
        if kind is None:
            return await _whole(writer, 404, {}, b'{"error":{"message":"no such path"}}', "application/json")
        if say.status != 200:
            error = say.raw if say.raw is not None else json.dumps(_error(kind, say)).encode()
            return await _whole(writer, say.status, say.headers, error, "application/json")
        if say.raw is not None:
            return await _whole(writer, 200, say.headers, say.raw, say.type, cut=say.cut)
        if kind in ("openai", "responses", "anthropic") and not body.get("stream"):
            return await _whole(writer, 200, say.headers, json.dumps(_plain(kind, say)).encode(), "application/json")
        return await _stream(writer, kind, say)


_MODELS = {
    "object": "list", "has_more": False, "first_id": None, "last_id": None,
    "data": [{"id": "scripted-1", "object": "model", "type": "model", "created": 1, "owned_by": "us",
              "display_name": "One", "created_at": "2026-01-01T00:00:00Z"}],
    "models": [{"name": "models/scripted-1"}],
}  # fmt: skip
"""The list of models, in all wire formats at once."""


def _kind(path: str) -> Kind | None:
    if path.endswith("/chat/completions"):
        return "openai"
    if path.endswith("/responses"):
        return "responses"
    if path.endswith("/messages"):
        return "anthropic"
    if "enerateContent" in path:
        return "google"
    return "bedrock" if path.endswith("/converse-stream") else None


async def _whole(
    writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes, type: str, cut: float | None = None
) -> bool:
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}", f"Content-Type: {type}"]
    lines += [f"{k}: {v}" for k, v in headers.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (body if cut is None else body[: int(len(body) * cut)]))
    await writer.drain()
    return cut is None


async def _stream(writer: asyncio.StreamWriter, kind: Kind, say: Say) -> bool:
    media = "application/vnd.amazon.eventstream" if kind == "bedrock" else say.type
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {media}", "Transfer-Encoding: chunked"]
    lines += [f"{k}: {v}" for k, v in say.headers.items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
    events = list(_EVENTS[kind](say))
    whole = b"".join(events)
    limit = len(whole) if say.cut is None else int(len(whole) * say.cut)
    limit = limit if say.cut_at is None else whole.index(say.cut_at) + len(say.cut_at)
    sent = 0
    for event in _forever(events) if say.endless else events:
        await asyncio.sleep(say.drip)
        part = event if say.endless else event[: limit - sent]
        sent += len(part)
        if part:
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            await writer.drain()
        if not say.endless and sent >= limit and limit < len(whole):
            writer.close()
            return False
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


def _forever(events: list[bytes]) -> Iterator[bytes]:
    yield events[0]
    while True:
        yield events[1]


def _pieces(say: Say) -> list[str]:
    size = max(1, -(-len(say.text) // max(1, say.pieces)))
    return [say.text[i : i + size] for i in range(0, len(say.text), size)]


def _sse(data: Any, event: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def _openai(say: Say) -> Iterator[bytes]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _sse({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(say):
        yield chunk({"content": piece})
    for index, (call_id, name, arguments) in enumerate(say.calls):
        half = len(arguments) // 2
        yield chunk(
            {
                "tool_calls": [
                    {
                        "index": index,
                        "id": call_id,
                        "type": "function",
                        "function": {"name": name, "arguments": arguments[:half]},
                    }
                ]
            }
        )
        yield chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[half:]}}]})
    if say.mid_error is not None:
        yield _sse({"error": {"message": say.mid_error, "type": "server_error"}})
    if say.unfinished:
        return
    yield chunk({}, "tool_calls" if say.calls else say.finish)
    if say.usage is not None:
        spent = {"prompt_tokens": say.usage[0], "completion_tokens": say.usage[1], "total_tokens": 0}
        yield _sse({**base, "choices": [], "usage": spent})
    yield _sse("[DONE]")


def _responses(say: Say) -> Iterator[bytes]:
    whole = _plain("responses", say)
    yield _sse(
        {"type": "response.created", "sequence_number": 0, "response": {**whole, "status": "in_progress", "output": []}}
    )
    for n, piece in enumerate(_pieces(say), 1):
        yield _sse(
            {
                "type": "response.output_text.delta",
                "sequence_number": n,
                "item_id": "msg_1",
                "output_index": 0,
                "content_index": 0,
                "delta": piece,
                "logprobs": [],
            }
        )
    if not say.unfinished:
        yield _sse({"type": "response.completed", "sequence_number": 99, "response": whole})


def _anthropic(say: Say) -> Iterator[bytes]:
    spent = say.usage or (0, 0)
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }
    yield _sse(
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": spent[0], "output_tokens": 1}}},
        "message_start",
    )
    yield _sse(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        "content_block_start",
    )
    for piece in _pieces(say):
        delta = {"type": "text_delta", "text": piece}
        yield _sse({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta")
    yield _sse({"type": "content_block_stop", "index": 0}, "content_block_stop")
    for index, (call_id, name, arguments) in enumerate(say.calls, 1):
        block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        yield _sse({"type": "content_block_start", "index": index, "content_block": block}, "content_block_start")
        for piece in (arguments[:5], arguments[5:]):
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield _sse({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")
        yield _sse({"type": "content_block_stop", "index": index}, "content_block_stop")
    if say.mid_error is not None:
        yield _sse({"type": "error", "error": {"type": "overloaded_error", "message": say.mid_error}}, "error")
    if say.unfinished:
        return
    reason = "tool_use" if say.calls else {"stop": "end_turn", "length": "max_tokens"}.get(say.finish, say.finish)
    yield _sse(
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": spent[1]},
        },
        "message_delta",
    )
    yield _sse({"type": "message_stop"}, "message_stop")


def _google(say: Say) -> Iterator[bytes]:
    for piece in _pieces(say):
        yield _sse({"candidates": [{"content": {"role": "model", "parts": [{"text": piece}]}, "index": 0}]})
    for _, name, arguments in say.calls:
        part = {"functionCall": {"name": name, "args": json.loads(arguments)}}
        yield _sse({"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]})
    if say.mid_error is not None:
        yield _sse({"error": {"code": 500, "message": say.mid_error, "status": "INTERNAL"}})
    if say.unfinished:
        return
    reason = {"stop": "STOP", "length": "MAX_TOKENS"}.get(say.finish, say.finish)
    last: dict[str, Any] = {
        "candidates": [{"content": {"role": "model", "parts": []}, "finishReason": reason, "index": 0}]
    }
    if say.usage is not None:
        last["usageMetadata"] = {"promptTokenCount": say.usage[0], "candidatesTokenCount": say.usage[1]}
    yield _sse(last)


def _bedrock(say: Say) -> Iterator[bytes]:
    yield _amazon("messageStart", {"role": "assistant"})
    for piece in _pieces(say):
        yield _amazon("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}})
    yield _amazon("contentBlockStop", {"contentBlockIndex": 0})
    for index, (call_id, name, arguments) in enumerate(say.calls, 1):
        start = {"toolUse": {"toolUseId": call_id, "name": name}}
        yield _amazon("contentBlockStart", {"contentBlockIndex": index, "start": start})
        yield _amazon("contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolUse": {"input": arguments}}})
        yield _amazon("contentBlockStop", {"contentBlockIndex": index})
    if say.unfinished:
        return
    reason = "tool_use" if say.calls else {"stop": "end_turn", "length": "max_tokens"}.get(say.finish, say.finish)
    yield _amazon("messageStop", {"stopReason": reason})
    if say.usage is not None:
        spent = {"inputTokens": say.usage[0], "outputTokens": say.usage[1], "totalTokens": 0}
        yield _amazon("metadata", {"usage": spent, "metrics": {"latencyMs": 1}})


def _amazon(event: str, payload: dict[str, Any]) -> bytes:
    """A frame of application/vnd.amazon.eventstream: prelude, its CRC, headers, payload, CRC of all."""
    headers = b""
    for name, value in ((":event-type", event), (":content-type", "application/json"), (":message-type", "event")):
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    frame = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return frame + struct.pack(">I", zlib.crc32(frame))


_EVENTS: dict[str, Callable[[Say], Iterator[bytes]]] = {
    "openai": _openai,
    "responses": _responses,
    "anthropic": _anthropic,
    "google": _google,
    "bedrock": _bedrock,
}


def _plain(kind: str, say: Say) -> dict[str, Any]:
    """The same answer where nothing is streamed."""
    spent = say.usage or (0, 0)
    if kind == "openai":
        message: dict[str, Any] = {"role": "assistant", "content": say.text}
        if say.calls:
            message["tool_calls"] = [
                {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
                for id, name, arguments in say.calls
            ]
        finish = "tool_calls" if say.calls else say.finish
        choice = {"index": 0, "message": message, "finish_reason": finish}
        usage = {"prompt_tokens": spent[0], "completion_tokens": spent[1], "total_tokens": 0}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [choice],
            "usage": usage,
        }
    if kind == "anthropic":
        usage = {"input_tokens": spent[0], "output_tokens": spent[1]}
        content = [{"type": "text", "text": say.text}]
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "scripted",
            "content": content,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }
    text = {"type": "output_text", "text": say.text, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}
    usage = {"input_tokens": spent[0], "output_tokens": spent[1], "total_tokens": 0}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "scripted",
        "status": "completed",
        "output": [item],
        "usage": usage,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _error(kind: Kind, say: Say) -> dict[str, Any]:
    if kind == "anthropic":
        return {"type": "error", "error": {"type": "api_error", "message": say.error}}
    if kind == "google":
        return {"error": {"code": say.status, "message": say.error, "status": "SCRIPTED", "details": []}}
    return {"error": {"message": say.error, "type": "scripted", "code": None}, "message": say.error}


def _embeddings(path: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """Vectors of two numbers: length of the text, and one."""
    if path.endswith("/embeddings"):
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        rows = [{"object": "embedding", "index": i, "embedding": [float(len(t)), 1.0]} for i, t in enumerate(texts)]
        return {
            "object": "list",
            "model": "scripted",
            "data": rows[::-1],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
    if "mbedContent" in path:
        texts = [r["content"]["parts"][0]["text"] for r in body.get("requests", [])]
        return {"embeddings": [{"values": [float(len(t)), 1.0]} for t in texts]}
    if re.search(r"/model/.*titan.*/invoke$", path):
        return {"embedding": [float(len(body["inputText"])), 1.0], "inputTextTokenCount": 1}
    return None


@asynccontextmanager
async def provider_server(default: Say | None = None, port: int = 0) -> AsyncIterator[ProviderServer]:
    """The server while the block runs, on a free loopback port."""
    made = ProviderServer(default or Say())
    server = await asyncio.start_server(made.serve, "127.0.0.1", port, backlog=4096)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def _main(port: int, delay: tuple[float, float], text: str) -> None:
    async with provider_server(Say(text), port) as server:
        server.delay = delay
        print(f"Provider is ready at {server.url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A scripted model provider for load tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", default="0", help="seconds before each answer: 2, or 1-5 for anything between")
    parser.add_argument("--text", default="ok")
    given = parser.parse_args()
    low, _, high = given.delay.partition("-")
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(given.port, (float(low), float(high or low)), given.text))
