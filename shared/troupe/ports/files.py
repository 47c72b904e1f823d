"""Files: content too large or too binary for a row, kept per workspace under ids of ours."""

from collections.abc import AsyncIterator
from typing import Protocol

from troupe.base.ids import WorkspaceId


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
