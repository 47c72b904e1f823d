"""Issuer: the address of the person that a signed token names, by the keys that an OpenID provider publishes.

OpenID Connect Core 3.1.3.7, RFC 7517, RFC 7519. The issuer is asked at most once a minute, whatever tokens are shown.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from troupe.base.errors import BadInput, StepFailed, Unauthorized, Unavailable
from troupe.base.http import Http
from troupe.base.http.answers import refuse
from troupe.base.http.hosts import host_of
from troupe.base.values import read_json

AGAIN = 60.0  # seconds between two fetches of the keys
FRESH = 3600.0  # seconds after which they are fetched anew where they are used: a key may have been withdrawn
LEEWAY = 30.0  # seconds that two clocks may differ
MOST = 200_000  # bytes of an answer
ALGORITHMS = {("RSA", ""): "RS256", ("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("OKP", "Ed25519"): "EdDSA"}


class Issuer:
    """One OpenID provider. `audiences`: the client ids whose tokens are for us."""

    def __init__(
        self, url: str, audiences: Sequence[str], http: Http, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._url, self._audiences, self._http, self._elapsed = url.rstrip("/"), list(audiences), http, elapsed
        self._keys: dict[str, Any] = {}
        self._asked = self._loaded = -FRESH
        self._asking = asyncio.Lock()

    async def person(self, token: str) -> str:
        """The mail address that the issuer vouches for. Raises Unauthorized, Unavailable where it cannot be asked."""
        jwt = await asyncio.to_thread(_library)
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid") or ""))
            claims = jwt.decode(
                token, key.key, algorithms=[key.algorithm_name], audience=self._audiences, issuer=self._url,
                leeway=LEEWAY, options={"require": ["exp", "iat", "iss", "aud"]},
            )  # fmt: skip
        except jwt.PyJWTError as wrong:
            raise Unauthorized(f"The token is not valid: {wrong}", code="bad_token") from None
        email = claims.get("email")
        if not isinstance(email, str) or "@" not in email or str(claims.get("email_verified")).lower() != "true":
            said = "The token names no mail address that its issuer has verified; send the ID token."
            raise Unauthorized(said, code="no_verified_address")
        return email.lower()

    async def _key(self, id: str) -> Any:
        if id not in self._keys or self._elapsed() - self._loaded > FRESH:
            async with self._asking:
                if (id not in self._keys or self._elapsed() - self._loaded > FRESH) and self._may_ask():
                    await self._load()
        if id in self._keys:
            return self._keys[id]
        if not self._keys:
            raise Unavailable("The issuer's keys cannot be read at the moment.", code="issuer_unavailable")
        raise Unauthorized("The token is not valid: its key is none of the issuer's.", code="bad_token")

    def _may_ask(self) -> bool:
        return self._elapsed() - self._asked >= AGAIN

    async def _load(self) -> None:
        """The published keys; those that are known stay where the issuer does not answer."""
        self._asked = self._elapsed()
        try:
            about = await self._get(f"{self._url}/.well-known/openid-configuration")
            if str(about.get("issuer")).rstrip("/") != self._url:
                raise StepFailed("The issuer's document is another's.")
            keys = (await self._get(str(about.get("jwks_uri")))).get("keys")
        except (StepFailed, BadInput):
            return
        found = [_read(cast("dict[str, Any]", key)) for key in cast("list[Any]", keys or []) if isinstance(key, dict)]
        self._keys = {str(key.key_id or ""): key for key in found if key is not None}
        self._loaded = self._asked

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self._http.request("GET", url, timeout=5.0, max_bytes=MOST, redirects=0)
        refuse(answer, datetime.now(UTC))
        said = read_json(answer.content)
        if not isinstance(said, dict):
            raise StepFailed(f"{host_of(url)} answered what is no object.")
        return cast("dict[str, Any]", said)


def is_signed(secret: str) -> bool:
    """Whether a secret looks like a signed token and not like one of ours."""
    return secret.startswith("eyJ") and secret.count(".") == 2


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
