"""A client that costs little beside what it measures: one request at a time on each of its kept connections."""

import asyncio
import json
import time

import httptools


class Exchange(asyncio.Protocol):
    """One connection. `call` sends a request and gives seconds to the first token, seconds to the end, tokens."""

    def connection_made(self, transport):
        self.transport = transport
        self.done = None

    def connection_lost(self, exc):
        if self.done is not None and not self.done.done():
            self.done.set_exception(exc or ConnectionError("cut"))

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_body(self, body):
        if b'"token' in body:
            self.first = self.first or time.perf_counter()
            self.tokens += body.count(b"token")
        self.last = body

    def on_message_complete(self):
        self.done.set_result(None)

    async def call(self, head, body):
        self.first, self.tokens, self.last = None, 0, b""
        self.done = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)
        begun = time.perf_counter()
        self.transport.write(head + body)
        await self.done
        if self.parser.get_status_code() != 200 or self.tokens < 190:
            raise RuntimeError(f"{self.parser.get_status_code()}, {self.tokens} tokens: {self.last[-300:]}")
        return (self.first or begun) - begun, time.perf_counter() - begun, self.tokens


async def case(port, token, model, *, stream, at_once, total):
    """Every call's `(ttft, seconds, tokens)`, and the seconds of all."""
    body = json.dumps(
        {"model": model, "stream": stream, "messages": [{"role": "user", "content": "hello " * 20}]}
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    left, results = iter(range(total)), []

    async def work():
        _, exchange = await asyncio.get_running_loop().create_connection(Exchange, "127.0.0.1", port)
        results.extend([await exchange.call(head, body) for _ in left])
        exchange.transport.close()

    begun = time.perf_counter()
    await asyncio.gather(*[work() for _ in range(at_once)])
    return results, time.perf_counter() - begun
