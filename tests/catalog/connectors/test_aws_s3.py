"""S3's tools against a local server that answers in the shapes of S3 and checks each signature by itself."""

import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

pytest.importorskip("boto3", reason="boto3 comes with the extra aws")

from tests.catalog.connectors.harness import CANARY, Case, Service, opened, play, use
from tests.servers.desk import Answer, Asked
from troupe.base.errors import BadInput, RateLimited, Refused, TroupeError
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.aws_s3 import AwsS3
from troupe.features.connections.service import read

KEY, REGION = "AKIDEXAMPLE", "eu-central-1"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
WHEN = "2026-11-01T10:00:00.000Z"
B = "/the-bucket"


def xml(text: str) -> Answer:
    return Answer(f"{XML}{text}".encode(), headers={"content-type": "application/xml"})


def content(text: str, status: int = 200, **more: str) -> Answer:
    kind = {"content-type": "text/plain", "last-modified": "Sun, 01 Nov 2026 10:00:00 GMT", "etag": '"e"'}
    return Answer(text.encode(), status, {**kind, **{name.replace("_", "-"): value for name, value in more.items()}})


def wrong(code: str, status: int) -> Answer:
    return Answer(f"{XML}<Error><Code>{code}</Code><Message>No: {CANARY}</Message></Error>".encode(), status)


LISTED = f"""<ListBucketResult {NS}><Name>the-bucket</Name><IsTruncated>true</IsTruncated>
<NextContinuationToken>t/2=</NextContinuationToken><Contents><Key>a/b c.txt</Key><LastModified>{WHEN}</LastModified>
<Size>5</Size></Contents><CommonPrefixes><Prefix>a/d/</Prefix></CommonPrefixes></ListBucketResult>"""
BUCKETS = f"""<ListAllMyBucketsResult {NS}><Buckets><Bucket><Name>the-bucket</Name><CreationDate>{WHEN}</CreationDate>
</Bucket></Buckets></ListAllMyBucketsResult>"""

CASES = [
    Case("list_buckets", {}, {"GET /": xml(BUCKETS)}, {"items": [{"name": "the-bucket"}]}),
    Case("list_objects", {"prefix": "a/", "folders": True, "limit": 2, "cursor": "t/1="},
        {f"GET {B}?list-type=2&prefix=a%2F&max-keys=2&continuation-token=t%2F1%3D&delimiter=%2F&encoding-type=url": xml(
            LISTED)}, {"items": [{"folder": "a/d/"}, {"key": "a/b c.txt", "size": 5,
            "modified_at": "2026-11-01T10:00:00+00:00"}], "next_cursor": "t/2="}),
    Case("get_object_info", {"key": "a/b c.txt"}, {f"HEAD {B}/a/b%20c.txt": content("", x_amz_meta_by="ada")},
        {"type": "text/plain", "metadata": {"by": "ada"}}),
    Case("read_text", {"key": "a.txt", "start": 2, "limit": 3}, {f"GET {B}/a.txt": content("llo", 206,
        content_range="bytes 2-4/5")}, {"text": "llo", "size": 5}, headers={"range": "bytes=2-4"}),
    Case("download", {"key": "a/b.txt"}, {f"GET {B}/a/b.txt": content("hello")},
        {"file": {"name": "b.txt", "size": 5}}),
    Case("put_text", {"key": "n ö.txt", "text": "hello"}, {f"PUT {B}/n%20%C3%B6.txt": Answer(b"", headers={
        "x-amz-version-id": "v1"})}, {"size": 5, "version": "v1"}, body="hello"),
    Case("upload", {"key": "n.txt", "file": {"$file": "file-1"}}, {f"PUT {B}/n.txt": Answer(b"")}, {"size": 5},
        body="hello"),
    Case("copy_object", {"key": "a b.txt", "to_key": "c.txt", "to_bucket": "other"}, {"PUT /other/c.txt": xml(
        f"<CopyObjectResult {NS}><ETag>e</ETag></CopyObjectResult>")}, {"bucket": "other"},
        headers={"x-amz-copy-source": "the-bucket/a%20b.txt"}),
    Case("delete_object", {"key": "a.txt"}, {f"DELETE {B}/a.txt": Answer(b"", 204)}, {"deleted": True}),
]  # fmt: skip


def config(url: str) -> dict[str, Any]:
    return {"endpoint_url": url, "region": REGION, "bucket": "the-bucket"}


def signature(asked: Asked, host: str) -> str:
    """What the signature of a request must be (AWS Signature Version 4)."""
    fields = dict(part.split("=", 1) for part in asked.headers["authorization"].split(" ", 1)[1].split(", "))
    names = fields["SignedHeaders"].split(";")
    headers = "".join(f"{name}:{asked.headers[name].strip()}\n" for name in names)
    pairs = sorted((quote(k, safe="-_.~"), quote(v[0], safe="-_.~")) for k, v in asked.query.items())
    digest = hashlib.sha256(asked.body).hexdigest()
    assert (asked.headers["x-amz-content-sha256"], asked.headers["host"]) == (digest, host)
    request = "\n".join(
        [asked.method, asked.path, "&".join(f"{k}={v}" for k, v in pairs), headers, fields["SignedHeaders"], digest]
    )
    scope = fields["Credential"].split("/", 1)[1]
    assert fields["Credential"] == f"{KEY}/{scope}"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", asked.headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()]
    )
    key = f"AWS4{CANARY}".encode()
    for part in [*scope.split("/"), text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert key.hex() == fields["Signature"]
    return scope


SECRET = {"access_key": KEY, "secret_key": CANARY}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_s3_documents_and_signs_it(
    tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AWS_PROFILE": "nobody", "AWS_ACCESS_KEY_ID": "other", "AWS_SECRET_ACCESS_KEY": "other",
                        "AWS_SESSION_TOKEN": "other", "AWS_ENDPOINT_URL": "http://192.0.2.1", "AWS_REGION": "x",
                        "HTTP_PROXY": "http://192.0.2.1", "HTTPS_PROXY": "http://192.0.2.1"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    if case.tool == "upload":
        with Service(case.answers) as store:
            async with opened(tmp_path, "aws_s3", config(store.url), SECRET) as link:
                await link.files.write("n.txt", b"hello")
                assert (await use("aws_s3", link, case.tool, case.given))["size"] == 5
            asked = store.asked
    else:
        asked = await play(tmp_path, "aws_s3", config, SECRET, case)
    for one in asked:
        assert signature(one, one.headers["host"]).split("/")[1:] == [REGION, "s3", "aws4_request"]
        assert "x-amz-security-token" not in one.headers


def test_every_tool_has_its_case() -> None:
    assert [*(case.tool for case in CASES), "presign"] == list(tools_of(AwsS3))


async def test_an_address_is_signed_without_asking_anybody(tmp_path: Path) -> None:
    given = {"bucket": "the-bucket", "key": "a b.txt", "seconds": 60}
    async with opened(tmp_path, "aws_s3", {"region": REGION}, {**SECRET, "session_token": "a-session"}) as link:
        with pytest.raises(TroupeError, match="would show its token"):
            await use("aws_s3", link, "presign", given)
    async with opened(tmp_path, "aws_s3", {"region": REGION}, SECRET) as link:
        made = await use("aws_s3", link, "presign", given)
    parts = urlsplit(made["url"])
    assert (parts.scheme, parts.netloc, parts.path) == (
        "https", f"the-bucket.s3.{REGION}.amazonaws.com", "/a%20b.txt",
    )  # fmt: skip
    signed = dict(parse_qsl(parts.query))
    assert (signed["X-Amz-Expires"], signed["X-Amz-Credential"].split("/")[0]) == ("60", KEY)


@pytest.mark.parametrize(
    ("answer", "kind", "hint"),
    [
        (wrong("AccessDenied", 403), Refused, "s3:GetObject"),
        (wrong("NoSuchKey", 404), Refused, "no such object"),
        (wrong("PermanentRedirect", 301), Refused, "another region"),
        (wrong("SlowDown", 503), RateLimited, ""),
        (Answer(b"oops", 500), TroupeError, ""),
    ],
)
async def test_what_s3_refuses_is_told_without_the_secret(
    tmp_path: Path, answer: Answer, kind: type[TroupeError], hint: str
) -> None:
    with Service({f"GET {B}/a.txt": answer}) as store:
        async with opened(tmp_path, "aws_s3", config(store.url), SECRET) as link:
            with pytest.raises(kind) as refused:
                await use("aws_s3", link, "download", {"key": "a.txt"})
    assert CANARY not in refused.value.message + refused.value.hint
    assert hint in refused.value.hint


@pytest.mark.parametrize("allow", ["127.0.0.2/32", "127.0.0.1:9"])
async def test_a_store_is_reached_where_the_guard_allows_it(tmp_path: Path, allow: str) -> None:
    told = config("http://127.0.0.1:9")
    async with opened(tmp_path, "aws_s3", told, SECRET, allow=allow) as link:
        with pytest.raises(TroupeError) as refused:
            await use("aws_s3", link, "list_buckets", {})
    assert refused.value.code == ("unavailable" if allow.endswith(":9") else "egress_refused")


async def test_without_a_bucket_nothing_is_asked(tmp_path: Path) -> None:
    async with opened(tmp_path, "aws_s3", {"region": REGION}, SECRET) as link:
        with pytest.raises(TroupeError, match="which bucket"):
            await use("aws_s3", link, "list_objects", {})


@pytest.mark.parametrize("region", ["evil.example/", "x", "a.b", "eu-central-1#"])
def test_a_region_is_no_host(region: str) -> None:
    with pytest.raises(BadInput):
        read("aws_s3", {"region": region}, SECRET)
