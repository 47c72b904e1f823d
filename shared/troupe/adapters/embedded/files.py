"""Files in a folder: `files/<workspace>/<key>`, replaced by rename so that a reader never sees half of one."""

import asyncio
import contextlib
import errno
import os
import shutil
import time
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import BinaryIO

from troupe.adapters.embedded.secret_files import sync_folder
from troupe.base.errors import NotFound, Unavailable
from troupe.base.ids import WorkspaceId
from troupe.ports.files import PIECE, parts_of

ABANDONED = 3600.0  # seconds after which an upload that was cut is no longer going on


class FolderFiles:
    """The files port on a disk. Raises Unavailable where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / ".incoming"
        with _answers():
            self.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            for rest in self.incoming.iterdir():
                if rest.stat().st_mtime < time.time() - ABANDONED:
                    rest.unlink(missing_ok=True)

    async def put(self, workspace: WorkspaceId, key: str, content: AsyncIterator[bytes] | bytes) -> int:
        """Store all of it or nothing, durably; the size in bytes."""
        target, fresh = self._path(workspace, key), self.incoming / os.urandom(16).hex()
        size = 0
        try:
            with _answers(), await asyncio.to_thread(_create, fresh) as file:
                async for piece in _pieces(content):
                    size += await asyncio.to_thread(file.write, piece)
                await asyncio.to_thread(_place, file, fresh, target, self.folder)
        finally:
            fresh.unlink(missing_ok=True)
        return size

    async def get(self, workspace: WorkspaceId, key: str) -> bytes:
        """The content. Raises NotFound."""
        with _answers():
            return await asyncio.to_thread(self._path(workspace, key).read_bytes)

    async def stream(self, workspace: WorkspaceId, key: str) -> AsyncIterator[bytes]:
        """The content in pieces of at most 1 MiB. Raises NotFound at the first piece."""
        with _answers(), await asyncio.to_thread(self._path(workspace, key).open, "rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE):
                yield piece

    async def remove(self, workspace: WorkspaceId, key: str) -> None:
        """Forget it; nothing happens where it is not."""
        with _answers():
            await asyncio.to_thread(self._path(workspace, key).unlink, missing_ok=True)

    async def remove_under(self, workspace: WorkspaceId, folder: str) -> None:
        """Forget every key that begins with `folder/`; nothing happens where there is none."""
        with contextlib.suppress(NotFound), _answers():
            await asyncio.to_thread(shutil.rmtree, self._path(workspace, folder))

    def _path(self, workspace: WorkspaceId, key: str) -> Path:
        """Where it lies."""
        return self.folder.joinpath(*parts_of(workspace, key))


async def _pieces(content: AsyncIterator[bytes] | bytes) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
    else:
        async for piece in content:
            yield piece


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _place(file: BinaryIO, fresh: Path, target: Path, root: Path) -> None:
    """Make content and name durable, and the names of the folders on the way."""
    file.flush()
    os.fsync(file.fileno())
    made = [folder for folder in target.parents if folder.is_relative_to(root) and not folder.exists()]
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh.rename(target)
    for folder in [target.parent, *(folder.parent for folder in made)]:
        sync_folder(folder)


@contextlib.contextmanager
def _answers() -> Generator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise NotFound("There is no file with this id in this workspace.", code="unknown_file") from None
    except OSError as refused:
        full = refused.errno in {errno.ENOSPC, errno.EDQUOT}
        message = "The disk for files is full." if full else f"The disk for files does not answer: {refused.strerror}."
        raise Unavailable(message, code="disk_full" if full else "files_unavailable") from refused
