"""Keys: wraps the data keys that credentials are encrypted with."""

from typing import Protocol


class Keys(Protocol):
    """Wraps and unwraps; `context` must be the same for both, or unwrapping raises Forbidden."""

    async def wrap(self, key: bytes, context: dict[str, str]) -> bytes: ...
    async def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes: ...
