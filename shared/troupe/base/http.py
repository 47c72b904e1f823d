"""The guarded HTTP client: the only way out of Troupe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A whole answer. Header names are lower case; `url` is the final one."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


class Http:
    """Speaks HTTP to what is allowed. Raises the step errors of base/errors."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        timeout: float = 30.0,
        max_bytes: int = 10_000_000,
        redirects: int = 5,
    ) -> HttpResponse:
        """The answer, whatever its status; redirects followed with a check at each hop."""
        raise NotImplementedError
