"""Case 24: every spelling of an inner address is refused before a socket is opened."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest

from tests.servers.raw import raw_server, reply
from troupe.base.errors import BadInput, EgressRefused, Rejected, Unreachable
from troupe.base.http import Http
from troupe.base.http.addresses import is_local_name, is_public, literal, read_admitted

LISTED = (Path(__file__).parents[2] / "data/inner_hosts.txt").read_text().splitlines()[1:]
INNER_4 = [line for line in LISTED if line.count(".") == 3 and line.replace(".", "").isdigit()]
INNER_6 = [line for line in LISTED if ":" in line]
NAMES = [line for line in LISTED if line not in {*INNER_4, *INNER_6}]


def spellings(inner: str) -> set[str]:
    """Every way of writing one IPv4 address that some resolver or parser takes for it."""
    address = IPv4Address(inner)
    number, (a, b, c, d) = int(address), address.packed
    hexes = f"{number:08x}"
    low, high = hexes[4:], hexes[:4]
    flipped = f"{number ^ 0xFFFFFFFF:08x}"
    plain = {
        inner,
        f"{inner}.",
        str(number),
        hex(number),
        hex(number).upper().replace("X", "x"),
        f"0{number:o}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a:#x}.{b}.0{c:o}.{d}",
        f"00{a:o}.{b}.{c}.{d}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
    }
    embedded = {
        f"::ffff:{inner}", f"::ffff:{high}:{low}", f"0:0:0:0:0:ffff:{high}:{low}", f"::{inner}", f"::ffff:0:{inner}",
        f"2002:{high}:{low}::1", f"64:ff9b::{inner}", f"64:ff9b:1::{inner}",
        f"2001:0:4136:e378:8000:63bf:{flipped[:4]}:{flipped[4:]}",
        f"2a00:1450::5efe:{inner}", f"2a00:1450::200:5efe:{inner}", f"fe80::{high}:{low}",
    }  # fmt: skip
    return plain | {f"[{e}]" for e in embedded}


CORPUS = sorted({s for inner in INNER_4 for s in spellings(inner)} | {f"[{i}]" for i in INNER_6}) + NAMES


def url_forms(host: str) -> list[str]:
    return [
        f"http://{host}/",
        f"https://{host}:8443/x",
        f"http://example.com@{host}:80/",
        f"HTTP://{host}/#@example.com",
    ]


async def leads_inside(host: str, port: int) -> list[str]:
    """A name server of the attacker's: whatever name is asked for leads to us."""
    return ["127.0.0.1", "169.254.169.254", "fd00:ec2::254", "10.1.2.3"]


class Hook:
    """Counts sockets that are connected while it listens. An audit hook cannot be taken away again."""

    connects: list[object] | None = None

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto") and self.connects is not None:
            self.connects.append(args[-1])


HOOK = Hook()
sys.addaudithook(HOOK)


@contextmanager
def connects() -> Iterator[list[object]]:
    HOOK.connects = made = []
    try:
        yield made
    finally:
        HOOK.connects = None


def test_the_corpus_is_as_large_as_case_24_asks() -> None:
    assert len(CORPUS) >= 400


async def test_case_24_every_inner_spelling_is_refused_and_no_socket_is_opened() -> None:
    wrong: list[str] = []
    async with Http(resolver=leads_inside) as http:
        with connects() as made:
            for host in CORPUS:
                for url in url_forms(host):
                    try:
                        await http.request("GET", url, timeout=2)
                        wrong.append(f"{url} answered")
                    except (EgressRefused, Rejected) as refused:
                        if "TROUPE_EGRESS_ALLOW" not in refused.hint and refused.code != "bad_url":
                            wrong.append(f"{url}: {refused.code}")
    assert wrong == []
    assert made == []


async def test_case_24_few_spellings_are_turned_away_by_the_parser_alone() -> None:
    """The guard must have been what refused: a corpus of malformed URLs would prove nothing."""
    refused = 0
    async with Http(resolver=leads_inside) as http:
        for host in CORPUS:
            with pytest.raises((EgressRefused, Rejected)) as caught:
                await http.request("GET", f"http://{host}/")
            refused += caught.type is EgressRefused
    assert refused >= 400


async def test_case_24_the_socket_form_refuses_the_same() -> None:
    http = Http(resolver=leads_inside)
    with connects() as made:
        for host in CORPUS:
            with pytest.raises(EgressRefused):
                await http.connect(host.strip("[]"), 25)
    assert made == []


async def test_an_open_and_a_closed_port_read_the_same() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shut = closed.getsockname()[1]
    async with raw_server(lambda _r, _w: reply()) as server, Http() as http:
        texts: list[str] = []
        for port in (server.port, shut):
            with pytest.raises(EgressRefused) as caught:
                await http.request("GET", f"http://127.0.0.1:{port}/")
            texts.append(caught.value.message.replace(str(port), "PORT"))
        assert texts[0] == texts[1]
        assert server.connections == 0


async def test_an_inner_name_that_exists_reads_like_one_that_does_not() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    texts: list[str] = []
    for resolver in (leads_inside, nobody):
        with pytest.raises(EgressRefused) as caught:
            await Http(resolver=resolver).request("GET", "http://vault.internal/")
        texts.append(caught.value.message)
    assert texts[0] == texts[1]
    with pytest.raises(Unreachable):
        await Http(resolver=nobody).request("GET", "http://example.com/")


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("text", ["example.com", "1.2.3.4.5", "0x", "abc", "", "256.1.1.1", "127.0.0.1 x"])
def test_what_spells_no_address_is_a_name(text: str) -> None:
    assert literal(text) is None


def test_local_names() -> None:
    assert is_local_name("db")
    assert is_local_name("x.LOCAL.")
    assert not is_local_name("example.com")


@pytest.mark.parametrize(
    "entry", ["*", "host", "host:0", "host:99999", "host:http", "http://x:80", "10.0.0.0/33", "a b:1", ":80"]
)
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_admitted(["good.example:443", entry])
    assert repr(entry) in caught.value.problems[0].message
    assert caught.value.problems[0].path == "TROUPE_EGRESS_ALLOW"


def test_an_entry_admits_exactly_what_it_says() -> None:
    admitted = read_admitted(["db.internal:5432", "10.1.0.0/16", "127.0.0.1:9100", "[::1]:80", "0x7f000002:1"])
    assert admitted.name("DB.internal.", 5432)
    assert not admitted.name("db.internal", 5433)
    assert not admitted.name("x.db.internal", 5432)
    assert admitted.covers(ip_address("10.1.255.255"), 1)
    assert not admitted.covers(ip_address("10.2.0.0"), 1)
    assert admitted.covers(ip_address("127.0.0.1"), 9100)
    assert not admitted.covers(ip_address("127.0.0.1"), 9101)
    assert admitted.covers(ip_address("::1"), 80)
    assert admitted.covers(ip_address("127.0.0.2"), 1)
    assert not admitted.covers(ip_address("::ffff:127.0.0.1"), 9100)
