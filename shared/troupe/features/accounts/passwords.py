"""Passwords: hash one, compare one. Slow on purpose, and as slow where there is nothing to compare with.

scrypt (RFC 7914) with N = 2^14, r = 8, p = 5: 16 MiB a hash; one of the equal choices of the OWASP Password Storage
Cheat Sheet. A hash is kept as `scrypt$N$r$p$salt$hash`, so that later choices can be told from this one.
"""

import asyncio
import hashlib
import hmac
import os

N, R, P, LENGTH = 2**14, 8, 5, 32
MAX_BYTES = 1024


async def hash_password(password: str) -> str:
    """What is kept of a password."""
    salt = os.urandom(16)
    made = await asyncio.to_thread(_scrypt, password, salt, N, R, P)
    return f"scrypt${N}${R}${P}${salt.hex()}${made.hex()}"


async def same_password(password: str, kept: str | None) -> bool:
    """Whether it is the one that was kept; takes as long where none was."""
    _, n, r, p, salt, wanted = (kept or _NOBODY).split("$")
    made = await asyncio.to_thread(_scrypt, password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(made, bytes.fromhex(wanted)) and kept is not None


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    said = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(said, salt=salt, n=n, r=r, p=p, maxmem=64 * 2**20, dklen=LENGTH)


_NOBODY = f"scrypt${N}${R}${P}${bytes(16).hex()}${bytes(LENGTH).hex()}"
