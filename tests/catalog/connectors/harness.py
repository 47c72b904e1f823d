"""A connection of a test's own, opened: the real link on the guarded client, keys in a folder, a cache in memory."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.catalog.harness import MemoryFiles
from troupe.adapters.embedded.cache import open_cache
from troupe.adapters.embedded.keys import FileKeys
from troupe.base.http import Http
from troupe.base.ids import WorkspaceId
from troupe.base.values import Json
from troupe.catalog.registry import get_connector
from troupe.features.connections.lines import Lines
from troupe.features.connections.link import Held, OpenLink, Use
from troupe.features.connections.service import read

WORKSPACE = WorkspaceId("00000000-0000-7000-8000-0000000000aa")


@asynccontextmanager
async def opened(
    folder: Path, name: str, config: dict[str, Any], credential: dict[str, Any] | None = None, *,
    allow: str = "127.0.0.0/8", commands: tuple[str, ...] = (), key: str = "", seconds: float = 20.0,
) -> AsyncGenerator[OpenLink]:  # fmt: skip
    """A link of the connector `name`, as a call or a trial gets it."""
    cache = open_cache(None)

    async def the_cache() -> Any:
        return cache

    async def compute(id: str, given: Json, seconds: float) -> Json:
        return get_connector(id).heavy(given)

    forms = read(name, config, credential)
    async with Http([allow]) as http:
        lines = Lines(http, FileKeys(folder / "key"), the_cache, compute, commands)
        held = None
        if forms.credential is not None:
            held = Held("one", forms.credential, b"k" * 32, forms.connector.hosts(forms.config))
        use = Use(WORKSPACE, MemoryFiles(), key, seconds)
        yield OpenLink(lines, use, (name, forms.connector), forms.config, held)
    await cache.close()
