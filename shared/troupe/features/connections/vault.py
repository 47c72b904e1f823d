"""Seal and open credentials: AES-256-GCM under a data key for each, wrapped by the keys port.

What is sealed belongs to one credential of one workspace: their ids are authenticated with it (NIST SP 800-38D), so a
row that is copied elsewhere does not open there.
"""

import os
from dataclasses import dataclass, field
from typing import Any, cast

from troupe.base.errors import Forbidden
from troupe.base.values import canonical, dump, read_json
from troupe.ports.keys import Keys

NONCE = 12


@dataclass(frozen=True)
class Sealed:
    """What is stored of a credential."""

    wrapped: bytes = field(repr=False)
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """A credential in plain text, for as long as it is used. `key` seals what is remembered beside it."""

    values: dict[str, Any] = field(repr=False)
    key: bytes = field(repr=False)


async def seal(keys: Keys, workspace: str, id: str, values: dict[str, Any]) -> Sealed:
    """Seal the fields of a credential under a new data key."""
    key = os.urandom(32)
    context = _context(workspace, id)
    return Sealed(await keys.wrap(key, context), reseal(key, workspace, id, values))


def reseal(key: bytes, workspace: str, id: str, values: dict[str, Any]) -> bytes:
    """Other fields of the same credential, under the key it has."""
    return encrypt(key, dump(values), _context(workspace, id))


async def unseal(keys: Keys, workspace: str, id: str, sealed: Sealed) -> Opened:
    """The fields again. Raises Forbidden where they are another credential's, or changed."""
    context = _context(workspace, id)
    key = await keys.unwrap(sealed.wrapped, context)
    return Opened(cast("dict[str, Any]", read_json(decrypt(key, sealed.sealed, context))), key)


def encrypt(key: bytes, plain: bytes, context: dict[str, str]) -> bytes:
    """Nonce, ciphertext and tag; another one each time."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, canonical(context))


def decrypt(key: bytes, sealed: bytes, context: dict[str, str]) -> bytes:
    """The plain text. Raises Forbidden for another key, another context, or altered bytes."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], canonical(context))
    except (InvalidTag, ValueError):
        raise Forbidden("This credential does not belong here, or its bytes were changed.", code="wrong_key") from None


def _context(workspace: str, id: str) -> dict[str, str]:
    return {"workspace": workspace, "credential": id}
