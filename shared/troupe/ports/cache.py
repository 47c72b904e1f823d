"""Cache: things that may be lost at any time. Nothing durable may live here."""

from typing import Protocol


class Cache(Protocol):
    """Small values under keys, with an end."""

    async def get(self, key: str) -> bytes | None: ...
    async def put(self, key: str, value: bytes, *, seconds: int) -> None: ...
    async def remove(self, key: str) -> None: ...

    async def take(self, key: str, *, limit: int, seconds: int) -> float:
        """Count one use against `limit` per window of `seconds`; 0.0 when granted, else the seconds to wait."""
        ...
