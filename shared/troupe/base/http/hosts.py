"""Hosts that a secret is bound to: `host` (https, port 443), `host:port`, or `*.host` for those below one."""

from collections.abc import Iterable
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The entry that a URL's host is; empty where it is no http URL with a host."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if not host or parts.scheme not in ("http", "https"):
        return ""
    host = f"[{host}]" if ":" in host else host
    if parts.scheme == "https" and port in (None, 443):
        return host
    return f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"


def entry_of(url: str) -> str:
    """The `host:port` that an operator admits by naming this URL; empty where it is no http URL with a host."""
    host = host_of(url)
    return host if not host or urlsplit(f"//{host}").port else f"{host}:443"


def is_bound(url: str, hosts: Iterable[str]) -> bool:
    """Whether what is bound to these hosts may be sent to this URL."""
    entry = host_of(url)
    return bool(entry) and any(_fits(entry, host.lower()) for host in hosts)


def _fits(entry: str, host: str) -> bool:
    return entry.endswith(host[1:]) and len(entry) > len(host) - 1 if host.startswith("*.") else entry == host
