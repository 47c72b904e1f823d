"""A workspace's providers as a process knows them: soon, in its own workspace alone, and only where the key may go."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from troupe.adapters.embedded.keys import FileKeys
from troupe.base.db import Database
from troupe.base.errors import Refused, Rejected, Unavailable, Unreachable
from troupe.base.http import Http
from troupe.base.ids import WorkspaceId, new_id
from troupe.base.settings import read_settings
from troupe.features.accounts import store as accounts
from troupe.features.connections import store as credentials
from troupe.features.connections import vault
from troupe.features.models.choices import Choices
from troupe.features.models.routing import Routes
from troupe.features.providers import store

OURS = WorkspaceId("00000000-0000-7000-8000-0000000000aa")
THEIRS = WorkspaceId("00000000-0000-7000-8000-0000000000bb")
URL = "https://models.example/v1"


class World:
    """Two workspaces, and processes that share a database and a key file."""

    def __init__(self, app: Database, path: Path) -> None:
        self.app, self.keys, self.now = app, FileKeys(path / "master"), 1000.0
        self.routes = Routes(read_settings({}, providers={"acme": {"kind": "openai", "base_url": URL}}), Http())

    def process(self) -> Choices:
        return Choices(self.app, self.keys, lambda: self.now)

    async def put(self, workspace: WorkspaceId, key: str, url: str | None = URL, kind: str = "openai") -> str:
        id = new_id()
        sealed = await vault.seal(self.keys, workspace, id, {"key": key})
        async with self.app.workspace(workspace) as db:
            await credentials.insert_credential(db, id, sealed.wrapped, sealed.sealed, ["models.example"])
            await store.put_provider(db, "acme", kind, url, {}, id, "me")
        return id

    async def key(self, process: Choices, workspace: WorkspaceId) -> str:
        await process.ready(workspace)
        own = process.of(workspace).own
        self.routes.under(own).find("acme/m")
        found = own.providers.get("acme")
        return found.key.get_secret_value() if found is not None and found.key is not None else ""


@pytest_asyncio.fixture
async def world(app_db: Database, tmp_path: Path) -> AsyncGenerator[World]:
    for workspace in (OURS, THEIRS):
        async with app_db.workspace(workspace) as db:
            await accounts.ensure_workspace(db, "one", new_id())
    yield World(app_db, tmp_path)


async def test_a_provider_counts_in_its_own_workspace_alone(world: World) -> None:
    await world.put(OURS, "our-key")
    process = world.process()
    assert (await world.key(process, OURS), await world.key(process, THEIRS)) == ("our-key", "")


async def test_another_process_goes_by_a_change_within_seconds(world: World) -> None:
    there = world.process()
    await world.put(OURS, "first-key")
    assert await world.key(there, OURS) == "first-key"
    await world.put(OURS, "second-key")
    assert await world.key(there, OURS) == "first-key"
    world.now += 3.0
    assert await world.key(there, OURS) == "second-key"


async def test_what_was_changed_here_or_is_asked_for_anew_counts_at_once(world: World) -> None:
    here = world.process()
    await here.ready(OURS)
    await world.put(OURS, "first-key")
    here.forget(OURS)
    assert await world.key(here, OURS) == "first-key"
    await world.put(OURS, "second-key")
    await here.ready(OURS, again=True)
    assert await world.key(here, OURS) == "second-key"


async def test_what_did_not_change_is_not_opened_again(world: World) -> None:
    await world.put(OURS, "our-key")
    process = world.process()
    await process.ready(OURS)
    before = process.of(OURS).own
    await process.ready(OURS, again=True)
    assert process.of(OURS).own is before


async def test_a_key_copied_from_another_workspace_does_not_open(world: World) -> None:
    await world.put(THEIRS, "their-key")
    async with world.app.workspace(THEIRS) as db:
        row = await store.find_provider(db, "acme")
    assert row is not None
    assert row.wrapped is not None
    assert row.sealed is not None
    id = new_id()
    async with world.app.workspace(OURS) as db:
        await credentials.insert_credential(db, id, row.wrapped, row.sealed, ["models.example"])
        await store.put_provider(db, "acme", "openai", URL, {}, id, "thief")
    with pytest.raises(Refused, match="does not open"):
        await world.key(world.process(), OURS)


@pytest.mark.parametrize(
    ("kind", "url"), [("openai", "https://evil.example/v1"), ("openai", None), ("anthropic", None)]
)
async def test_a_row_that_points_elsewhere_gets_no_key(world: World, kind: str, url: str | None) -> None:
    await world.put(OURS, "our-key", url, kind)
    with pytest.raises(Refused, match="does not open"):
        await world.key(world.process(), OURS)


async def test_bedrock_without_a_key_does_not_take_the_operators(world: World) -> None:
    url = "https://bedrock-runtime.eu-west-1.amazonaws.com"
    async with world.app.workspace(OURS) as db:
        await store.put_provider(db, "acme", "bedrock", url, {}, None, "thief")
    with pytest.raises(Refused):
        await world.key(world.process(), OURS)


async def test_keys_that_cannot_be_asked_now_are_asked_again(world: World) -> None:
    class Gone(FileKeys):
        async def unwrap(self, wrapped: bytes, context: dict[str, str]) -> bytes:
            raise Unavailable

    await world.put(OURS, "our-key")
    process = Choices(world.app, Gone(world.keys.path))
    with pytest.raises(Unreachable):
        await world.key(process, OURS)
    process._keys = world.keys
    process.forget(OURS)
    assert await world.key(process, OURS) == "our-key"


async def test_nothing_shows_a_key(world: World) -> None:
    await world.put(OURS, "our-key-canary")
    process = world.process()
    await process.ready(OURS)
    own = process.of(OURS).own
    async with world.app.workspace(OURS) as db:
        rows = await store.list_providers(db)
    opened = own.providers["acme"]
    assert "our-key-canary" not in f"{opened!r} {opened} {own.rows!r} {rows!r} {opened.model_dump_json()}"
    assert repr(rows[0].sealed) not in repr(rows)


def test_an_unknown_provider_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        Routes(read_settings({}, providers={"acme": {"kind": "openai", "base_url": URL}}), Http()).find("none/x")
    assert "acme" in caught.value.hint
