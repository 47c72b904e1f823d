"""Issuer: the address of the person that a signed token names, by what an OpenID provider publishes.

OpenID Connect Core 3.1.3.7, RFC 7517, RFC 7519. The issuer is asked at most once a minute, whatever tokens are shown.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from troupe.base.errors import BadInput, Refused, StepFailed, Unauthorized, Unavailable
from troupe.base.http import Http
from troupe.base.http.answers import refuse
from troupe.base.http.hosts import host_of
from troupe.base.values import read_json

AGAIN = 60.0  # seconds between two fetches of the keys
FRESH = 3600.0  # seconds after which they are fetched anew where they are used: a key may have been withdrawn
LEEWAY = 30.0  # seconds that two clocks may differ
MOST = 200_000  # bytes of an answer
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
ALGORITHMS = {("RSA", ""): "RS256", ("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("OKP", "Ed25519"): "EdDSA"}


class Issuer:
    """One OpenID provider. `audiences`: the client ids whose tokens are for us."""

    def __init__(
        self, url: str, audiences: Sequence[str], http: Http, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._url, self._audiences, self._http, self._elapsed = url.rstrip("/"), list(audiences), http, elapsed
        self._about: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._asked = self._loaded = -FRESH
        self._asking = asyncio.Lock()

    @property
    def client_id(self) -> str:
        """Who we are to it where a browser signs in: the first of our audiences."""
        return self._audiences[0]

    async def person(self, token: str, nonce: str | None = None) -> str:
        """The mail address that the issuer vouches for; `nonce`: what the token must hold where a browser brought it.

        Raises Unauthorized, Unavailable where the issuer cannot be asked.
        """
        jwt = await asyncio.to_thread(_library)
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid") or ""))
            claims = jwt.decode(
                token, key.key, algorithms=[key.algorithm_name], audience=self._audiences, issuer=self._url,
                leeway=LEEWAY, options={"require": ["exp", "iat", "iss", "aud"]},
            )  # fmt: skip
        except jwt.PyJWTError as wrong:
            raise Unauthorized(f"The token is not valid: {wrong}", code="bad_token") from None
        if nonce is not None and claims.get("nonce") != nonce:
            raise Unauthorized("The token is not valid: it was made for another sign-in.", code="bad_token")
        email = claims.get("email")
        if not isinstance(email, str) or "@" not in email or str(claims.get("email_verified")).lower() != "true":
            said = "The token names no mail address that its issuer has verified; send the ID token."
            raise Unauthorized(said, code="no_verified_address")
        return email.lower()

    async def endpoint(self, name: str) -> str:
        """An address that the issuer publishes. Raises Unavailable."""
        await self._see_to(lambda: bool(self._about))
        url = self._about.get(name)
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise _away()
        return url

    async def redeem(self, code: str, verifier: str, redirect: str) -> str:
        """The ID token for what a browser brought back (RFC 6749 4.1.3). Raises Unauthorized, Unavailable."""
        url = await self.endpoint("token_endpoint")
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "client_id": self.client_id,
            "code_verifier": verifier,
        }  # fmt: skip
        try:
            said = await self._get(url, form)
        except Refused:
            raise Unauthorized("The issuer did not confirm this sign-in; begin again.", code="sign_in_lost") from None
        except (StepFailed, BadInput):
            raise _away() from None
        return str(said.get("id_token") or "")

    async def _key(self, id: str) -> Any:
        await self._see_to(lambda: id in self._keys)
        if id in self._keys:
            return self._keys[id]
        if not self._keys:
            raise _away()
        raise Unauthorized("The token is not valid: its key is none of the issuer's.", code="bad_token")

    async def _see_to(self, known: Callable[[], bool]) -> None:
        """Ask the issuer where what is needed is not known or may be old."""

        def wanted() -> bool:
            return not known() or self._elapsed() - self._loaded > FRESH

        if wanted():
            async with self._asking:
                if wanted() and self._elapsed() - self._asked >= AGAIN:
                    await self._load()

    async def _load(self) -> None:
        """What it publishes; what is known stays where the issuer does not answer."""
        self._asked = self._elapsed()
        try:
            about = await self._get(f"{self._url}/.well-known/openid-configuration")
            if str(about.get("issuer")).rstrip("/") != self._url:
                raise StepFailed("The issuer's document is another's.")
            keys = (await self._get(str(about.get("jwks_uri")))).get("keys")
        except (StepFailed, BadInput):
            return
        self._about = about
        found = [_read(cast("dict[str, Any]", key)) for key in cast("list[Any]", keys or []) if isinstance(key, dict)]
        self._keys = {str(key.key_id or ""): key for key in found if key is not None}
        self._loaded = self._asked

    async def _get(self, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        """A published document, or the answer to a form. Raises the step errors, BadInput."""
        sent: dict[str, Any] = {}
        if form is not None:
            sent = {"content": urlencode(form).encode(), "headers": FORM}
        answer = await self._http.request(
            "POST" if sent else "GET", url, timeout=5.0, max_bytes=MOST, redirects=0, **sent
        )
        refuse(answer, datetime.now(UTC), secrets=list((form or {}).values()))
        said = read_json(answer.content)
        if not isinstance(said, dict):
            raise StepFailed(f"{host_of(url)} answered what is no object.")
        return cast("dict[str, Any]", said)


def is_signed(secret: str) -> bool:
    """Whether a secret looks like a signed token and not like one of ours."""
    return secret.startswith("eyJ") and secret.count(".") == 2


def _away() -> Unavailable:
    return Unavailable("The issuer cannot be asked at the moment.", code="issuer_unavailable")


def _read(given: dict[str, Any]) -> Any:
    """A key with the one algorithm it is for; None where it is for nothing here."""
    curve = str(given.get("crv") or "") if given.get("kty") != "RSA" else ""
    algorithm = ALGORITHMS.get((str(given.get("kty")), curve))
    if algorithm is None or given.get("use", "sig") != "sig" or given.get("alg", algorithm) != algorithm:
        return None
    jwt = _library()
    try:
        return jwt.PyJWK.from_dict(given, algorithm=algorithm)
    except jwt.PyJWTError:
        return None


def _library() -> Any:
    import jwt

    return jwt
