"""Files: content too large or too binary for a row, kept per workspace under ids of ours."""

import re
from collections.abc import AsyncIterator
from typing import Protocol

from troupe.base.errors import BadInput
from troupe.base.ids import WorkspaceId

PIECE = 1 << 20  # bytes that are in memory at once while content is read
_PART = re.compile(r"[a-z0-9_-][a-z0-9_.-]*")


def parts_of(workspace: WorkspaceId, key: str) -> list[str]:
    """Workspace and key, taken apart. Raises BadInput for a key out of form: a dot at its start leads elsewhere."""
    parts = [workspace, *key.split("/")]
    if len(key) > 200 or not all(_PART.fullmatch(part) for part in parts):
        raise BadInput(f"{key[:200]!r} cannot be the key of a file.", code="bad_key")
    return parts


class Files(Protocol):
    """Byte content by key. Keys are `[a-z0-9/_.-]+`, ≤ 200 bytes, chosen by Troupe and never by a user."""

    async def put(self, workspace: WorkspaceId, key: str, content: AsyncIterator[bytes] | bytes) -> int:
        """Store all of it or nothing, durably; the size in bytes. The same key again replaces it."""
        ...

    async def get(self, workspace: WorkspaceId, key: str) -> bytes:
        """The content. Raises NotFound."""
        ...

    def stream(self, workspace: WorkspaceId, key: str) -> AsyncIterator[bytes]:
        """The content in pieces of at most 1 MiB. Raises NotFound at the first piece."""
        ...

    async def remove(self, workspace: WorkspaceId, key: str) -> None:
        """Forget it; nothing happens where it is not."""
        ...

    async def remove_under(self, workspace: WorkspaceId, folder: str) -> None:
        """Forget every key that begins with `folder/`; nothing happens where there is none."""
        ...
