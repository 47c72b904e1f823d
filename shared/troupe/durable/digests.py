"""What a step is known by: the digest of its input, which replay compares, and the key that goes to the far side."""

import hashlib
from typing import Any

from troupe.base.values import canonical


def input_digest(block: str, args: Any) -> str:
    """What replay compares: block and input, 128 bits of BLAKE2b over the canonical form."""
    return hashlib.blake2b(canonical(args), digest_size=16, person=block.encode()[-16:]).hexdigest()


def effect_key(run: str, key: str) -> str:
    """The key that goes to the far side, the same for every attempt of a step; has the form of a UUID."""
    digest = hashlib.blake2b(f"{run}/{key}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
