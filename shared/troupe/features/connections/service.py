"""Connect, change, try and remove connections; approve what their tools have become."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import Response
from pydantic import ValidationError

from troupe.base.errors import BadInput, Conflict, NotFound, Problem
from troupe.base.ids import WorkspaceId, new_id
from troupe.base.values import canonical, clean
from troupe.catalog.contract import Connector, Fields
from troupe.catalog.registry import get_connector
from troupe.features.connections import search, store, trial, vault
from troupe.features.connections.link import Held, OpenLink, Use, open_row, plain
from troupe.features.connections.models import Connection, ConnectionChange, ConnectionTool, NewConnection
from troupe.features.connections.store import ConnectionRow
from troupe.features.files.service import WorkspaceFiles
from troupe.features.idempotency.service import Key
from troupe.features.scope import Caller, Parts, Scope

FOUND_MOST = 200


@dataclass(frozen=True)
class Forms:
    """What a person filled in, checked."""

    connector: Connector
    config: Fields
    credential: Fields | None

    @property
    def config_values(self) -> dict[str, Any]:
        return self.config.model_dump(mode="json", exclude_defaults=True)

    def held(self, id: str, key: bytes = b"") -> Held | None:
        """The credential, bound to the hosts that the configuration names."""
        if self.credential is None:
            return None
        return Held(id, self.credential, key, self.connector.hosts(self.config))


async def create(caller: Caller, body: NewConnection, key: Key) -> Response:
    """Connect: 201 with the connection, be its first try good or not. Raises BadInput with every problem, Conflict."""
    route = "POST /connections"
    async with caller.acting("admin") as scope:
        if (kept := await key.kept(scope, route, body)) is not None:
            return kept
        if await store.has_name(scope.db, body.name):
            raise _name_taken(body.name)
    forms = read(body.connector, body.config, body.credential)
    id, secret = new_id(), new_id()
    found, forms = await _try(caller.parts, caller.workspace, body.connector, forms, forms.held(secret))
    sealed = await _seal(caller.parts, caller.workspace, secret, forms)

    async def insert() -> tuple[int, Connection, dict[str, str]]:
        if sealed is not None:
            hosts = forms.connector.hosts(forms.config)
            await store.insert_credential(scope.db, secret, sealed.wrapped, sealed.sealed, hosts)
        held = secret if sealed else None
        values = forms.config_values
        if not await store.insert_connection(scope.db, id, body.name, body.connector, values, held, scope.actor):
            raise _name_taken(body.name)
        await _keep(scope, id, found, approved=True)
        return 201, await get(scope, id), {}

    async with caller.acting("admin") as scope:
        return await key.answer(scope, route, body, insert)


async def get(scope: Scope, id: str) -> Connection:
    """One connection. Raises NotFound."""
    return _shown(await store.get_connection(scope.db, id))


async def list_connections(scope: Scope, after: str | None, limit: int) -> list[Connection]:
    """Newest first."""
    return [_shown(c) for c in await store.list_connections(scope.db, after, limit)]


async def update(caller: Caller, id: str, body: ConnectionChange) -> Connection:
    """Change it, and try it. A credential is asked for again where it would go to another host."""
    row, link = await open_for_change(caller, id)
    parts, asked = caller.parts, row.config if body.config is None else body.config
    secret = body.credential if body.credential is not None else _values(link)
    forms = read(row.connector, asked, secret)
    if body.credential is None and row.hosts and set(forms.connector.hosts(forms.config)) - set(row.hosts):
        said = "This credential was given for another host; give it again to send it there."
        raise BadInput(problems=[Problem("/credential", "not_bound", said)])
    held_id = row.credential_id or new_id()
    found, forms = await _try(parts, caller.workspace, row.connector, forms, forms.held(held_id))
    sealed = await _seal(parts, caller.workspace, held_id, forms)
    async with caller.acting("admin") as scope:
        now = await store.get_row(scope.db, id)
        if (now.credential_id, now.sealed, now.config) != (row.credential_id, row.sealed, row.config):
            raise Conflict("Somebody else changed this connection just now.", code="changed_meanwhile")
        if sealed is not None:
            put = store.update_credential if row.credential_id else store.insert_credential
            await put(scope.db, held_id, sealed.wrapped, sealed.sealed, forms.connector.hosts(forms.config))
        name, config = body.name or row.name, forms.config_values
        if not await store.update_connection(scope.db, row.id, name, config, held_id if sealed else None):
            raise _name_taken(name)
        await _keep(scope, row.id, found, approved=False)
        return await get(scope, row.id)


async def remove(scope: Scope, id: str) -> None:
    """Forget a connection, its tools and its credential. Raises NotFound."""
    secret = await store.remove_connection(scope.db, id)
    if secret:
        await store.remove_credential(scope.db, secret)


async def check(caller: Caller, id: str, *, load: bool) -> Connection:
    """Try a connection as it is; `load`: ask for its tools again too. What changed is withheld until approved."""
    async with caller.acting("editor") as scope:
        row = await store.get_row(scope.db, id)
    found = await trial.attempt(get_connector(row.connector), await _open(caller, row), load=load)
    async with caller.acting("editor") as scope:
        await store.get_row(scope.db, id)
        await _keep(scope, row.id, found, approved=False)
        return await get(scope, row.id)


async def open_for_change(caller: Caller, id: str) -> tuple[store.ConnectionRow, OpenLink]:
    """A connection for who may change it. Raises NotFound, Forbidden."""
    async with caller.acting("admin") as scope:
        row = await store.get_row(scope.db, id)
    return row, await _open(caller, row)


async def list_tools(scope: Scope, id: str, words: str, after: str | None, limit: int) -> list[ConnectionTool]:
    """Tools by id, or the 200 that fit the words best, best first. Raises NotFound."""
    connection = await store.get_connection(scope.db, id)
    if not words.strip():
        return await store.list_tools(scope.db, connection.id, None, after, limit)
    ids = await search.search(scope.db, words, [connection.id], FOUND_MOST, approved=False)
    ids = ids[ids.index(after) + 1 :] if after in ids else ids
    found = {t.id: t for t in await store.list_tools(scope.db, connection.id, ids[:limit], None, limit)}
    return [found[id] for id in ids[:limit]]


async def approve_tool(scope: Scope, id: str, name: str) -> ConnectionTool:
    """Let a tool be used as it is now. Raises NotFound."""
    connection = await store.get_connection(scope.db, id)
    return await store.approve_tool(scope.db, connection.id, name)


def read(name: str, config: Any, credential: Any) -> Forms:
    """The two forms. Raises BadInput with everything that is wrong with them."""
    try:
        connector = get_connector(name)
    except NotFound as wrong:
        raise BadInput(problems=[Problem("/connector", wrong.code, wrong.message)]) from None
    problems: list[Problem] = []
    filled = _form(connector.Config, clean(config), "/config", problems)
    secret = None
    if credential is not None and connector.Credential is None:
        problems.append(Problem("/credential", "unknown_field", "This connector takes no credential."))
    elif credential is not None and connector.Credential is not None:
        secret = _form(connector.Credential, clean(credential), "/credential", problems)
    if filled is None or problems:
        raise BadInput(problems=problems)
    if wrong := connector.check(filled, secret):
        raise BadInput(problems=wrong)
    return Forms(connector, filled, secret)


def _form(kind: type[Fields], given: Any, path: str, problems: list[Problem]) -> Fields | None:
    try:
        return kind.model_validate(given)
    except ValidationError as wrong:
        for e in wrong.errors(include_input=False, include_context=False, include_url=False):
            where = path + "".join(f"/{step}" for step in e["loc"])
            problems.append(Problem(where[:500], e["type"], e["msg"][:300]))
        return None


async def _try(
    parts: Parts, workspace: WorkspaceId, name: str, forms: Forms, held: Held | None
) -> tuple[trial.Trial, Forms]:
    """How it went, and the forms with what the far side has replaced in the credential."""
    link = OpenLink(parts.lines, _use(parts, workspace), (name, forms.connector), forms.config, held)
    return await trial.attempt(forms.connector, link, load=True), replace(forms, credential=link.credential)


async def _open(caller: Caller, row: ConnectionRow) -> OpenLink:
    return await open_row(caller.parts.lines, _use(caller.parts, caller.workspace), row)


def _use(parts: Parts, workspace: WorkspaceId) -> Use:
    return Use(workspace, WorkspaceFiles(parts.database, parts.files, workspace))


def _values(link: OpenLink) -> dict[str, Any] | None:
    return plain(link.credential) if link.credential is not None else None


async def _seal(parts: Parts, workspace: WorkspaceId, id: str, forms: Forms) -> vault.Sealed | None:
    if forms.credential is None:
        return None
    return await vault.seal(parts.lines.keys, workspace, id, plain(forms.credential))


async def _keep(scope: Scope, id: str, found: trial.Trial, *, approved: bool) -> None:
    trouble = found.trouble.model_dump() if found.trouble else None
    if found.tools is not None:
        await store.put_tools(scope.db, id, found.tools, approved=approved)
    await store.update_checked(scope.db, id, found.account, trouble, loaded=found.tools is not None)


def _shown(connection: Connection) -> Connection:
    """Without the long texts of a configuration."""
    config = {name: value if len(canonical(value)) <= 2000 else "…" for name, value in connection.config.items()}
    return connection.model_copy(update={"config": config})


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is a connection called {name} already.", code="name_taken")
