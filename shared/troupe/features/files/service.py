"""Files: keep, read, list."""

import contextlib
import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from pydantic import JsonValue

from troupe.base.db import Database
from troupe.base.errors import BadInput, NotFound, Problem, Rejected, TooLarge
from troupe.base.ids import WorkspaceId, is_id, new_id
from troupe.features.files import store
from troupe.features.files.models import File
from troupe.features.scope import Scope
from troupe.ports.files import Files

MAX_FILE = 100_000_000
_STRANGE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,100}")


def safe_name(name: str) -> str:
    """A name to show: no path, no control or direction characters, at most 200 characters."""
    flat = _STRANGE.sub("", unicodedata.normalize("NFC", name.replace("\\", "/"))).rsplit("/", 1)[-1].strip(" .")
    return flat[:200] or "file"


def type_of(name: str, said: str = "") -> str:
    """The media type that was said, else the one the name suggests."""
    said = said.split(";", maxsplit=1)[0].strip().lower()
    if _TYPE.fullmatch(said) and said != "application/octet-stream":
        return said
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


async def keep(scope: Scope, name: str, content: AsyncIterator[bytes], type: str = "") -> File:
    """Keep an upload. Raises TooLarge beyond 100 MB."""
    id, digest, size = new_id(), hashlib.sha256(), 0

    async def measured() -> AsyncGenerator[bytes]:
        nonlocal size
        async for piece in content:
            size += len(piece)
            if size > MAX_FILE:
                raise TooLarge(f"A file may have {MAX_FILE // 1_000_000} MB.")
            digest.update(piece)
            yield piece

    await scope.parts.files.put(scope.workspace, f"files/{id}", measured())
    shown = safe_name(name)
    return await store.insert_file(scope.db, id, shown, type_of(shown, type), size, digest.hexdigest())


async def get(scope: Scope, id: str) -> File:
    """What is known of a file. Raises NotFound."""
    if is_id(id):
        with contextlib.suppress(NotFound):
            return await store.get_file(scope.db, id)
    raise NotFound("No file with this id in this workspace.")


def content(scope: Scope, id: str) -> AsyncIterator[bytes]:
    """A file's bytes."""
    return scope.parts.files.stream(scope.workspace, f"files/{id}")


async def list_files(scope: Scope, prefix: str, after: str | None, limit: int) -> list[File]:
    """Files by the start of their name, newest first."""
    return await store.list_files(scope.db, prefix, after, limit)


def reference(file: File) -> dict[str, Any]:
    """A file as a value in a run."""
    return {"$file": file.id, "name": file.name, "size": file.size, "sha256": file.sha256, "type": file.type}


class WorkspaceFiles:
    """The files of a run's workspace, as blocks see them.

    With a `seal` (run and effect key), the same content under the same name is one file however often it is written.
    """

    def __init__(self, database: Database, files: Files, workspace: str, seal: tuple[str, str] | None = None) -> None:
        self.database, self.files, self.workspace = database, files, WorkspaceId(workspace)
        self._seal = seal

    async def read(self, ref: JsonValue) -> tuple[str, bytes]:
        """Name and content. Raises Rejected."""
        id = ref.get("$file") if isinstance(ref, dict) else ref
        if not isinstance(id, str) or not is_id(id):
            raise Rejected('A file is a value of the form {"$file": id}.', code="bad_file")
        try:
            async with self.database.workspace(self.workspace) as db:
                file = await store.get_file(db, id)
        except NotFound:
            raise Rejected(f"No file {id} in this workspace.", code="no_such_file") from None
        return file.name, await self.files.get(self.workspace, f"files/{id}")

    async def write(self, name: str, content: bytes, type: str = "") -> dict[str, JsonValue]:
        """Keep content under a name."""
        if len(content) > MAX_FILE:
            raise Rejected(f"A file may have {MAX_FILE // 1_000_000} MB.", code="too_large")
        shown, digest = safe_name(name), hashlib.sha256(content).hexdigest()
        id = sealed_id(*self._seal, f"{shown}/{type}/{digest}") if self._seal else new_id()
        await self.files.put(self.workspace, f"files/{id}", content)
        async with self.database.workspace(self.workspace) as db:
            file = await store.insert_file(db, id, shown, type_of(shown, type), len(content), digest)
        return reference(file)

    async def list(self, prefix: str = "") -> list[dict[str, JsonValue]]:
        """Files whose name starts so."""
        async with self.database.workspace(self.workspace) as db:
            return [reference(f) for f in await store.list_files(db, prefix, None, 1000)]


def sealed_id(run: str, key: str, what: str) -> str:
    """One id for one content of one effect; it sorts among those made when the run was."""
    entropy = hashlib.sha256(f"{run}/{key}/{what}".encode()).digest()[:10]
    return new_id(int(run.replace("-", "")[:12], 16), entropy)


def require_name(name: str | None) -> str:
    """Raises BadInput where an upload has no name."""
    if not name:
        raise BadInput(problems=[Problem("file", "missing", "Send one part named `file` with a file name.")])
    return name
