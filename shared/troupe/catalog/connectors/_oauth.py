"""OAuth 2: access tokens for what a credential holds (RFC 6749, 4.4 and 6), kept until shortly before they end."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from troupe.base.errors import BadInput, Problem, Refused, StepFailed
from troupe.base.http import HttpResponse
from troupe.base.http.answers import refuse
from troupe.base.http.hosts import host_of
from troupe.base.values import read_json
from troupe.catalog.contract import Fields, Link

KEPT = "access_token"
SECRET = SecretStr("")
LONGEST = 10_000  # characters of a token
HINT = "The grant may have been withdrawn, or the client's secret has ended: connect again."


class Grant(Fields):
    """What an access token is got for: a refresh token with its client, or the client alone; or the token itself."""

    client_id: SecretStr = Field(SECRET, description="The client (application).", max_length=1000)
    client_secret: SecretStr = Field(SECRET, description="Its secret.", max_length=1000)
    refresh_token: SecretStr = Field(SECRET, description="What a person granted to the client.", max_length=LONGEST)
    token: SecretStr = Field(SECRET, description="Instead of the others: an access token, which ends soon.",
                             max_length=LONGEST)  # fmt: skip


class Lasting(Fields):
    """A token that does not end, or the client to which a person grants one."""

    token: SecretStr = Field(SECRET, description="A token.", max_length=LONGEST)
    client_id: SecretStr = Field(SECRET, description="Instead: the client (application).", max_length=1000)
    client_secret: SecretStr = Field(SECRET, description="Its secret.", max_length=1000)


def lasting(grant: Lasting) -> str:
    """The token. Raises Refused where no person has granted one yet."""
    token = grant.token.get_secret_value()
    if not token:
        raise _not_granted()
    return token


def plain(grant: Grant | Lasting) -> dict[str, str]:
    """The fields of a grant that are filled in, in plain text."""
    return {name: secret for name, value in grant if (secret := value.get_secret_value())}


def missing(grant: Grant | Lasting, *needed: str) -> list[Problem]:
    """What a grant lacks; none of it is needed beside an access token."""
    there = plain(grant)
    lacks = [] if "token" in there else [name for name in needed if name not in there]
    return [Problem(f"/credential/{name}", "missing", f"Without an access token, {name} is needed.") for name in lacks]


def need_grant(grant: dict[str, str]) -> None:
    """Raises Refused where no person has granted anything yet."""
    if "refresh_token" not in grant:
        raise _not_granted()


def _not_granted() -> Refused:
    return Refused("Nobody has granted access yet.", code="not_granted", hint="Grant access on the service's page.")


async def token_for(link: Link, url: str, form: Mapping[str, str]) -> str:
    """The access token that a form gets at `url`, or the one of before. Raises the step errors."""
    if (kept := await link.recall(KEPT)) is not None:
        return kept
    answer = await post(link, url, form)
    try:
        return await keep(link, url, answer, list(form.values()))
    except Refused as no:
        no.hint = HINT
        raise


async def post(link: Link, url: str, form: Mapping[str, str], basic: str = "") -> HttpResponse:
    """Ask for a token; `basic`: who the client is, for the header."""
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    headers |= {"authorization": f"Basic {basic}"} if basic else {}
    return await link.http.request(
        "POST", url, headers=headers, content=urlencode(form).encode(), redirects=0, timeout=link.seconds_left
    )


async def keep(link: Link, url: str, answer: HttpResponse, secrets: list[str]) -> str:
    """The token of an answer, remembered. Raises the step errors, without a secret in them."""
    refuse(answer, datetime.now(UTC), secrets=secrets)
    try:
        said = cast("dict[str, Any]", read_json(answer.content))
        token, seconds = said["access_token"], float(said.get("expires_in") or 300)
        if not isinstance(token, str) or not all("!" <= char <= "~" for char in token) or not token:
            raise TypeError
    except (BadInput, KeyError, TypeError, ValueError, AttributeError):
        raise StepFailed(f"{host_of(url)} gave no access token.", code="no_token") from None
    await link.remember(KEPT, token, min(seconds - 30, 86_400) if math.isfinite(seconds) else 0)
    grant, another = getattr(link.credential, "refresh_token", SECRET), said.get("refresh_token")
    if isinstance(another, str) and 0 < len(another) <= LONGEST and grant.get_secret_value() not in ("", another):
        await link.renew(refresh_token=another)  # the one of before ends, by and by
    return token
