"""PKCE: that who comes back from another site with a code is the browser that left (RFC 7636, RFC 6749 10.12)."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

MINUTES = 10  # that a browser may be away: to type a password and a second factor


@dataclass(frozen=True)
class Proof:
    """What a browser's cookie holds while it is away: `state` is shown to the other site, `verifier` is not."""

    state: str
    verifier: str

    @property
    def cookie(self) -> str:
        """As it stands in the cookie."""
        return f"{self.state}.{self.verifier}"

    @property
    def asked(self) -> dict[str, str]:
        """What goes into the address of the other site."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return {"state": self.state, "code_challenge_method": "S256", "code_challenge": challenge}


def new_proof() -> Proof:
    """Another one for each way."""
    return Proof(secrets.token_urlsafe(24), secrets.token_urlsafe(48))


def read_proof(cookie: str, state: str) -> Proof | None:
    """The proof of a cookie; None where it is not of the way that this state came by."""
    kept, _, verifier = cookie.partition(".")
    same = hmac.compare_digest(kept.encode("utf-8", "surrogatepass"), state.encode("utf-8", "surrogatepass"))
    return Proof(kept, verifier) if same and verifier else None
