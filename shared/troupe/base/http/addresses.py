"""Addresses: which of them are public, and which an operator admits beyond that."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from troupe.base.errors import BadInput, Problem

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA special-purpose registries (RFC 6890 and later), and the wire server that Azure puts on a public address.
# Written out because `is_global` of the supported Python versions disagree with each other.
_CLOSED_4 = [
    IPv4Network(n)
    for n in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "168.63.129.16/32",
    )
]
_OPEN_6 = IPv6Network("2000::/3")  # all global unicast space; every embedding of IPv4 but 6to4 and Teredo is outside
_CLOSED_6 = [IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")]
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: an interface id that carries an IPv4 address

_LOCAL_ENDS = (".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home.arpa", ".corp", ".home")


def is_public(address: Address) -> bool:
    """Whether the address is one of the public Internet, and of nothing closer."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    if address.scope_id or address not in _OPEN_6 or any(address in network for network in _CLOSED_6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP


def literal(host: str) -> Address | None:
    """The address a host spells out, in any form that a resolver takes for one: `127.1`, `0x7f000001`, `[::1]`."""
    text = host.strip("[]").rstrip(".")
    try:
        return ip_address(text)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(text)) if text.split() == [text] else None
    except (OSError, UnicodeEncodeError):
        return None


def is_local_name(host: str) -> bool:
    """Whether a name can only mean something near us: one label, or a special-use ending (RFC 6761, 6762, 8375)."""
    name = host.rstrip(".").lower()
    return "." not in name or name.endswith(_LOCAL_ENDS)


@dataclass(frozen=True)
class Admitted:
    """What an operator admits beyond the public Internet: names with a port, networks with a port or any."""

    names: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = field(default=())

    def name(self, host: str, port: int) -> bool:
        """Whether exactly this name and port are admitted, wherever they lead."""
        return (host.rstrip(".").lower(), port) in self.names

    def covers(self, address: Address, port: int) -> bool:
        """Whether the address and port are admitted."""
        return any(address in network and only in (None, port) for network, only in self.networks)

    def __or__(self, other: "Admitted") -> "Admitted":
        return Admitted(self.names | other.names, self.networks + other.networks)


def read_admitted(entries: Sequence[str]) -> Admitted:
    """Entries `host:port`, `address:port`, `[v6]:port`, `address` or CIDR. Raises BadInput naming each bad one."""
    names: set[tuple[str, int]] = set()
    networks: list[tuple[Network, int | None]] = []
    problems: list[Problem] = []
    for entry in entries:
        try:
            match _read_entry(entry):
                case str(name), int(port):
                    names.add((name, port))
                case network, port if not isinstance(network, str):
                    networks.append((network, port))
                case _:
                    raise ValueError
        except ValueError:
            problems.append(
                Problem("TROUPE_EGRESS_ALLOW", "bad_entry", f"{entry!r} is neither host:port nor a CIDR network.")
            )
    if problems:
        raise BadInput(problems=problems)
    return Admitted(frozenset(names), tuple(networks))


def _read_entry(entry: str) -> tuple[str | Network, int | None]:
    try:
        return ip_network(entry), None
    except ValueError:
        host, colon, digits = entry.rpartition(":")
    if not colon or not host or not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 65536:
        raise ValueError(entry)
    if (address := literal(host)) is not None:
        return ip_network(address), int(digits)
    if any(c in host for c in ":/@*[] \t"):
        raise ValueError(entry)
    return host.rstrip(".").lower(), int(digits)
