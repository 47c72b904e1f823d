"""Files in an S3 bucket: objects `<workspace>/<key>`. A put is one object or one multipart upload, so it is whole."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from troupe.adapters.aws._client import Aws, Client
from troupe.base.errors import NotFound, Unavailable
from troupe.base.ids import WorkspaceId
from troupe.ports.files import PIECE, parts_of

PART = 8 << 20  # bytes of one part of a multipart upload, at least 5 MiB; 10,000 parts make 78 GiB
MOST_AT_ONCE = 1000  # keys of one DeleteObjects


class S3Files:
    """The files port. The bucket encrypts by its own default. Raises Unavailable where S3 does not answer."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.bucket = bucket
        self._s3 = aws.client("s3")

    async def put(self, workspace: WorkspaceId, key: str, content: AsyncIterator[bytes] | bytes) -> int:
        """Store all of it or nothing, durably; the size in bytes."""
        at = self._at(workspace, key)
        if isinstance(content, bytes):
            await self._s3.call("put_object", **at, Body=content)
            return len(content)
        parts = _in_parts(content)
        first = await anext(parts, b"")
        if len(first) < PART:
            await self._s3.call("put_object", **at, Body=first)
            return len(first)
        return await self._upload(at, first, parts)

    async def get(self, workspace: WorkspaceId, key: str) -> bytes:
        """The content. Raises NotFound."""
        at = self._at(workspace, key)
        return await self._s3.run(lambda s3: s3.get_object(**at)["Body"].read(), errors=_MISSING)

    async def stream(self, workspace: WorkspaceId, key: str) -> AsyncIterator[bytes]:
        """The content in pieces of at most 1 MiB. Raises NotFound at the first piece."""
        answer = await self._s3.call("get_object", errors=_MISSING, **self._at(workspace, key))
        with contextlib.closing(answer["Body"]) as body:
            while piece := await self._s3.run(lambda _: body.read(PIECE)):
                yield piece

    async def remove(self, workspace: WorkspaceId, key: str) -> None:
        """Forget it; nothing happens where it is not."""
        await self._s3.call("delete_object", **self._at(workspace, key))

    async def remove_under(self, workspace: WorkspaceId, folder: str) -> None:
        """Forget every key that begins with `folder/`; nothing happens where there is none."""
        prefix = "/".join(parts_of(workspace, folder)) + "/"
        while keys := await self._list(prefix):
            answer = await self._s3.call(
                "delete_objects", Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
            if answer.get("Errors"):  # S3 answers 200 although some of them stay
                raise Unavailable("S3 did not remove all files.", code="aws_unavailable")

    async def _list(self, prefix: str) -> list[str]:
        answer = await self._s3.call("list_objects_v2", Bucket=self.bucket, Prefix=prefix, MaxKeys=MOST_AT_ONCE)
        return [found["Key"] for found in answer.get("Contents", [])]

    async def _upload(self, at: dict[str, Any], first: bytes, rest: AsyncIterator[bytes]) -> int:
        begun = await self._s3.call("create_multipart_upload", **at)
        at = at | {"UploadId": begun["UploadId"]}
        parts: list[dict[str, Any]] = []
        size, body = 0, first
        try:
            while body:
                parts.append(await self._part(self._s3, at, len(parts) + 1, body))
                size += len(body)
                body = await anext(rest, b"")
            await self._s3.call("complete_multipart_upload", **at, MultipartUpload={"Parts": parts})
        except BaseException:
            with contextlib.suppress(Unavailable):  # the bucket's lifecycle ends what is left
                await self._s3.call("abort_multipart_upload", fine=("NoSuchUpload",), **at)
            raise
        return size

    @staticmethod
    async def _part(s3: Client, at: dict[str, Any], number: int, body: bytes) -> dict[str, Any]:
        answer = await s3.call("upload_part", **at, PartNumber=number, Body=body)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _at(self, workspace: WorkspaceId, key: str) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": "/".join(parts_of(workspace, key))}


def _missing() -> NotFound:
    return NotFound("There is no file with this id in this workspace.", code="unknown_file")


_MISSING = {"NoSuchKey": _missing, "404": _missing}


async def _in_parts(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in parts of PART, the last one smaller."""
    gathered = bytearray()
    async for piece in content:
        gathered += piece
        while len(gathered) >= PART:
            yield bytes(gathered[:PART])
            del gathered[:PART]
    if gathered:
        yield bytes(gathered)
