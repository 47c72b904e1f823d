"""The world outside: an HTTP server that keeps a ledger of all that arrives, and answers as the path asks it to.

`/ok/…` answers 200 with what was sent; `busy2` answers 503 twice before; `lost1` takes the first request and
breaks the connection; `no` answers 404. How often is counted for each path, and for each key where one is sent.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.raw import Seen, raw_server, reply


@dataclass(frozen=True)
class Arrival:
    """One request that arrived: what it asked for, its idempotency key."""

    method: str
    path: str
    key: str
    body: Any


@dataclass
class Far:
    """The ledger. `url` is where it listens."""

    url: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self) -> list[Arrival]:
        """All that has arrived, which is forgotten."""
        arrivals, self.arrivals = self.arrivals, []
        self.counts.clear()
        return arrivals

    async def answer(self, seen: Seen, writer: asyncio.StreamWriter) -> bytes | None:
        what = seen.path.split("/")[1]
        key = seen.headers.get("idempotency-key", "")
        body = json.loads(seen.body) if seen.body else None
        self.arrivals.append(Arrival(seen.method, seen.path, key, body))
        self.counts[seen.path + key] += 1
        kind, times = re.fullmatch(r"([a-z]+)(\d*)", what).groups()  # type: ignore[union-attr]
        early = self.counts[seen.path + key] <= int(times or 1_000_000)
        if kind == "busy" and early:
            return reply(503, "busy")
        if kind == "lost" and early:
            writer.transport.abort()
            return None
        if kind == "no":
            return reply(404, "nothing here")
        return reply(200, json.dumps({"got": body}), content_type="application/json")


@asynccontextmanager
async def far_side() -> AsyncGenerator[Far]:
    """The server while this lasts."""
    far = Far()
    async with raw_server(far.answer) as server:
        far.url = server.url
        yield far
