"""An OpenID provider that really answers, with keys that really sign: who is let in, and how often it is asked."""

import base64
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.servers.raw import RawServer, Seen, raw_server
from troupe.base.errors import Unauthorized, Unavailable
from troupe.base.http import Http
from troupe.features.accounts.issuer import AGAIN, FRESH, Issuer

KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
PUBLISH = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


def published(name: str, id: str = "") -> dict[str, Any]:
    return {**PUBLISH[name].to_jwk(KEYS[name].public_key(), as_dict=True), "kid": id or name, "use": "sig"}


class Provider:
    """What it publishes may change; `down` answers 503."""

    def __init__(self) -> None:
        self.server: RawServer
        self.keys = [published(name) for name in KEYS]
        self.down = False
        self.now = 0.0

    def answer(self, seen: Seen) -> bytes:
        about = {"issuer": self.server.url, "jwks_uri": f"{self.server.url}/keys"}
        body = json.dumps({"keys": self.keys} if seen.path == "/keys" else about).encode()
        status = b"503 Down" if self.down else b"200 OK"
        return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
            status,
            len(body),
            body,
        )

    def fetches(self) -> int:
        return sum(seen.path.startswith("/.well-known/") for seen in self.server.seen)

    def token(self, name: str = "RS256", kid: str | None = None, **claims: Any) -> str:
        said = {
            "iss": self.server.url, "aud": "us", "iat": time.time(), "exp": time.time() + 60, "sub": "1",
            "email": "Ann@Example.org", "email_verified": True,
        } | claims  # fmt: skip
        said = {k: v for k, v in said.items() if v is not None}
        return jwt.encode(said, KEYS[name], algorithm=name, headers={"kid": name if kid is None else kid})


@pytest_asyncio.fixture
async def provider() -> AsyncGenerator[Provider]:
    made = Provider()
    async with raw_server(lambda seen, _: made.answer(seen)) as server:
        made.server = server
        yield made


@pytest_asyncio.fixture
async def issuer(provider: Provider) -> AsyncGenerator[Issuer]:
    async with Http([provider.server.at]) as http:
        yield Issuer(provider.server.url, ["us", "us too"], http, elapsed=lambda: provider.now)


@pytest.mark.parametrize("name", KEYS)
async def test_a_signed_token_names_its_person_whatever_kind_of_key_signed_it(issuer, provider, name):
    assert await issuer.person(provider.token(name)) == "ann@example.org"
    assert await issuer.person(provider.token(name, aud="us too", email_verified="true")) == "ann@example.org"
    assert provider.fetches() == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "them"}, {"aud": None}, {"iss": "https://elsewhere.example"}, {"exp": 1}, {"exp": None}, {"iat": None},
        {"nbf": 4e9}, {"iat": 4e9}, {"email_verified": False}, {"email_verified": None},
        {"email": None}, {"email": ["a@b.c"]}, {"email": "nobody"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_not_for_us_or_not_now_or_not_vouched_for_lets_nobody_in(issuer, provider, claims):
    with pytest.raises(Unauthorized):
        await issuer.person(provider.token(**claims))


async def test_the_key_says_the_algorithm_and_not_the_token(issuer, provider):
    claims = jwt.decode(provider.token(), options={"verify_signature": False})
    spki = KEYS["RS256"].public_key().public_numbers().n.to_bytes(256, "big")
    forged = [
        jwt.encode(claims, None, algorithm="none", headers={"kid": "RS256"}),
        jwt.encode(claims, base64.b64encode(spki).decode(), algorithm="HS256", headers={"kid": "RS256"}),
        provider.token("ES256", kid="RS256"),
        provider.token()[:-6] + "AAAAAA",
        "eyJ.eyJ.x",
    ]
    for token in forged:
        with pytest.raises(Unauthorized):
            await issuer.person(token)


async def test_a_key_that_is_for_something_else_signs_nobody_in(issuer, provider):
    provider.keys = [{**published("RS256"), "use": "enc"}, {**published("ES256"), "alg": "ES512"}, {"kty": "oct"}, 7]
    for name in ("RS256", "ES256"):
        with pytest.raises((Unauthorized, Unavailable)):
            await issuer.person(provider.token(name))


async def test_the_issuer_is_asked_once_a_minute_whatever_is_shown(issuer, provider):
    await issuer.person(provider.token())
    for number in range(50):
        with pytest.raises(Unauthorized):
            await issuer.person(provider.token(kid=f"unknown {number}"))
    assert provider.fetches() == 1


async def test_a_new_key_is_picked_up_and_a_withdrawn_one_forgotten(issuer, provider):
    await issuer.person(provider.token())
    provider.keys = [published("RS256", "next")]
    provider.now = AGAIN + 1
    assert await issuer.person(provider.token(kid="next")) == "ann@example.org"
    with pytest.raises(Unauthorized):
        await issuer.person(provider.token("ES256"))
    provider.keys, provider.now = [published("ES256")], provider.now + FRESH + 1
    with pytest.raises(Unauthorized):
        await issuer.person(provider.token(kid="next"))


async def test_known_keys_go_on_while_the_issuer_is_down_and_without_any_nobody_is_judged(issuer, provider):
    provider.down = True
    with pytest.raises(Unavailable):
        await issuer.person(provider.token())
    provider.down, provider.now = False, AGAIN + 1
    await issuer.person(provider.token())
    provider.down, provider.now = True, provider.now + FRESH + 1
    assert await issuer.person(provider.token()) == "ann@example.org"
