"""Answers: an equal question may be answered as it was before, where whoever asks allows it.

Equal is all that the model would be told, and the model; a workspace sees its own answers only. They lie in the cache
port and may be lost at any time; a cache that does not answer costs a question and nothing else.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable

from pydantic import ValidationError

from troupe.base.errors import TroupeError
from troupe.base.values import canonical
from troupe.catalog.contract import ModelReply, ModelRequest
from troupe.ports.cache import Cache
from troupe.ports.run import Usage

log = logging.getLogger(__name__)
MOST_BYTES = 256 * 1024
_ASKED = {"timeout", "cache"}  # what changes no answer


class Answers:
    """`cache` is opened at first use."""

    def __init__(self, cache: Callable[[], Awaitable[Cache]]) -> None:
        self._cache = cache

    async def find(self, workspace: str, request: ModelRequest) -> ModelReply | None:
        """An earlier answer to this very question; it cost nothing, and says so."""
        try:
            raw = await (await self._cache()).get(key_of(workspace, request))
            return None if raw is None else ModelReply.model_validate_json(raw).model_copy(update={"cached": True})
        except (TroupeError, OSError, ValidationError) as lost:
            log.warning("The cache did not answer: %s", type(lost).__name__)
            return None

    async def keep(self, workspace: str, request: ModelRequest, reply: ModelReply) -> None:
        """Remember a whole answer for as long as the request allows."""
        raw = reply.model_copy(update={"usage": Usage()}).model_dump_json().encode()
        if reply.finish not in ("stop", "tools") or len(raw) > MOST_BYTES:
            return
        try:
            await (await self._cache()).put(key_of(workspace, request), raw, seconds=int(request.cache))
        except (TroupeError, OSError) as lost:
            log.warning("The cache did not take an answer: %s", type(lost).__name__)


def key_of(workspace: str, request: ModelRequest) -> str:
    """SHA-256 over everything that the answer hangs on."""
    asked = request.model_dump(mode="json", exclude=_ASKED)
    return f"answer/{workspace}/{hashlib.sha256(canonical(asked)).hexdigest()}"
