"""openapi: any service that describes itself by an OpenAPI 3 document."""

import base64
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import quote

from pydantic import Field, SecretStr

from troupe.base.errors import Problem, Rejected
from troupe.base.http.answers import refuse, text_of
from troupe.base.http.hosts import host_of
from troupe.base.values import clean, dump
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors._openapi import document, message
from troupe.catalog.contract import Action, Connector, Fields, Json, Link

DOCUMENT_BYTES = 20_000_000
ANSWER_BYTES = 5_000_000
Way = Literal["bearer", "header", "query", "basic", "oauth2"]
NEEDS: dict[str, tuple[str, ...]] = {
    "bearer": ("token",), "header": ("token",), "query": ("token",), "basic": ("username",),
    "oauth2": ("client_id", "client_secret"),
}  # fmt: skip
SECRET = SecretStr("")


class OpenApi(Connector):
    """Any REST service that has an OpenAPI 3.0 or 3.1 document: each of its operations becomes a tool.

    GET and HEAD read; PUT and DELETE may be repeated; POST and PATCH are done once, and carry an `Idempotency-Key`. The
    credential goes to the host of `base_url`, or else of `url`, and to no other.
    """

    title = "OpenAPI service"
    category = "developer"

    class Config(Fields):
        """Where the document is (one of `url`, `document`, `file`), where the service is, how it wants to be asked."""

        url: str = Field("", description="The address of the document, JSON or YAML.", max_length=2000)
        document: str | dict[str, Json] = Field("", description="The document itself, up to 5 MB.")
        file: dict[str, Json] | None = Field(None, description='The document as a file, {"$file": id}.')
        base_url: str = Field("", description="Where requests go, instead of the document's servers.", max_length=2000)
        variables: dict[str, str] = Field({}, description="Values for variables of the server.", max_length=50)
        auth: Way = Field("bearer", description="How the credential is sent.")
        auth_name: str = Field("X-API-Key", description="The header or query parameter it is sent in.", max_length=100)
        token_url: str = Field("", description="oauth2: where tokens are given.", max_length=2000)
        scope: str = Field("", description="oauth2: what the token is for.", max_length=2000)

    class Credential(Fields):
        """What the way of `auth` needs."""

        token: SecretStr = Field(SECRET, description="bearer, header, query: the token or key.", max_length=10_000)
        username: SecretStr = Field(SECRET, description="basic: the user.", max_length=1000)
        password: SecretStr = Field(SECRET, description="basic: the password.", max_length=1000)
        client_id: SecretStr = Field(SECRET, description="oauth2: the client.", max_length=1000)
        client_secret: SecretStr = Field(SECRET, description="oauth2: its secret.", max_length=10_000)

    def check(self, config: Any, credential: Any) -> list[Problem]:
        found: list[Problem] = []
        if sum(bool(one) for one in (config.url, config.document, config.file)) != 1:
            found.append(Problem("/config", "one_document", "Give one of url, document and file."))
        found += [
            Problem(f"/config/{name}", "bad_url", "An address starts with https:// or http://.")
            for name in ("url", "base_url", "token_url")
            if (given := getattr(config, name)) and not host_of(given)
        ]
        if credential is None:
            return found
        found += [
            Problem(f"/credential/{name}", "missing", f"{config.auth} needs {name}.")
            for name in NEEDS[config.auth]
            if not getattr(credential, name).get_secret_value()
        ]
        if config.auth == "oauth2" and not config.token_url:
            found.append(Problem("/config/token_url", "missing", "oauth2 needs the address that gives tokens."))
        if not (config.base_url or config.url):
            said = "Say to which service the credential may go."
            found.append(Problem("/config/base_url", "missing", said))
        return found

    def hosts(self, config: Any) -> list[str]:
        return [host for host in (host_of(config.base_url or config.url), host_of(config.token_url)) if host]

    async def sign(self, link: Link) -> dict[str, str]:
        config, secret = link.config, link.credential
        if config.auth == "basic":
            pair = f"{secret.username.get_secret_value()}:{secret.password.get_secret_value()}"
            return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        if config.auth == "oauth2":
            return {"authorization": f"Bearer {await _access_token(link)}"}
        if config.auth == "query":
            return {}
        token = secret.token.get_secret_value()
        return {config.auth_name: token} if config.auth == "header" else {"authorization": f"Bearer {token}"}

    async def actions(self, link: Link) -> list[Action]:
        config = link.config
        asked = {"text": await _text(link), "base": config.base_url, "url": config.url, "variables": config.variables}
        found = cast("list[Any]", await link.compute(cast(Json, asked)))
        actions = [Action.model_validate(one) for one in found]
        if not actions:
            raise Rejected("This document describes no operation.", code="bad_document")
        if not actions[0].locator["server"].startswith(("http://", "https://")):
            hint = "Set base_url to where requests should go."
            raise Rejected("The document does not say where the service is.", code="no_server", hint=hint)
        return actions

    def heavy(self, given: Json) -> Json:
        """Read a document: `text`, `base`, `url`, `variables` in; a list of actions out."""
        asked = cast("dict[str, Any]", given)
        found = document.actions(document.parse(asked["text"]), asked["base"], asked["url"], asked["variables"])
        return cast(Json, clean([action.model_dump(mode="json") for action in found]))

    async def call(self, link: Link, action: Action, arguments: dict[str, Any]) -> Json:
        locator = cast(document.Locator, action.locator)
        made = await message.build(locator, arguments, link.files)
        if link.credential is not None and link.config.auth == "query":
            secret = link.credential.token.get_secret_value()
            made.query.append((quote(link.config.auth_name, safe=""), quote(secret, safe="")))
        if link.effect_key:
            made.headers.setdefault("idempotency-key", link.effect_key)
        answer = await link.request(
            locator["method"], made.address, headers=made.headers, content=made.content, max_bytes=ANSWER_BYTES
        )
        return await message.value_of(answer, action.name, link.files)

    async def test(self, link: Link) -> str:
        """Nothing is known that is surely harmless to ask; that its tools could be read says that it is there."""
        where = host_of(link.config.base_url or link.config.url)
        return f"The service at {where}" if where else "The service of the document"


async def _text(link: Link) -> str:
    config = link.config
    if config.document:
        return config.document if isinstance(config.document, str) else dump(config.document).decode()
    if config.file:
        content = (await link.files.read(config.file))[1]
        return content.decode("utf-8", "replace")
    answer = await link.http.request("GET", config.url, timeout=link.seconds_left, max_bytes=DOCUMENT_BYTES)
    if answer.status in (401, 403) and link.credential is not None:
        answer = await link.request("GET", config.url, max_bytes=DOCUMENT_BYTES)
    refuse(answer, datetime.now(UTC))
    return text_of(answer) or ""


async def _access_token(link: Link) -> str:
    """By client credentials; there are servers that take the client's secret in the body alone."""
    if (kept := await link.recall(_oauth.KEPT)) is not None:
        return kept
    config, secret = link.config, link.credential
    who = [secret.client_id.get_secret_value(), secret.client_secret.get_secret_value()]
    form = {"grant_type": "client_credentials"} | ({"scope": config.scope} if config.scope else {})
    basic = base64.b64encode(":".join(quote(word, safe="") for word in who).encode()).decode()
    answer = await _oauth.post(link, config.token_url, form, basic)
    if answer.status in (400, 401):
        form |= {"client_id": who[0], "client_secret": who[1]}
        answer = await _oauth.post(link, config.token_url, form)
    return await _oauth.keep(link, config.token_url, answer, [*who, basic])
