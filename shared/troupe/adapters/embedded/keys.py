"""Keys wrapped by one key in a file that only we may read: AES-256-GCM (NIST SP 800-38D), the context authenticated.

A wrapped key is `1 | first 4 bytes of SHA-256 of the wrapping key | 12 bytes of nonce | ciphertext and tag`.
"""

import asyncio
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troupe.adapters.embedded.secret_files import make_secret
from troupe.base.errors import Forbidden, Unavailable
from troupe.base.values import canonical

_FORM, _NAME, _NONCE = b"\x01", 4, 12


class FileKeys:
    """The keys port on a 0600 key file, made at the first use. Lose the file and what it wrapped is lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: bytes | None = None

    async def wrap(self, key: bytes, context: dict[str, str]) -> bytes:
        """The wrapped key; another one each time."""
        wrapping, nonce = await self._load(), os.urandom(_NONCE)
        sealed = AESGCM(wrapping).encrypt(nonce, key, canonical(context))
        return _FORM + _name(wrapping) + nonce + sealed

    async def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The key. Raises Forbidden for another context, another key file, or altered bytes."""
        wrapping = await self._load()
        if wrapped[:1] != _FORM or wrapped[1 : 1 + _NAME] != _name(wrapping):
            raise Forbidden("This was encrypted with another key file.", code="wrong_key", hint=f"See {self.path}.")
        nonce, sealed = wrapped[1 + _NAME :][:_NONCE], wrapped[1 + _NAME + _NONCE :]
        try:
            return AESGCM(wrapping).decrypt(nonce, sealed, canonical(context))
        except (InvalidTag, ValueError):
            raise Forbidden("This key does not belong here, or its bytes were changed.", code="wrong_key") from None

    async def _load(self) -> bytes:
        if self._key is None:
            self._key = await asyncio.to_thread(self._read)
        return self._key

    def _read(self) -> bytes:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = make_secret(self.path, os.urandom(32))
            self.path.chmod(0o600)
        except OSError as refused:
            raise Unavailable(
                f"The key file {self.path} cannot be used: {refused.strerror}.", code="no_key"
            ) from refused
        if len(key) != 32:
            raise Unavailable(f"The key file {self.path} is damaged.", code="no_key", hint="Restore it from a backup.")
        return key


def _name(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_NAME]
