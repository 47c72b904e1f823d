"""aws_s3: buckets and objects of Amazon S3, and of stores that speak as it does."""

from datetime import datetime
from typing import Any

from pydantic import Field, SecretStr

from troupe.base.errors import Problem, Rejected
from troupe.catalog.connectors import _aws_s3 as s
from troupe.catalog.connectors._native import Native, tool
from troupe.catalog.connectors._rest import at, given, items, page
from troupe.catalog.contract import Fields, Json, Link, idempotent, read

SECRET = SecretStr("")


class AwsS3(Native):
    """Buckets and objects of Amazon S3, or of a store that speaks as it does (MinIO, Cloudflare R2, Ceph).

    The key is the connection's own: nothing is taken from the machine that Troupe runs on.
    """

    title = "Amazon S3"
    category = "cloud"

    class Config(Fields):
        """Which store, and which of its buckets."""

        region: str = Field("us-east-1", description="The region.", pattern=r"^[a-z0-9-]{2,40}$")
        endpoint_url: str = Field("", description="Another store that speaks as S3 does.", max_length=500)
        bucket: str = Field("", description="The bucket that is meant where none is named.", pattern=r"^$|" + s.BUCKET)

    class Credential(Fields):
        """A key."""

        access_key: str = Field(description="The id of the access key.", pattern=r"^[A-Za-z0-9_-]{1,200}$")
        secret_key: SecretStr = Field(description="The secret access key.", min_length=1, max_length=1000)
        session_token: SecretStr = Field(SECRET, description="Of a temporary key.", max_length=5000)

    def check(self, config: Any, credential: Any) -> list[Problem]:
        found = super().check(config, credential)
        if not config.endpoint_url and config.region.count("-") < 2:
            found.append(Problem("/config/region", "bad_region", "A region of AWS is like eu-central-1."))
        return found

    def hosts(self, config: Any) -> list[str]:
        return s.bound(config.region, config.endpoint_url)

    async def test(self, link: Link) -> str:
        if link.config.bucket:
            await self._call(link, "head_bucket", Bucket=link.config.bucket)
            return f"The bucket {link.config.bucket}"
        return f"{len(items(await self._call(link, 'list_buckets'), 'Buckets'))} buckets"

    @tool(read, tags=["buckets"])
    async def list_buckets(self, link: Link, given: Fields) -> Json:
        """List the buckets that the key may see."""
        found = items(await self._call(link, "list_buckets"), "Buckets")
        return page([{"name": at(one, "Name"), "created_at": _time(at(one, "CreationDate"))} for one in found])

    @tool(read, tags=["objects"], hints="files keys folder")
    async def list_objects(self, link: Link, given: s.ListObjects) -> Json:
        """List the objects of a bucket, by the beginning of their keys or as folders."""
        asked: dict[str, Any] = {"Bucket": _bucket(link, given), "Prefix": given.prefix, "MaxKeys": given.limit}
        asked |= {"ContinuationToken": given.cursor} if given.cursor else {}
        found = await self._call(link, "list_objects_v2", **asked, **({"Delimiter": "/"} if given.folders else {}))
        listed: list[Json] = [{"folder": at(one, "Prefix")} for one in items(found, "CommonPrefixes")]
        return page(listed + [_shown(one) for one in items(found, "Contents")], at(found, "NextContinuationToken"))

    @tool(read, tags=["objects"], hints="metadata size exists")
    async def get_object_info(self, link: Link, given: s.OneObject) -> Json:
        """Get what an object is: size, type, when it was written, its metadata."""
        found = await self._call(link, "head_object", Bucket=_bucket(link, given), Key=given.key)
        about = {"key": given.key, "size": at(found, "ContentLength"), "type": at(found, "ContentType")}
        return {**about, "modified_at": _time(at(found, "LastModified")), "metadata": at(found, "Metadata")}

    @tool(read, tags=["objects"], hints="content file open")
    async def read_text(self, link: Link, given: s.ReadText) -> Json:
        """Read an object as text, or a part of a long one."""
        part = f"bytes={given.start}-{given.start + given.limit - 1}"
        found = await self._call(link, "get_object", Bucket=_bucket(link, given), Key=given.key, Range=part)
        whole = str(at(found, "ContentRange") or "").rpartition("/")[2]
        text = found["Body"].decode("utf-8", "replace")
        return {"key": given.key, "text": text, "size": int(whole) if whole.isdecimal() else len(found["Body"])}

    @tool(read, tags=["objects"], hints="download file")
    async def download(self, link: Link, given: s.OneObject) -> Json:
        """Get an object into a file of the workspace, up to 50 MB."""
        found = await self._call(link, "get_object", Bucket=_bucket(link, given), Key=given.key)
        name = given.key.rstrip("/").rpartition("/")[2] or "object"
        return {"file": await link.files.write(name, found["Body"], str(at(found, "ContentType") or ""))}

    @tool(idempotent, tags=["objects"], hints="write save upload")
    async def put_text(self, link: Link, given: s.PutText) -> Json:
        """Write a text as an object; what is there under this key is replaced."""
        return await self._put(link, given, given.text.encode(), given.type)

    @tool(idempotent, tags=["objects"], hints="upload save file")
    async def upload(self, link: Link, given: s.PutFile) -> Json:
        """Write a file of the workspace as an object; what is there under this key is replaced."""
        return await self._put(link, given, (await link.files.read(given.file))[1], given.type)

    @tool(idempotent, tags=["objects"], hints="move rename duplicate")
    async def copy_object(self, link: Link, given: s.Copy) -> Json:
        """Copy an object to another key."""
        bucket = _bucket(link, given)
        to = {"Bucket": given.to_bucket or bucket, "Key": given.to_key}
        await self._call(link, "copy_object", **to, CopySource={"Bucket": bucket, "Key": given.key})
        return {"bucket": to["Bucket"], "key": given.to_key}

    @tool(idempotent, tags=["objects"], hints="remove")
    async def delete_object(self, link: Link, given: s.OneObject) -> Json:
        """Delete an object; one that is not there counts as deleted."""
        await self._call(link, "delete_object", Bucket=_bucket(link, given), Key=given.key)
        return {"key": given.key, "deleted": True}

    @tool(read, tags=["objects"], hints="share link url temporary")
    async def presign(self, link: Link, given: s.Presign) -> Json:
        """Make an address by which anybody can read an object for a while."""
        if link.credential.session_token.get_secret_value():
            raise Rejected("An address made with a temporary key would show its token.", code="temporary_key")
        return {"url": await s.presign(link, _bucket(link, given), given.key, given.seconds)}

    async def _put(self, link: Link, asked: s.OneObject, content: bytes, kind: str) -> Json:
        about = {"Bucket": _bucket(link, asked), "Key": asked.key, "ContentType": kind}
        made = await self._call(link, "put_object", Body=content, **about)
        return given(key=asked.key, size=len(content), version=at(made, "VersionId"))

    async def _call(self, link: Link, operation: str, **asked: Any) -> dict[str, Any]:
        return await s.call(link, self.hosts(link.config), operation, **asked)


def _bucket(link: Link, asked: s.InBucket) -> str:
    if not (bucket := asked.bucket or link.config.bucket):
        raise Rejected("Say which bucket: the connection names none.", code="bad_input")
    return bucket


def _shown(found: Any) -> dict[str, Json]:
    return {"key": at(found, "Key"), "size": at(found, "Size"), "modified_at": _time(at(found, "LastModified"))}


def _time(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None
