"""Files over HTTP. A file is always served as an attachment: nothing of a user's runs in our origin."""

from collections.abc import AsyncGenerator
from urllib.parse import quote

from fastapi import APIRouter, UploadFile
from fastapi.responses import StreamingResponse

from troupe.features.accounts.deps import Editor, Viewer
from troupe.features.files import service
from troupe.features.files.models import File
from troupe.features.pages import Cursor, Limit, Page, after, cut

router = APIRouter(prefix="/files", tags=["files"])


@router.post("", status_code=201)
async def upload_file(file: UploadFile, scope: Editor) -> File:
    """Keep a file; use it in an input as `{"$file": id}`."""

    async def pieces() -> AsyncGenerator[bytes]:
        while piece := await file.read(1 << 20):
            yield piece

    return await service.keep(scope, service.require_name(file.filename), pieces(), file.content_type or "")


@router.get("")
async def list_files(scope: Viewer, prefix: str = "", limit: Limit = 50, cursor: Cursor = None) -> Page[File]:
    """Files by the start of their name, newest first."""
    return cut(await service.list_files(scope, prefix, after(cursor), limit + 1), limit)


@router.get("/{id}")
async def get_file(id: str, scope: Viewer) -> File:
    """What is known of a file."""
    return await service.get(scope, id)


@router.get("/{id}/content", response_class=StreamingResponse)
async def get_content(id: str, scope: Viewer) -> StreamingResponse:
    """A file's bytes."""
    file = await service.get(scope, id)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}", "content-length": str(file.size),
        "content-security-policy": "sandbox; default-src 'none'",
    }  # fmt: skip
    return StreamingResponse(service.content(scope, id), media_type=file.type, headers=headers)
