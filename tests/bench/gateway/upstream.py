"""A fake OpenAI-compatible model: 200 tokens an answer; `fake-5ms` waits 5 ms before each, `fake-0ms` does not.

`PYTHON upstream.py PORT`: bare ASGI on uvicorn, so that it costs much less than what is measured in front of it.
"""

import asyncio
import functools
import json
import sys

import uvicorn

TOKENS = 200


def chunk(model, delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    made = {"id": "chatcmpl-x", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    return b"data: " + json.dumps(made).encode() + b"\n\n"


@functools.cache
def chunks(model):
    return [chunk(model, {"role": "assistant", "content": f"token{i} "}) for i in range(TOKENS)]


@functools.cache
def whole(model):
    message = {"role": "assistant", "content": "token " * TOKENS}
    usage = {"prompt_tokens": 20, "completion_tokens": TOKENS, "total_tokens": TOKENS + 20}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    made = {"id": "chatcmpl-x", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    return json.dumps({**made, "usage": usage}).encode()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["method"] == "GET":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    asked = json.loads(body)
    gap = 0.005 if "5ms" in asked["model"] else 0
    if asked.get("stream"):
        await stream(asked["model"], gap, send)
        return
    await asyncio.sleep(gap)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": whole(asked["model"])})


async def stream(model, gap, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for i, piece in enumerate(chunks(model), 1):
        if gap:  # by the clock: a slow reader does not shift it
            await asyncio.sleep(max(0, begun + gap * i - loop.time()))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": chunk(model, {}, "stop") + b"data: [DONE]\n\n"})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", loop="uvloop", http="httptools")
