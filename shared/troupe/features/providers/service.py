"""Set, show, remove and try the providers of a workspace."""

import asyncio
import time
from urllib.parse import urlsplit

from troupe.base.errors import BadInput, NotFound, Problem, TroupeError
from troupe.base.ids import new_id
from troupe.catalog.contract import Message, ModelRequest
from troupe.catalog.contract import Provider as Speaker
from troupe.catalog.llm.bedrock import HOST
from troupe.features.connections import store as credentials
from troupe.features.connections import vault
from troupe.features.models.routing import of_process
from troupe.features.providers import own, store
from troupe.features.providers.models import Asked, Asking, Provider, Providers, ProviderSet
from troupe.features.providers.store import ProviderRow
from troupe.features.scope import Caller, Scope

MOST = 50  # of one workspace
SHOWN = 200  # names of models
SECONDS = 30.0
TAKEN = ("demo", "offers")  # always there, and free; an address


async def put(caller: Caller, name: str, body: ProviderSet) -> Provider:
    """Make a provider this. Raises BadInput, `not_bound` where a key that is not given again would go elsewhere."""
    _check(name, body)
    hosts, secret, given = own.hosts(body.kind, body.base_url), new_id(), body.key
    key = given.get_secret_value() if given is not None else ""
    sealed = await vault.seal(caller.parts.lines.keys, caller.workspace, secret, {"key": key}) if key else None
    async with caller.acting("admin") as scope:
        await store.lock(scope.db)
        row = await store.find_provider(scope.db, name)
        if row is None and len(await store.list_providers(scope.db)) >= MOST:
            raise BadInput(f"A workspace has at most {MOST} providers of its own.", code="too_many")
        held = row.credential_id if row is not None and given is None else None
        if held and row is not None and set(hosts) - set(row.hosts or []):
            raise _wrong("/key", "not_bound", "This key was given for another host; give it again to send it there.")
        if not (held or sealed) and own.needs_key(body.kind, body.base_url):
            raise _wrong("/key", "missing", "This provider needs a key.")
        if sealed is not None:
            await credentials.insert_credential(scope.db, secret, sealed.wrapped, sealed.sealed, hosts)
        prices, at = {m: p.model_dump() for m, p in body.prices.items()}, secret if sealed else held
        await store.put_provider(scope.db, name, body.kind, body.base_url, prices, at, scope.actor)
        if row is not None and row.credential_id and row.credential_id != at:
            await credentials.remove_credential(scope.db, row.credential_id)
        scope.after.append(lambda: scope.parts.choices.forget(scope.workspace))
        return await get(scope, name)


async def get(scope: Scope, name: str) -> Provider:
    """One, as it counts in this workspace. Raises NotFound."""
    for one in (await list_providers(scope)).items:
        if one.name == name:
            return one
    raise NotFound(f"There is no provider {name[:63]!r}.")


async def list_providers(scope: Scope) -> Providers:
    """The workspace's own, then those of the environment that they leave in sight."""
    process, rows = of_process(scope.parts.settings), await store.list_providers(scope.db)
    mine = [_shown(row, shadows=row.name in process) for row in rows]
    names = {row.name for row in rows}
    beside = [
        Provider(  # its address may be of an inner net, and is the operator's affair
            name=name, kind=p.kind, base_url=None, has_key=p.key is not None, source="environment", prices=p.prices
        )
        for name, p in process.items()
        if name not in names
    ]
    return Providers(items=mine + beside)


async def remove(scope: Scope, name: str) -> None:
    """Forget one of the workspace's own, and its key. Raises NotFound."""
    await store.lock(scope.db)
    row = await store.find_provider(scope.db, name)
    if row is None:
        hint = "Those of the environment are the operator's." if name in of_process(scope.parts.settings) else ""
        raise NotFound(f"This workspace has no provider {name[:63]!r} of its own.", hint=hint)
    await store.remove_provider(scope.db, name)
    if row.credential_id:
        await credentials.remove_credential(scope.db, row.credential_id)
    scope.after.append(lambda: scope.parts.choices.forget(scope.workspace))


async def check(caller: Caller, name: str, body: Asking) -> Asked:
    """Ask a provider which models it has, or one of them a tiny question. Raises NotFound."""
    async with caller.acting("admin") as scope:
        await get(scope, name)
    began, wrong = time.monotonic(), ""
    models: list[str] = []
    try:
        async with asyncio.timeout(SECONDS):
            speaker = (await caller.parts.models(caller.workspace, name)).open(name)
            if body.model is None:
                models = await speaker.models()
            else:
                await _ask(speaker, body.model)
    except TimeoutError:
        wrong = f"It did not answer within {SECONDS:g} seconds."
    except TroupeError as failed:
        wrong = f"{failed.message} {failed.hint}".strip()
    said = wrong or (f"{body.model} answered." if body.model else f"It has {len(models)} models.")
    seconds = round(time.monotonic() - began, 3)
    return Asked(ok=not wrong, message=said[:1000], models=models[:SHOWN], seconds=seconds)


async def _ask(speaker: Speaker, model: str) -> None:
    asked = ModelRequest(messages=[Message(role="user", text="Say OK.")], max_tokens=16, timeout=SECONDS)
    async for _ in speaker.stream(model, asked):
        pass


def _shown(row: ProviderRow, *, shadows: bool) -> Provider:
    return Provider(
        name=row.name, kind=row.kind, base_url=row.base_url, has_key=row.credential_id is not None, source="workspace",
        shadows=shadows, prices=row.prices, changed_by=row.changed_by, changed_at=row.changed_at,
    )  # fmt: skip


def _check(name: str, body: ProviderSet) -> None:
    if name in TAKEN:
        raise _wrong("name", "name_taken", f"{name} is always Troupe's own.")
    if body.kind == "bedrock":
        if not HOST.fullmatch(body.base_url or ""):
            raise _wrong("/base_url", "bad_url", "Write https://bedrock-runtime.REGION.amazonaws.com.")
    elif body.base_url is not None and not _is_base(body.base_url):
        raise _wrong("/base_url", "bad_url", "Write http(s)://host[:port][/path], without a user, query or fragment.")


def _is_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
        plain = url.isascii() and url.isprintable() and not any(c in url for c in " \\?#@")
        return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _wrong(path: str, code: str, message: str) -> BadInput:
    return BadInput(problems=[Problem(path, code, message)])
