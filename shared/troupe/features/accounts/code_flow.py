"""The way of a browser to an issuer and back: authorization code with PKCE (RFC 6749 4.1, RFC 7636, OpenID Connect).

What the browser must bring back (`state`, `verifier`) waits in a cookie of its own; the code is redeemed by us, so that
no token of the issuer ever comes into a page.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from troupe.base.errors import Unauthorized
from troupe.features.scope import Issuer

COOKIE = "troupe_sign_in"
MINUTES = 10  # to type a password and a second factor
BACK = "/login/back"


@dataclass(frozen=True)
class Leaving:
    """Where a browser is sent, and what its cookie holds meanwhile."""

    url: str
    cookie: str


async def leave(issuer: Issuer, base: str) -> Leaving:
    """Begin; `base`: where people reach us. Raises Unavailable where the issuer cannot be asked."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code", "client_id": issuer.client_id, "redirect_uri": base + BACK, "scope": "openid email",
        "state": state, "nonce": nonce_of(verifier), "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }  # fmt: skip
    url = await issuer.endpoint("authorization_endpoint")
    return Leaving(f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}", f"{state}.{verifier}")


async def come_back(issuer: Issuer, base: str, code: str, state: str, cookie: str) -> str:
    """The mail address of who came back. Raises Unauthorized, Unavailable."""
    kept, _, verifier = cookie.partition(".")
    if not code or not verifier or not hmac.compare_digest(kept.encode(), state.encode("utf-8", "surrogatepass")):
        raise Unauthorized("This sign-in was not begun in this browser, or too long ago.", code="sign_in_lost")
    token = await issuer.redeem(code, verifier, base + BACK)
    return await issuer.person(token, nonce=nonce_of(verifier))


def nonce_of(verifier: str) -> str:
    """What the issuer signs into the token, so that another sign-in's token is not taken for this one's."""
    return hashlib.sha256(f"nonce {verifier}".encode()).hexdigest()
