"""Link: a connection opened for one use. Its credential goes to the hosts it is bound to, and nowhere else."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr

from troupe.base.errors import Forbidden, Rejected, TroupeError
from troupe.base.http import HttpResponse
from troupe.base.http.answers import refuse
from troupe.base.http.hosts import is_bound
from troupe.base.ids import WorkspaceId
from troupe.base.values import Json, dump
from troupe.catalog.contract import Connector, Fields, FileStore
from troupe.features.connections import vault
from troupe.features.connections.lines import Lines
from troupe.features.connections.store import ConnectionRow

HIDDEN = "•••"
SECONDS = 60.0
MAX_BYTES = 10_000_000
Failed = TypeVar("Failed", bound=TroupeError)


@dataclass(frozen=True)
class Use:
    """For what a link is opened: until when, under which effect key, with which files."""

    workspace: WorkspaceId
    files: FileStore
    effect_key: str = ""
    seconds: float = SECONDS


@dataclass(frozen=True)
class Held:
    """A credential at hand: its form, what keeps things beside it sealed, and the hosts it may go to.

    `wrapped` is the key as it is stored; empty where the credential is not stored yet.
    """

    id: str
    form: Fields
    key: bytes = field(repr=False)
    hosts: Sequence[str]
    wrapped: bytes = field(default=b"", repr=False)


class OpenLink:
    """The Link of catalog/contract."""

    def __init__(self, lines: Lines, use: Use, connector: tuple[str, Connector], config: Fields, held: Held | None):
        self._lines, self._use, self._held = lines, use, held
        self._name, self._connector = connector
        self._recalled: set[str] = set()
        self._secrets = _secrets(held.form) if held else set[str]()
        self.config: Any = config
        self.credential: Any = held.form if held else None
        self.http, self.files, self.commands = lines.http, use.files, lines.commands
        self.effect_key, self.seconds_left = use.effect_key, use.seconds

    async def request(
        self, method: str, url: str, *, params: Any = None, headers: Any = None, json: Any = None,
        content: bytes | None = None, max_bytes: int = MAX_BYTES,
    ) -> HttpResponse:  # fmt: skip
        """Send, signed. Raises Rejected (`not_bound`) for a host that the credential may not go to."""
        given = cast("Mapping[str, str]", headers or {})

        async def send() -> HttpResponse:
            return await self.http.request(
                method, url, params=params, headers={**given, **await self._sign(url)}, json=json, content=content,
                timeout=self.seconds_left, max_bytes=max_bytes,
            )  # fmt: skip

        answer = await send()
        if answer.status == 401 and self._recalled:
            await self._forget()
            answer = await send()
        sure = method in ("GET", "HEAD") or _origin(url) == _origin(answer.url)
        if answer.status >= 400 and sure and (wrong := self._connector.failure(answer)) is not None:
            raise self.hide_in(wrong)
        refuse(answer, datetime.now(UTC), secrets=self._secrets, sure=sure)
        return answer

    async def form(self, url: str, fields: Mapping[str, str]) -> HttpResponse:
        """Send a form, unsigned."""
        return await self._redeem(url, "application/x-www-form-urlencoded", urlencode(fields).encode())

    async def json(self, url: str, fields: Mapping[str, str], client: str, secret: str) -> HttpResponse:
        """Send JSON, with who the client is in the header (RFC 6749, 2.3.1)."""
        basic = b64encode(f"{client}:{secret}".encode()).decode()
        return await self._redeem(url, "application/json", dump(dict(fields)), {"authorization": f"Basic {basic}"})

    async def _redeem(self, url: str, type: str, content: bytes, more: Mapping[str, str] | None = None) -> HttpResponse:
        return await self.http.request(
            "POST", url, content=content, redirects=0, timeout=self.seconds_left,
            headers={"content-type": type, "accept": "application/json", **(more or {})},
        )  # fmt: skip

    async def _sign(self, url: str) -> dict[str, str]:
        if self._held is None:
            return {}
        if not is_bound(url, self._held.hosts):
            raise Rejected(
                f"The credential may not go to {urlsplit(url).netloc[:200]}.", code="not_bound",
                hint=f"It is bound to {', '.join(self._held.hosts)}.",
            )  # fmt: skip
        signed = await self._connector.sign(self)
        self._secrets |= {value for value in signed.values() if len(value) >= 8}
        return signed

    async def remember(self, key: str, value: str, seconds: float) -> None:
        """Keep an access token in the cache, sealed with the credential's own key."""
        self._secrets.add(value)
        if self._held is None or not self._held.key or seconds < 1:
            return  # a credential that is only tried has no key yet
        sealed = vault.encrypt(self._held.key, value.encode(), self._context(key))
        with suppress(TroupeError):
            await (await self._lines.cache()).put(self._slot(key), sealed, seconds=int(seconds))

    async def recall(self, key: str) -> str | None:
        """What was kept, if it is still there and of this credential."""
        if self._held is None or not self._held.key:
            return None
        with suppress(TroupeError):
            sealed = await (await self._lines.cache()).get(self._slot(key))
            if sealed is not None:
                value = vault.decrypt(self._held.key, sealed, self._context(key)).decode()
                self._recalled.add(key)
                self._secrets.add(value)
                return value
        return None

    async def renew(self, **fields: str) -> None:
        """Fields of the credential that the far side has replaced, in use from now on and kept."""
        held = self._held
        if held is None:
            return
        self.credential = self.credential.model_copy(update={name: SecretStr(value) for name, value in fields.items()})
        self._secrets |= _secrets(self.credential)
        if held.wrapped:
            sealed = vault.reseal(held.key, self._use.workspace, held.id, plain(self.credential))
            await self._lines.renew(self._use.workspace, held.id, held.wrapped, sealed)

    async def _forget(self) -> None:
        cache = await self._lines.cache()
        for key in self._recalled:
            await cache.remove(self._slot(key))
        self._recalled.clear()

    def _slot(self, key: str) -> str:
        return f"credential:{self._held.id if self._held else ''}:{key}"

    def _context(self, key: str) -> dict[str, str]:
        return {"workspace": self._use.workspace, "credential": self._held.id if self._held else "", "kept": key}

    async def compute(self, given: Json) -> Json:
        """The connector's `heavy`, in a worker process."""
        return await self._lines.compute(self._name, given, max(self.seconds_left, 1.0))

    def hide(self, value: Json) -> Json:
        """A value without any secret of this connection, should the far side have repeated one."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, HIDDEN)
            return value
        if isinstance(value, list):
            return [self.hide(v) for v in value]
        return {str(self.hide(k)): self.hide(v) for k, v in value.items()} if isinstance(value, dict) else value

    def hide_in(self, wrong: Failed) -> Failed:
        """The same error without a secret in what it says."""
        wrong.message, wrong.hint = str(self.hide(wrong.message)), str(self.hide(wrong.hint))
        wrong.args = (wrong.message,)
        return wrong


async def open_row(lines: Lines, use: Use, row: ConnectionRow) -> OpenLink:
    """A stored connection, with its credential unsealed."""
    from troupe.catalog.registry import get_connector

    connector = get_connector(row.connector)
    config = connector.Config.model_validate(row.config)
    held = None
    if row.credential_id and row.wrapped is not None and row.sealed is not None:
        if connector.Credential is None:
            raise Forbidden(f"{row.connector} takes no credential.")
        opened = await vault.unseal(lines.keys, use.workspace, row.credential_id, vault.Sealed(row.wrapped, row.sealed))
        form = connector.Credential.model_validate(opened.values)
        held = Held(row.credential_id, form, opened.key, row.hosts or [], row.wrapped)
    return OpenLink(lines, use, (row.connector, connector), config, held)


def plain(form: Fields) -> dict[str, Any]:
    """The fields of a credential in plain text, to be sealed."""
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in form}


def _secrets(form: Fields) -> set[str]:
    """What must not be seen again; shorter ones would strike out words that mean nothing."""
    found = {value.get_secret_value() for _, value in form if isinstance(value, SecretStr)}
    return {secret for secret in found if len(secret) >= 6}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
