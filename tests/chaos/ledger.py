"""The effect ledger: what really happened outside. A process that nobody kills; it answers after it has written.

`python -m tests.chaos.ledger SOCKET FILE`. One JSON line asks, one answers: {"do": "act", …an Arrival} → {"value"};
{"do": "check", "effect_key"} → {"arrival"}; {"do": "all"} → {"arrivals"}; {"do": "clear"} → {}.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any


class Ledger:
    """Arrivals in order, in a file and in memory."""

    def __init__(self, file: Path) -> None:
        self.file = file.open("a")
        self.arrivals: list[dict[str, Any]] = []
        self.by_key: dict[str, dict[str, Any]] = {}
        self.count = 0

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        return getattr(self, asked.pop("do"))(**asked)

    def act(self, **arrival: Any) -> dict[str, Any]:
        self.count += 1
        key = arrival["effect_key"]
        before = self.by_key.get(key) if key else None
        same = before is not None and arrival["effect"] == "idempotent"
        arrival["value"] = before["value"] if same and before else self.count
        arrival["cost"] = 0.0 if same else arrival["cost"]
        self.file.write(json.dumps(arrival) + "\n")
        self.file.flush()
        self.arrivals.append(arrival)
        if key:
            self.by_key.setdefault(key, arrival)
        return {"value": arrival["value"]}

    def check(self, effect_key: str) -> dict[str, Any]:
        return {"arrival": self.by_key.get(effect_key)}

    def all(self) -> dict[str, Any]:
        return {"arrivals": self.arrivals}

    def clear(self) -> dict[str, Any]:
        self.arrivals, self.by_key = [], {}
        return {}


async def serve(path: str, file: str) -> None:
    ledger = Ledger(Path(file))

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(ledger.answer(json.loads(line))).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass  # who asked was killed
        finally:
            writer.close()

    await asyncio.start_unix_server(one, path, limit=2**24)
    while os.getppid() != 1:
        await asyncio.sleep(1)


async def ask(path: str, **asked: Any) -> dict[str, Any]:
    """One question to the ledger at a socket."""
    reader, writer = await asyncio.open_unix_connection(path, limit=2**26)
    try:
        writer.write(json.dumps(asked).encode() + b"\n")
        return json.loads(await reader.readline())
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
