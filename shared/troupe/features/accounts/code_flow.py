"""The way of a browser to an issuer and back: authorization code with PKCE (RFC 6749 4.1, OpenID Connect).

What the browser must bring back waits in a cookie of its own; the code is redeemed by us, so that no token of the
issuer ever comes into a page.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode

from troupe.base.errors import Unauthorized
from troupe.base.pkce import new_proof, read_proof
from troupe.features.scope import Issuer

COOKIE = "troupe_sign_in"
BACK = "/login/back"


@dataclass(frozen=True)
class Leaving:
    """Where a browser is sent, and what its cookie holds meanwhile."""

    url: str
    cookie: str


async def leave(issuer: Issuer, base: str) -> Leaving:
    """Begin; `base`: where people reach us. Raises Unavailable where the issuer cannot be asked."""
    proof = new_proof()
    asked = {
        "response_type": "code", "client_id": issuer.client_id, "redirect_uri": base + BACK, "scope": "openid email",
        "nonce": nonce_of(proof.verifier), **proof.asked,
    }  # fmt: skip
    return Leaving(leading(await issuer.endpoint("authorization_endpoint"), asked), proof.cookie)


async def come_back(issuer: Issuer, base: str, code: str, state: str, cookie: str) -> str:
    """The mail address of who came back. Raises Unauthorized, Unavailable."""
    proof = read_proof(cookie, state)
    if proof is None or not code:
        raise Unauthorized("This sign-in was not begun in this browser, or too long ago.", code="sign_in_lost")
    token = await issuer.redeem(code, proof.verifier, base + BACK)
    return await issuer.person(token, nonce=nonce_of(proof.verifier))


def leading(url: str, asked: dict[str, str]) -> str:
    """An address with what is asked there."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def nonce_of(verifier: str) -> str:
    """What the issuer signs into the token, so that another sign-in's token is not taken for this one's."""
    return hashlib.sha256(f"nonce {verifier}".encode()).hexdigest()
