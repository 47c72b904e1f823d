"""The guard: resolves a host and gives back only the addresses that may be connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import ip_address

from troupe.base.errors import EgressRefused, Unreachable
from troupe.base.http.addresses import Address, Admitted, is_local_name, is_public, literal

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → textual addresses, best first. Raises OSError where the name has none."""

HINT = "An operator can admit exactly this target with TROUPE_EGRESS_ALLOW={host}:{port}."


@cache
def _threads() -> ThreadPoolExecutor:
    # Threads of its own: a name server that hangs must not hold up file access, which shares the loop's default pool.
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="troupe-dns")


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the machine's own resolver says."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), _look_up, host, port)


class Guard:
    """Says where a connection to (host, port) may go. One look-up a connection: nothing is resolved twice."""

    def __init__(self, admitted: Admitted, resolver: Resolver = system_resolver) -> None:
        self.admitted = admitted
        self.resolver = resolver

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Addresses that were checked, best first. Raises EgressRefused where none may be used, Unreachable."""
        named = self.admitted.name(host, port)
        found = await self._resolve(host, port) if 0 < port < 65536 else []
        usable = [a for a in found if named or is_public(a) or self.admitted.covers(a, port)]
        if not usable:
            raise refusal(host, port)
        return usable

    async def _resolve(self, host: str, port: int) -> list[Address]:
        if (spelled := literal(host)) is not None:
            return [spelled]
        try:
            return [ip_address(text) for text in await self.resolver(host, port)]
        except (OSError, UnicodeError, ValueError):
            if is_local_name(host) and not self.admitted.name(host, port):
                raise refusal(host, port) from None  # whether an inner name exists is nobody's business
            raise Unreachable(
                f"The name {host} has no address.", hint="Check the spelling and the name service."
            ) from None


def refusal(host: str, port: int) -> EgressRefused:
    """The same words whether something listens there or not."""
    where = f"[{host}]" if ":" in host else host
    return EgressRefused(
        f"Troupe does not connect to {where}:{port}: this is not a public address.",
        hint=HINT.format(host=where, port=port),
    )
