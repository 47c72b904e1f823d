"""Hops: the requests that one call becomes when it is redirected (RFC 9110 section 15.4)."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from troupe.base.errors import EgressRefused, Rejected, StepFailed
from troupe.base.http.transport import Progress
from troupe.base.values import dump

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
REDIRECTS = {301, 302, 303, 307, 308}
_OURS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive"}
_CARRIED = {
    "accept", "accept-encoding", "accept-language", "content-type", "if-modified-since", "if-none-match", "range",
}  # fmt: skip
_OF_BODY = {"content-type", "content-encoding", "content-language"}


@dataclass
class Hop:
    """One request of a chain. `unsafe`: the call began with a method that may change something."""

    method: str
    url: httpx2.URL
    headers: dict[str, str]
    body: bytes
    unsafe: bool
    progress: Progress
    number: int = 0


def first_hop(
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    params: Mapping[str, str] | None,
    content: bytes | None,
    json: Any,
) -> Hop:
    """The request as the caller means it. Raises Rejected: bad_url, bad_header."""
    target = _read_url(url)
    sent = {"user-agent": "troupe", "accept": "*/*", "accept-encoding": "gzip, deflate"}
    if target.userinfo:
        sent["authorization"] = "Basic " + b64encode(target.userinfo).decode("ascii")
    if json is not None:
        content = dump(json)
        sent["content-type"] = "application/json"
    sent |= _checked(headers or {})
    if params:
        target = target.copy_merge_params(dict(params))
    method, url_sent = method.upper(), target.copy_with(userinfo=b"", fragment=None)
    return Hop(method, url_sent, sent, content or b"", method not in SAFE, Progress())


def _read_url(url: str) -> httpx2.URL:
    try:
        target = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as bad:
        raise Rejected(f"This is no URL: {bad}", code="bad_url") from None
    if target.scheme not in ("http", "https") or not target.host or (target.port or 0) > 65535:
        raise Rejected("A URL here starts with http:// or https:// and names a host.", code="bad_url")
    return target


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    given = {name.lower(): value for name, value in headers.items()}
    if taken := sorted(_OURS & given.keys()):
        raise Rejected(f"The header {taken[0]} is set by Troupe itself.", code="bad_header")
    for name, value in given.items():
        if not name.isascii() or not value.isascii() or any(c in value + name for c in "\r\n\0"):
            raise Rejected(f"The header {name[:80]!r} holds characters that no header may have.", code="bad_header")
    return given


def redirect(hop: Hop, status: int, location: str) -> None:
    """Turn the hop into the next one: never from https to http, no secrets to another origin."""
    try:
        target = _read_url(str(hop.url.join(location)))
    except (Rejected, httpx2.InvalidURL, UnicodeError, ValueError):
        raise StepFailed(f"{hop.url.host} redirected to something that is no URL.", code="redirect_failed") from None
    if hop.url.scheme == "https" and target.scheme == "http":
        words = f"{hop.url.host} redirected from https to http; that is not followed."
        raise StepFailed(words, code="redirect_failed") if hop.unsafe else EgressRefused(words)
    if (status == 303 and hop.method != "HEAD") or (status in (301, 302) and hop.method == "POST"):
        hop.method, hop.body = "GET", b""
        hop.headers = {k: v for k, v in hop.headers.items() if k not in _OF_BODY}
    if not _same_origin(hop.url, target):
        hop.headers = {k: v for k, v in hop.headers.items() if k in _CARRIED} | {"user-agent": "troupe"}
    hop.url = target.copy_with(userinfo=b"", fragment=None)
    hop.number += 1


def _same_origin(a: httpx2.URL, b: httpx2.URL) -> bool:
    if (a.scheme, a.host, a.port) == (b.scheme, b.host, b.port):
        return True
    return a.host == b.host and (a.scheme, b.scheme) == ("http", "https") and a.port is None and b.port is None
