"""http.request and its kin against a server of bytes: effects, keys, failures, what a failure shows."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.catalog.harness import NOW, BenchContext
from tests.servers.raw import RawServer, Seen, raw_server, reply
from troupe.base.errors import (
    ConnectionLost,
    NotDone,
    RateLimited,
    Refused,
    Rejected,
    ServerFailed,
    StepFailed,
    TimedOut,
    Unreachable,
)
from troupe.base.http import Http
from troupe.base.http.answers import retry_after
from troupe.catalog.blocks.data.sitemap_parse import MAP
from troupe.catalog.registry import get_block
from troupe.ports.run import Effect


class Far:
    """A server whose next answers a test sets."""

    def __init__(self, server: RawServer) -> None:
        self.server, self.url = server, server.url

    def says(self, answer: bytes | Callable[[Seen, Any], Any]) -> None:
        self.server.handler = answer if callable(answer) else lambda _seen, _writer: answer

    @property
    def last(self) -> Seen:
        return self.server.seen[-1]


@pytest_asyncio.fixture
async def far(context: BenchContext) -> AsyncGenerator[Far]:
    async with raw_server(lambda _seen, _writer: reply(200, "ok")) as server, Http([server.at]) as http:
        context.http = http
        yield Far(server)


@pytest.mark.parametrize(
    ("method", "effect"),
    [
        ("GET", "read"),
        ("HEAD", "read"),
        ("PUT", "idempotent"),
        ("DELETE", "idempotent"),
        ("POST", "once"),
        ("PATCH", "once"),
    ],
)
async def test_the_method_says_what_a_repetition_does(use: Any, far: Far, method: str, effect: str) -> None:
    block = get_block("http.request")
    given = block.Input(method=method, url=far.url)  # pyright: ignore
    assert block.effect_of(given) is Effect(effect)
    await use("http.request", method=method, url=far.url)
    assert far.last.method == method
    assert far.last.headers.get("idempotency-key") == (None if effect == "read" else "key-1")


async def test_a_key_that_the_caller_chose_is_kept(use: Any, far: Far) -> None:
    await use("http.request", method="POST", url=far.url, headers={"Idempotency-Key": "mine"})
    assert far.last.headers["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        ({"json": {"a": [1, None]}}, b'{"a":[1,null]}', "application/json"),
        ({"json": False}, b"false", "application/json"),
        ({"form": {"a": "x y", "b": True}}, b"a=x+y&b=true", "application/x-www-form-urlencoded"),
        ({"text": "Grüße"}, "Grüße".encode(), "text/plain; charset=utf-8"),
        ({"text": "<a/>", "headers": {"Content-Type": "application/xml"}}, b"<a/>", "application/xml"),
    ],
)
async def test_a_body_is_sent_as_what_it_is(use: Any, far: Far, body: Any, content: bytes, kind: str) -> None:
    await use("http.request", method="POST", url=far.url, **body)
    assert (far.last.body, far.last.headers["content-type"]) == (content, kind)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(
    ("status", "failure", "retryable"),
    [
        (400, Refused, False), (401, Refused, False), (404, Refused, False), (409, Refused, False),
        (408, TimedOut, True), (429, RateLimited, True), (500, ServerFailed, True), (503, ServerFailed, True),
    ],
)  # fmt: skip
async def test_a_status_is_the_failure_it_stands_for(
    use: Any, far: Far, method: str, status: int, failure: type[StepFailed], retryable: bool
) -> None:
    far.says(reply(status, "because"))
    with pytest.raises(StepFailed) as caught:
        await use("http.request", method=method, url=far.url)
    assert type(caught.value) is failure
    assert caught.value.retryable is retryable
    assert caught.value.message == f"127.0.0.1 answered {status}: because"
    assert isinstance(caught.value, NotDone) == (400 <= status < 500 and status != 408)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("Fri, 20 Nov 2026 09:31:00 GMT", 60.0),
        ("Fri, 20 Nov 2020 09:31:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_to_wait_is_read_from_seconds_or_a_date(said: str, seconds: float | None) -> None:
    assert retry_after(said, NOW) == seconds


async def test_too_many_requests_says_how_long_to_wait(use: Any, far: Far) -> None:
    far.says(reply(429, "", retry_after="30"))
    with pytest.raises(RateLimited) as caught:
        await use("http.request", method="POST", url=far.url)
    assert caught.value.retry_after == 30.0


async def test_a_status_that_is_accepted_is_a_result(use: Any, far: Far) -> None:
    far.says(reply(404, '{"why": "gone"}', content_type="application/json"))
    made = await use("http.request", url=far.url, accept=[404])
    assert (made["status"], made["json"]) == (404, {"why": "gone"})


async def test_a_failure_does_not_repeat_what_may_be_secret(use: Any, far: Far) -> None:
    far.says(lambda seen, _writer: reply(401, f"bad token {seen.headers['authorization']} at {seen.path}"))
    with pytest.raises(Refused) as caught:
        await use(
            "http.request", url=far.url, headers={"Authorization": "Bearer canary-4711"}, params={"key": "canary-4712"}
        )
    assert "canary" not in caught.value.message
    assert far.last.headers["authorization"] == "Bearer canary-4711"


async def test_a_refusal_after_a_redirect_does_not_vouch_that_nothing_happened(use: Any, far: Far) -> None:
    far.says(lambda seen, _writer: reply(307, location="/b") if seen.path == "/a" else reply(403))
    with pytest.raises(StepFailed) as caught:
        await use("http.request", method="POST", url=f"{far.url}/a", json=1)
    assert not isinstance(caught.value, NotDone)
    with pytest.raises(Refused):
        await use("http.request", method="GET", url=f"{far.url}/a")


async def test_a_connection_that_is_cut_or_silent_is_unclear(use: Any, far: Far) -> None:
    def cut(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def silent(_seen: Seen, _writer: Any) -> bytes:
        await asyncio.sleep(5)
        return reply(200)

    far.says(cut)
    with pytest.raises(ConnectionLost):
        await use("http.request", method="POST", url=far.url)
    far.says(silent)
    with pytest.raises(TimedOut):
        await use("http.request", method="POST", url=far.url, timeout=0.1)


async def test_a_closed_port_is_a_promise_that_nothing_was_sent(use: Any, context: BenchContext) -> None:
    async with raw_server(lambda _seen, _writer: None) as gone:
        pass
    async with Http([gone.at]) as http:
        context.http = http
        with pytest.raises(Unreachable):
            await use("http.request", method="POST", url=gone.url)


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b'{"a": 1}', "application/problem+json", {"json": {"a": 1}, "text": "", "base64": ""}),
        (b"{broken", "application/json", {"json": None, "text": "{broken", "base64": ""}),
        ("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", {"json": None, "text": "Grüße", "base64": ""}),
        (b"\x89PNG\x00", "image/png", {"json": None, "text": "", "base64": "iVBORwA="}),
        (b"a\xff", "application/octet-stream", {"json": None, "text": "", "base64": "Yf8="}),
        (b"plain", "text/plain; charset=nonsense", {"json": None, "text": "plain", "base64": ""}),
    ],
)
async def test_an_answer_is_read_as_what_it_is(use: Any, far: Far, body: bytes, kind: str, expected: Any) -> None:
    far.says(reply(200, body, content_type=kind))
    made = await use("http.request", url=far.url)
    assert {name: made[name] for name in expected} == expected


async def test_an_answer_above_the_limit_is_cut_off(use: Any, far: Far) -> None:
    far.says(reply(200, b"x" * 5000))
    with pytest.raises(StepFailed) as caught:
        await use("http.request", url=far.url, max_bytes=1000)
    assert caught.value.code == "answer_too_large"


async def test_a_download_is_named_by_the_server_or_the_address(use: Any, far: Far, context: BenchContext) -> None:
    far.says(reply(200, b"a,b", content_type="text/csv", content_disposition='attachment; filename="../x y.csv"'))
    assert (await use("http.download", url=f"{far.url}/d"))["file"]["name"] == "../x y.csv"  # the store flattens it
    far.says(reply(200, b"\x00\x01", content_type="application/octet-stream"))
    made = await use("http.download", url=f"{far.url}/files/data%201.bin?x=1")
    assert (made["file"]["name"], made["size"]) == ("data 1.bin", 2)
    assert (await context.files.read(made["file"]))[1] == b"\x00\x01"


async def test_a_download_that_is_not_there_leaves_no_file(use: Any, far: Far, context: BenchContext) -> None:
    far.says(reply(404, "no"))
    with pytest.raises(Refused):
        await use("http.download", url=far.url)
    far.says(reply(200, b"x" * 2000))
    with pytest.raises(StepFailed):
        await use("http.download", url=far.url, max_bytes=1000)
    assert not context.files.kept


async def test_a_compressed_sitemap_is_read_and_one_that_swells_is_stopped(use: Any, far: Far) -> None:
    far.says(reply(200, gzip.compress(MAP.encode()), content_type="application/x-gzip"))
    assert len((await use("http.sitemap", url=f"{far.url}/sitemap.xml.gz"))["pages"]) == 2
    far.says(reply(200, gzip.compress(b" " * 60_000_000), content_type="application/x-gzip"))
    with pytest.raises(Rejected) as caught:
        await use("http.sitemap", url=far.url)
    assert caught.value.code == "too_large"


async def test_headers_for_an_index_are_not_sent_to_the_sitemaps_it_names(use: Any, far: Far) -> None:
    index = f"<sitemapindex><sitemap><loc>{far.url}/other.xml</loc></sitemap></sitemapindex>"
    far.says(lambda seen, _writer: reply(200, index if seen.path == "/i.xml" else MAP, content_type="text/xml"))
    await use("http.sitemap", url=f"{far.url}/i.xml", headers={"Authorization": "Bearer s"})
    sent = {seen.path: seen.headers.get("authorization") for seen in far.server.seen}
    assert sent == {"/i.xml": "Bearer s", "/other.xml": None}


async def test_a_sitemap_that_is_not_there_fails_the_whole(use: Any, far: Far) -> None:
    index = "".join(f"<sitemap><loc>{far.url}/{i}.xml</loc></sitemap>" for i in range(3))
    index = f"<sitemapindex>{index}</sitemapindex>"
    far.says(lambda seen, _writer: reply(200, index) if seen.path == "/i.xml" else reply(404, "gone"))
    with pytest.raises(Refused):
        await use("http.sitemap", url=f"{far.url}/i.xml")


async def test_a_feed_in_another_encoding_is_read(use: Any, far: Far) -> None:
    feed = '<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel><title>Grüße</title></channel></rss>'
    far.says(reply(200, feed.encode("latin-1"), content_type="application/rss+xml"))
    assert (await use("http.rss", url=far.url))["title"] == "Grüße"


@pytest.mark.parametrize("id", ["http.rss", "http.sitemap", "http.page_text", "http.download"])
async def test_whatever_fetches_tells_what_the_far_side_said(use: Any, far: Far, id: str) -> None:
    far.says(reply(503, "later"))
    with pytest.raises(ServerFailed):
        await use(id, url=far.url)


async def test_a_page_that_is_an_image_is_refused(use: Any, far: Far) -> None:
    far.says(reply(200, b"\x89PNG\x00", content_type="image/png"))
    with pytest.raises(Rejected) as caught:
        await use("http.page_text", url=far.url)
    assert caught.value.code == "not_text"
