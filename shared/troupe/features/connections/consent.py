"""Consent: a person lets us use their account at a service, on the service's own page, and comes back with a code."""

import re
from datetime import UTC, datetime
from typing import Any, cast

from troupe.base.errors import BadInput, Forbidden, NotFound, StepFailed
from troupe.base.http.answers import refuse
from troupe.base.http.hosts import host_of, is_bound
from troupe.base.ids import is_id
from troupe.base.pkce import new_proof, read_proof
from troupe.base.values import read_json
from troupe.catalog.contract import Consent
from troupe.catalog.registry import get_connector
from troupe.features.accounts.code_flow import Leaving, leading
from troupe.features.connections import service
from troupe.features.connections.link import OpenLink, plain
from troupe.features.connections.models import ConnectionChange
from troupe.features.scope import Caller

_CODE = re.compile(r"[a-z_]{1,60}")  # of an error, as OAuth and Slack name them
COOKIE = "troupe_consent"
BACK = "/api/v1/connections/consent/back"


async def leave(caller: Caller, id: str, base: str) -> Leaving:
    """Begin for a connection that knows its client; `base`: where people reach us. Raises NotFound, Forbidden."""
    link, consent = await _open(caller, id)
    proof = new_proof()
    asked = {
        "response_type": "code", "client_id": link.credential.client_id.get_secret_value(),
        "redirect_uri": base + BACK, **consent.asked, **proof.asked,
    }  # fmt: skip
    return Leaving(leading(consent.page, asked), f"{id}.{proof.cookie}")


async def come_back(caller: Caller, base: str, code: str, state: str, cookie: str) -> str:
    """Keep what was granted and try the connection; its id. Raises Forbidden, NotFound, the step errors."""
    id, _, rest = cookie.partition(".")
    proof = read_proof(rest, state)
    if proof is None or not code or not is_id(id):
        raise Forbidden("This consent was not begun in this browser, or too long ago.", code="consent_lost")
    link, consent = await _open(caller, id)
    client = {name: value for name, value in plain(link.credential).items() if value and name.startswith("client_")}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": base + BACK}
    token = await _redeem(link, consent, form, client, proof.verifier)
    await service.update(caller, id, ConnectionChange(name=None, credential={**client, consent.keeps: token}))
    return id


async def _open(caller: Caller, id: str) -> tuple[OpenLink, Consent]:
    row, link = await service.open_for_change(caller, id)
    consent = get_connector(row.connector).consent(link.config)
    if consent is None or link.credential is None:
        raise NotFound(f"{row.name} is not granted on a page: give it a credential.", code="no_consent")
    if not is_bound(consent.token_url, row.hosts or []):
        raise Forbidden(f"The credential may not go to {host_of(consent.token_url)}.", code="not_bound")
    return link, consent


async def _redeem(link: OpenLink, consent: Consent, form: dict[str, str], client: dict[str, str], proof: str) -> str:
    """What a code is worth: a refresh token, or a token that does not end."""
    if consent.basic:
        answer = await link.json(consent.token_url, form, client["client_id"], client.get("client_secret", ""))
    else:
        answer = await link.form(consent.token_url, {**form, "code_verifier": proof, **client})
    refuse(answer, datetime.now(UTC), secrets=[*form.values(), *client.values(), proof])
    said = _said(answer.content)
    token = said.get("access_token" if consent.keeps == "token" else "refresh_token")
    if not isinstance(token, str) or not token or said.get("ok") is False:  # as Slack says no
        why = said.get("error")
        told = f": {why}" if isinstance(why, str) and _CODE.fullmatch(why) else ""
        wrong = f"{host_of(consent.token_url)} granted no lasting access{told}."
        raise StepFailed(wrong, code="no_token", hint="Take our access away there and grant it again.")
    return token


def _said(raw: bytes) -> dict[str, Any]:
    try:
        said = read_json(raw)
    except BadInput:
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}
