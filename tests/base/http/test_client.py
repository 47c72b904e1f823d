"""The guarded client against servers that answer, redirect, stall, cut and lie."""

import asyncio
import gzip
import random
import socket
import zlib

import httpcore2
import httpx2
import pytest

from tests.servers.raw import Seen, raw_server, reply
from troupe.base.errors import (
    ConnectionLost,
    EgressRefused,
    NotDone,
    Refused,
    Rejected,
    StepFailed,
    TimedOut,
    Unreachable,
)
from troupe.base.http import Guard, Http
from troupe.base.http.addresses import Admitted
from troupe.base.http.transport import Backend

PUBLIC = "93.184.216.34"


class OneDoor(httpcore2.AsyncNetworkBackend):
    """Stands for the Internet: a public address leads to a loopback port; every address asked for is noted."""

    def __init__(self, port: int) -> None:
        self.port, self.asked, self._real = port, list[str](), httpcore2.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *rest: object, **more: object) -> httpcore2.AsyncNetworkStream:
        self.asked.append(host)
        return await self._real.connect_tcp("127.0.0.1" if host == PUBLIC else host, self.port, *rest, **more)


async def test_case_26_ten_thousand_rebinding_tries_never_reach_the_canary() -> None:
    dice, answers = random.Random(26), list[list[str]]()

    async def rebinding(host: str, port: int) -> list[str]:
        inner, mixed = ["127.0.0.1", "::1", "169.254.169.254"], [["127.0.0.1", PUBLIC], [PUBLIC, "10.0.0.1"], [PUBLIC]]
        answers.append(dice.choice(mixed) if dice.random() < 0.05 else [dice.choice(inner)])
        return answers[-1]

    async with raw_server(lambda _r, _w: reply(close=True)) as outside, raw_server(lambda _r, _w: reply()) as canary:
        door = OneDoor(outside.port)
        async with Http(resolver=rebinding, network=door) as http:
            reached = 0
            for number in range(10_000):
                try:
                    await http.request("GET", f"http://rebind.example:{canary.port}/{number}")
                    reached += 1
                except EgressRefused:
                    pass
        assert canary.connections == 0
        assert set(door.asked) == {PUBLIC}
        assert len(answers) == 10_000  # looked up once a try: what was checked is what is connected to
        assert reached == outside.connections == sum(PUBLIC in a for a in answers) > 100


async def test_the_name_stays_in_host_and_sni_while_the_address_is_the_checked_one(tls_pair: tuple) -> None:
    server_tls, client_tls = tls_pair
    names: list[str] = []
    server_tls.sni_callback = lambda _sock, name, _ctx: names.append(name)

    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with raw_server(lambda _r, _w: reply(body="hi"), server_tls) as server:
        entry = f"shop.example:{server.port}"
        async with Http([entry], resolver=resolver, tls=client_tls) as http:
            answer = await http.request("GET", f"https://{entry}/")
            reader, writer = await http.connect("shop.example", server.port, tls=True)
            writer.write(b"GET /raw HTTP/1.1\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
        assert answer.content == b"hi"
        assert server.seen[0].headers["host"] == entry
        assert names == ["shop.example", "shop.example"]


async def test_a_certificate_for_another_name_is_a_definite_no(tls_pair: tuple) -> None:
    server_tls, client_tls = tls_pair
    async with raw_server(lambda _r, _w: reply(), server_tls) as server, Http([server.at], tls=client_tls) as http:
        with pytest.raises(Refused) as caught:
            await http.request("POST", f"https://{server.at}/")
        assert (caught.value.code, caught.value.retryable) == ("tls_failed", False)
        with pytest.raises(Refused):
            await http.connect("127.0.0.1", server.port, tls=True)
        assert server.seen == []


async def test_a_plain_server_behind_https_is_a_definite_no() -> None:
    async with raw_server(lambda _r, _w: reply()) as server, Http([server.at]) as http:
        with pytest.raises(NotDone):
            await http.request("POST", f"https://{server.at}/", timeout=1)


async def test_admitting_opens_one_port_for_one_client() -> None:
    async with raw_server(lambda _r, _w: reply(body="in")) as server, raw_server(lambda _r, _w: reply()) as other:
        async with Http() as http, http.admitting(server.at) as mine:
            assert (await mine.request("GET", server.url)).content == b"in"
            for client, url in [(mine, other.url), (http, server.url)]:
                with pytest.raises(EgressRefused):
                    await client.request("GET", url)
        assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_case_25_each_hop_of_a_redirect_is_checked(status: int) -> None:
    async with raw_server(lambda _r, _w: reply()) as canary:
        places = [
            canary.url,
            "http://169.254.169.254/",
            "http://[::1]/",
            f"//0x7f.1:{canary.port}/x",
            "http://localhost/",
        ]
        for place in places:
            async with (
                raw_server(lambda _r, _w, place=place: reply(status, location=place)) as server,
                Http([server.at]) as http,
            ):
                with pytest.raises(EgressRefused):
                    await http.request("GET", server.url)
        assert canary.connections == 0


async def test_case_25_a_post_that_was_answered_by_a_redirect_is_never_called_not_done() -> None:
    async with raw_server(lambda _r, _w: reply(303, location="http://10.0.0.1/")) as server, Http([server.at]) as http:
        with pytest.raises(StepFailed) as caught:
            await http.request("POST", server.url, json={})
        assert not isinstance(caught.value, NotDone)
        assert caught.value.code == "redirect_failed"


async def test_case_25_secrets_stay_with_their_origin() -> None:
    secret = {"Authorization": "Bearer s", "Cookie": "a=b", "X-Api-Key": "k", "X-Custom": "c", "Accept": "text/plain"}
    async with raw_server(lambda _r, _w: reply(body="end")) as second:
        hop = {"/start": reply(302, location="/same"), "/same": reply(302, location=f"{second.url}/far")}
        async with raw_server(lambda r, _w: hop[r.path]) as first, Http([first.at, second.at]) as http:
            answer = await http.request("GET", f"{first.url}/start", headers=secret)
        assert answer.url == f"{second.url}/far"
        assert first.seen[1].headers["x-custom"] == "c"
        sent = second.seen[0].headers
        assert sent["accept"] == "text/plain"
        assert not {"authorization", "cookie", "x-api-key", "x-custom"} & sent.keys()


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (307, "POST", "POST"), (308, "PUT", "PUT")],
)
async def test_redirects_keep_or_change_the_method(status: int, method: str, then: str) -> None:
    hop = {"/": reply(status, location="/next"), "/next": reply()}
    async with raw_server(lambda r, _w: hop[r.path]) as server, Http([server.at]) as http:
        await http.request(method, server.url, json={"a": 1})
        last = server.seen[-1]
        assert last.method == then
        assert last.body == (b'{"a":1}' if then == method else b"")
        assert ("content-type" in last.headers) == (then == method)


async def test_case_25_thirty_hops_are_too_many_and_zero_means_the_answer_itself() -> None:
    async with raw_server(lambda r, _w: reply(302, location=f"{r.path}x")) as server, Http([server.at]) as http:
        with pytest.raises(StepFailed) as caught:
            await http.request("GET", server.url)
        assert caught.value.code == "too_many_redirects"
        assert len(server.seen) == 6
        assert (await http.request("GET", server.url, redirects=0)).status == 302


async def test_case_25_https_is_never_left_for_http(tls_pair: tuple) -> None:
    server_tls, client_tls = tls_pair

    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with raw_server(lambda _r, _w: reply()) as plain:
        async with raw_server(lambda _r, _w: reply(302, location=plain.url), server_tls) as server:
            at = f"shop.example:{server.port}"
            async with Http([at, plain.at], resolver=resolver, tls=client_tls) as http:
                with pytest.raises(EgressRefused):
                    await http.request("GET", f"https://{at}/")
        assert plain.connections == 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
async def test_a_decompression_bomb_is_cut_at_the_limit(coding: str) -> None:
    bomb = zlib.compress(b"\0" * 200_000_000) if coding == "deflate" else gzip.compress(b"\0" * 200_000_000, 9)
    bomb = gzip.compress(bomb) if "," in coding else bomb
    async with (
        raw_server(lambda _r, _w: reply(body=bomb, content_encoding=coding)) as server,
        Http([server.at]) as http,
    ):
        with pytest.raises(StepFailed) as caught:
            await http.request("GET", server.url, max_bytes=1_000_000)
        assert (caught.value.code, isinstance(caught.value, NotDone)) == ("answer_too_large", False)


async def test_size_is_counted_while_streaming_and_by_what_is_declared() -> None:
    async def endless(_r: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    for handler in (endless, lambda _r, w: w.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx")):
        async with raw_server(lambda r, w, handler=handler: handler(r, w)) as server, Http([server.at]) as http:
            with pytest.raises(StepFailed) as caught:
                await http.request("GET", server.url, max_bytes=100_000)
            assert caught.value.code == "answer_too_large"


async def test_content_is_decoded_and_the_headers_say_so() -> None:
    body = gzip.compress(b"hello")
    async with (
        raw_server(lambda _r, _w: reply(body=body, content_encoding="gzip")) as server,
        Http([server.at]) as http,
    ):
        answer = await http.request("GET", server.url)
        assert answer.content == b"hello"
        assert "content-encoding" not in answer.headers


async def test_garbage_behind_a_content_encoding_is_a_bad_answer() -> None:
    answer = reply(body=b"no gzip", content_encoding="gzip")
    async with raw_server(lambda _r, _w: answer) as server, Http([server.at]) as http:
        with pytest.raises(StepFailed) as caught:
            await http.request("GET", server.url)
        assert caught.value.code == "bad_answer"


async def silent(_r: Seen, _w: asyncio.StreamWriter) -> bytes:
    await asyncio.Event().wait()
    return b""


async def drip(_r: Seen, writer: asyncio.StreamWriter) -> bytes:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("handler", [silent, drip])
async def test_no_whole_answer_in_time_is_timed_out(handler: object) -> None:
    async with raw_server(handler) as server, Http([server.at]) as http:  # type: ignore[arg-type]
        with pytest.raises(TimedOut):
            await http.request("POST", server.url, timeout=0.3)


async def test_no_connection_in_time_is_unreachable() -> None:
    async def hangs(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with Http(resolver=hangs) as http:
        with pytest.raises(Unreachable):
            await http.request("POST", "http://example.com/", timeout=0.2)
        with pytest.raises(Unreachable):
            await http.connect("example.com", 25, timeout=0.2)


async def test_a_refused_connection_is_unreachable_and_retryable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with Http([f"127.0.0.1:{port}"]) as http:
        for call in (http.request("POST", f"http://127.0.0.1:{port}/"), http.connect("127.0.0.1", port)):
            with pytest.raises(Unreachable) as caught:
                await call
            assert caught.value.retryable


def cut(text: bytes):
    def handler(_r: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        writer.close()

    return handler


@pytest.mark.parametrize(
    "text",
    [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b"garbage\r\n\r\n", b"\x00\xff" * 50],
)
async def test_an_answer_cut_or_garbled_is_a_lost_connection(text: bytes) -> None:
    async with raw_server(cut(text)) as server, Http([server.at]) as http:
        with pytest.raises(ConnectionLost):
            await http.request("POST", server.url, content=b"x")


async def test_the_second_address_is_tried_when_the_first_is_dead() -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    async with raw_server(lambda _r, _w: reply(body="ok")) as server:
        at = f"two.example:{server.port}"
        http = Http([at], resolver=both)
        assert (await http.request("GET", f"http://{at}/")).content == b"ok"
        await http.aclose()


async def test_a_stream_is_read_as_it_comes() -> None:
    gate = asyncio.Event()

    async def handler(_r: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n")
        await writer.drain()
        await gate.wait()
        writer.write(b"8\r\ndata: 2\n\r\n0\r\n\r\n")

    async with raw_server(handler) as server, Http([server.at]) as http:
        async with http.stream("GET", server.url) as answer:
            lines: list[str] = []
            async for line in answer.lines():
                lines.append(line)
                gate.set()
        assert lines == ["data: 1", "data: 2"]


@pytest.mark.parametrize(
    ("url", "headers", "code"),
    [
        ("ftp://example.com/", {}, "bad_url"),
        ("file:///etc/passwd", {}, "bad_url"),
        ("http:///x", {}, "bad_url"),
        ("http://[::1", {}, "bad_url"),
        ("http://example.com:99999/", {}, "bad_url"),
        ("", {}, "bad_url"),
        ("http://example.com/\x00", {}, "bad_url"),
        ("http://example.com/", {"X-A": "a\r\nX-B: c"}, "bad_header"),
        ("http://example.com/", {"Host": "inner"}, "bad_header"),
        ("http://example.com/", {"Content-Length": "3"}, "bad_header"),
        ("http://example.com/", {"Transfer-Encoding": "chunked"}, "bad_header"),
    ],
)
async def test_what_cannot_be_sent_is_rejected(url: str, headers: dict[str, str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await Http().request("GET", url, headers=headers)
    assert caught.value.code == code


async def test_parameters_are_added_and_credentials_leave_the_url() -> None:
    async with raw_server(lambda _r, _w: reply()) as server, Http([server.at]) as http:
        answer = await http.request("GET", f"http://me:pw@{server.at}/a?x=1", params={"y": "é 2"})
        assert server.seen[0].path == "/a?x=1&y=%C3%A9+2"
        assert server.seen[0].headers["authorization"] == "Basic bWU6cHc="
        assert "pw" not in answer.url


async def test_the_transport_serves_an_httpx2_client_under_the_same_guard() -> None:
    async with (
        raw_server(lambda _r, _w: reply(body="ok")) as server,
        Http([server.at]) as http,
        httpx2.AsyncClient(transport=http.transport, trust_env=False) as client,
    ):
        assert (await client.get(server.url)).text == "ok"
        with pytest.raises(EgressRefused):
            await client.get("http://127.0.0.1:1/")


def test_one_client_serves_loop_after_loop() -> None:
    """A Lambda handler may start a new loop for each event."""

    async def once(http: Http) -> int:
        async with raw_server(lambda _r, _w: reply(close=True)) as server:
            status = (await http.request("GET", server.url)).status
            await http.aclose()
            return status

    http = Http(["127.0.0.0/8"])
    assert [asyncio.run(once(http)) for _ in range(3)] == [200, 200, 200]


async def test_connections_are_kept_for_reuse() -> None:
    async with raw_server(lambda _r, _w: reply()) as server, Http([server.at]) as http:
        for _ in range(5):
            await http.request("GET", server.url)
        assert server.connections == 1


async def test_no_unix_socket_is_reachable() -> None:
    with pytest.raises(Rejected):
        await Backend(Guard(Admitted()), None).connect_unix_socket("/var/run/docker.sock")
