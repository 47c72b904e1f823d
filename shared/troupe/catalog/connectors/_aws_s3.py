"""What S3's tools take, and boto3 as far as it is used: it signs and reads, while our guarded client sends.

botocore brings its own HTTP, finds credentials of its own and reads the environment. It is given a session that knows
nothing but the connection's credential, and its event `before-send` takes each request out of its hands.
"""

import asyncio
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import Field

from troupe.base.errors import (
    RateLimited,
    Refused,
    Rejected,
    ServerFailed,
    StepFailed,
    TroupeError,
)
from troupe.base.http.hosts import host_of, is_bound
from troupe.catalog.connectors._rest import Paged
from troupe.catalog.contract import Fields, Json, Link

BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
MOST = 50_000_000  # bytes of an object
SLOW = ("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests")
SAYS = {
    "NoSuchKey": "There is no such object.",
    "NoSuchBucket": "There is no such bucket, or it is in another region.",
    "AccessDenied": "The key's policy does not allow this: s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject.",
    "InvalidAccessKeyId": "The access key is unknown: give the connection a new one.",
    "SignatureDoesNotMatch": "The secret does not belong to the access key.",
    "ExpiredToken": "The session token has ended: give the connection a new one.",
    "PermanentRedirect": "The bucket is in another region: set it in the connection.",
    "AuthorizationHeaderMalformed": "The bucket is in another region: set it in the connection.",
}


class InBucket(Fields):
    """A bucket."""

    bucket: str = Field("", description="The bucket; empty: the connection's own.", pattern=r"^$|" + BUCKET)


class ListObjects(InBucket, Paged):
    """Which objects."""

    prefix: str = Field("", description="Only keys that begin so.", max_length=1024)
    folders: bool = Field(default=False, description="As a folder is listed: what is below the next / is one entry.")


class OneObject(InBucket):
    """An object."""

    key: str = Field(description="The object's key.", min_length=1, max_length=1024)


class ReadText(OneObject):
    """How much of it."""

    limit: int = Field(100_000, description="How many bytes at most.", ge=1, le=1_000_000)
    start: int = Field(0, description="From which byte.", ge=0)


class PutText(OneObject):
    """An object of text."""

    text: str = Field(description="What it holds.", max_length=1_000_000)
    type: str = Field("text/plain; charset=utf-8", description="Its media type.", max_length=200)


class PutFile(OneObject):
    """An object of a file."""

    file: dict[str, Json] = Field(description='A file of the workspace, {"$file": id}.')
    type: str = Field("application/octet-stream", description="Its media type.", max_length=200)


class Copy(OneObject):
    """Where to."""

    to_key: str = Field(description="The key of the copy.", min_length=1, max_length=1024)
    to_bucket: str = Field("", description="The bucket of the copy; empty: the same.", pattern=r"^$|" + BUCKET)


class Presign(OneObject):
    """For how long."""

    seconds: int = Field(3600, description="How long the address holds.", ge=1, le=604_800)


async def call(link: Link, hosts: list[str], operation: str, **given: Any) -> dict[str, Any]:
    """An operation of S3, by its name in boto3. Raises the step errors."""
    loop = asyncio.get_running_loop()

    def send(request: Any, **_: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(_send(link, hosts, request), loop).result()

    def work() -> dict[str, Any]:
        client = make_client(link)
        client.meta.events.register_first("before-send.s3", send)
        try:
            answer = getattr(client, operation)(**given)
            body = answer.get("Body")
            return {**answer, "Body": body.read()} if body is not None else answer
        finally:
            client.close()

    return await _told(work)


async def presign(link: Link, bucket: str, key: str, seconds: int) -> str:
    """An address that reads an object for a while, for whoever has it."""

    def work() -> dict[str, Any]:
        about = {"Bucket": bucket, "Key": key}
        return {"url": make_client(link).generate_presigned_url("get_object", Params=about, ExpiresIn=seconds)}

    return str((await _told(work))["url"])


def make_client(link: Link) -> Any:
    """A client with the connection's key and nothing of this machine."""
    botocore, config = import_module("botocore.session"), link.config
    nothing = dict.fromkeys(("profile", "config_file", "credentials_file"), (None, None, None, None))
    session = botocore.Session(session_vars=nothing, include_builtin_handlers=True)
    session.register_component("data_loader", _loader())
    secret = link.credential
    session.set_credentials(
        secret.access_key, secret.secret_key.get_secret_value(), secret.session_token.get_secret_value() or None,
    )  # fmt: skip
    style = "path" if config.endpoint_url else "virtual"
    settings = import_module("botocore.config").Config(
        signature_version="s3v4", retries={"total_max_attempts": 1}, proxies={}, ignore_configured_endpoint_urls=True,
        s3={"addressing_style": style, "us_east_1_regional_endpoint": "regional"},
        request_checksum_calculation="when_required", response_checksum_validation="when_required",
    )  # fmt: skip
    url = config.endpoint_url or f"https://s3.{config.region}.amazonaws.com"
    boto3 = import_module("boto3.session").Session(botocore_session=session)
    return boto3.client("s3", region_name=config.region, endpoint_url=url, config=settings)


@cache
def _loader() -> Any:
    """Reads botocore's descriptions of services, once in a process."""
    return import_module("botocore.loaders").create_loader()


async def _send(link: Link, hosts: list[str], request: Any) -> Any:
    """What botocore has signed, by the guarded client, to the hosts that the credential is bound to."""
    if not is_bound(request.url, hosts):
        raise Rejected(f"The credential may not go to {host_of(str(request.url))[:300]}.", code="not_bound")
    body = request.body
    content = body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else body
    headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
    taken = {"host", "content-length", "transfer-encoding", "connection", "expect"}
    sent = {name: value for name, value in headers.items() if name.lower() not in taken}
    answer = await link.http.request(
        request.method, request.url, headers=sent, content=content or None, redirects=0, max_bytes=MOST,
        timeout=link.seconds_left,
    )  # fmt: skip
    made = import_module("botocore.awsrequest")
    return made.AWSResponse(request.url, answer.status, made.HeadersDict(answer.headers), _Raw(answer.content))


class _Raw:
    """A content as botocore reads it."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]

    def read(self, amount: int | None = None, **_: Any) -> bytes:
        taken, self._left = self._left[:amount], self._left[amount:] if amount is not None else b""
        return taken


async def _told(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return await asyncio.to_thread(work)
    except TroupeError:
        raise
    except Exception as wrong:
        raise _error(wrong) from None


def _error(wrong: Exception) -> StepFailed:
    """botocore's errors by their form, so that nothing of it is imported for them."""
    answer: dict[str, Any] = getattr(wrong, "response", None) or {}
    about, code = answer.get("Error", {}), str(answer.get("Error", {}).get("Code", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"S3 answered {code or status}: {about.get('Message', '')}"[:400]
    if isinstance(wrong, ImportError):
        return Rejected("boto3 is not installed here.", code="not_installed", hint="Install troupe with the extra aws.")
    if not answer:
        return Rejected(f"This cannot be asked of S3: {wrong}"[:400], code="bad_input")
    if code in SLOW:
        return RateLimited(said)
    if status >= 500:
        return ServerFailed(said)
    missing = {"404": "There is no such object or bucket.", "403": SAYS["AccessDenied"]}
    return Refused(said, hint=SAYS.get(code, missing.get(str(status), "")), code="not_there" if status == 404 else "")


def bound(region: str, endpoint: str) -> list[str]:
    """Where requests go: an endpoint of one's own, or a region's and its buckets'."""
    return [host_of(endpoint)] if endpoint else [f"s3.{region}.amazonaws.com", f"*.s3.{region}.amazonaws.com"]
