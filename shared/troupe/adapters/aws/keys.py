"""Keys wrapped by KMS: the wrapping key never leaves it, and the context is part of what it authenticates.

A wrapped key is `2 | KMS ciphertext`; the first byte tells it from one of a key file (`adapters/embedded/keys`).
"""

from troupe.adapters.aws._client import Aws
from troupe.base.errors import Forbidden

_FORM = b"\x02"


class KmsKeys:
    """The keys port. `key`: id, alias or ARN. Raises Unavailable where KMS does not answer."""

    def __init__(self, aws: Aws, key: str) -> None:
        self.key = key
        self._kms = aws.client("kms")

    async def wrap(self, key: bytes, context: dict[str, str]) -> bytes:
        """The wrapped key; another one each time."""
        answer = await self._kms.call("encrypt", KeyId=self.key, Plaintext=key, EncryptionContext=context)
        return _FORM + answer["CiphertextBlob"]

    async def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The key. Raises Forbidden for another context, another key, or altered bytes."""
        if wrapped[:1] != _FORM or len(wrapped) == 1:
            raise _wrong()
        answer = await self._kms.call(
            "decrypt", errors=_WRONG, KeyId=self.key, CiphertextBlob=wrapped[1:], EncryptionContext=context
        )
        return answer["Plaintext"]


def _wrong() -> Forbidden:
    return Forbidden("This key does not belong here, or its bytes were changed.", code="wrong_key")


def _denied() -> Forbidden:
    """KMS answers so for a foreign key's ciphertext, and where the role may not decrypt at all."""
    return Forbidden("KMS does not unwrap this: another key wrapped it, or this role may not.", code="wrong_key")


_WRONG = {
    "InvalidCiphertextException": _wrong,
    "IncorrectKeyException": _wrong,
    "AccessDeniedException": _denied,
}
