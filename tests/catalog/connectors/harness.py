"""A connection of a test's own, opened: the real link on the guarded client, keys in a folder, a cache in memory."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.catalog.harness import MemoryFiles
from tests.servers.desk import Answer, Asked, Desk
from troupe.adapters.embedded.cache import open_cache
from troupe.adapters.embedded.keys import FileKeys
from troupe.base.errors import TroupeError
from troupe.base.http import Http
from troupe.base.ids import WorkspaceId
from troupe.base.values import Json, clean
from troupe.catalog.registry import get_connector
from troupe.features.connections.lines import Lines
from troupe.features.connections.link import Held, OpenLink, Use
from troupe.features.connections.service import read
from troupe.features.definitions.schema import check_value

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

    async def renew(*_: Any) -> None:
        raise AssertionError("a credential that is not stored is not stored anew")

    async def compute(id: str, given: Json, seconds: float) -> Json:
        return get_connector(id).heavy(given)

    forms = read(name, config, credential)
    async with Http([allow]) as http:
        lines = Lines(http, FileKeys(folder / "key"), the_cache, compute, renew, commands)
        held = None
        if forms.credential is not None:
            held = Held("one", forms.credential, b"k" * 32, forms.connector.hosts(forms.config))
        use = Use(WORKSPACE, MemoryFiles(), key, seconds)
        yield OpenLink(lines, use, (name, forms.connector), forms.config, held)
    await cache.close()


# ── Native connectors: what a tool asks of its service, and what it makes of the answer ─────────────────────────────

CANARY = "canary-0b9d4e-of-the-credential"


@dataclass
class Case:
    """A use of a tool: `answers` by `METHOD /path?query` in the order they are asked for, `gives` what must be there.

    `body` is what the last request holds, as JSON or text; `headers` what every one carries.
    """

    tool: str
    given: dict[str, Any]
    answers: dict[str, Any]
    gives: Any
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Service(Desk):
    """A far side that answers what it was told to, and says so where it is asked for something else."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__()
        self.answers = answers
        self.unexpected: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        for line, said in self.answers.items():
            method, _, url = line.partition(" ")
            parts = urlsplit(url)
            if (method, parts.path, parse_qs(parts.query)) == (asked.method, asked.path, asked.query):
                return said if isinstance(said, Answer) else Answer(_filled(said, self.url))
        self.unexpected.append(f"{asked.method} {asked.path} {asked.query}")
        return Answer({"message": "unexpected"}, 418)


async def play(
    folder: Path, name: str, config: Callable[[str], dict[str, Any]], credential: dict[str, Any] | None, case: Case
) -> list[Asked]:
    """Use the tool of a case as an attempt would, and check what was asked and what came of it."""
    with Service(case.answers) as service:
        async with opened(folder, name, config(service.url), credential, key="effect-1") as link:
            given = await use(name, link, case.tool, case.given)
        assert service.unexpected == []
        lines = [f"{asked.method} {asked.path}" for asked in service.asked]
        assert lines == [line.partition("?")[0] for line in case.answers]
    last = service.asked[-1]
    if case.body is not None:
        assert (json.loads(last.body) if not isinstance(case.body, str) else last.body.decode()) == case.body
    for asked in service.asked:
        assert case.headers.items() <= asked.headers.items(), asked
    assert CANARY not in json.dumps(given)
    assert holds(given, _filled(case.gives, service.url)), given
    return service.asked


async def use(name: str, link: OpenLink, tool: str, given: dict[str, Any]) -> Any:
    """A tool by its name: arguments checked by its schema, then what is there of the answer without secrets."""
    connector = get_connector(name)
    action = next(action for action in await connector.actions(link) if action.name == tool)
    assert check_value(given, action.input_schema) == []
    try:
        return link.hide(clean(await connector.call(link, action, given)))
    except TroupeError as wrong:
        raise link.hide_in(wrong) from None


def holds(value: Any, part: Any) -> bool:
    """Whether a value has everything that a part of it says."""
    if isinstance(part, dict):
        return isinstance(value, dict) and all(k in value and holds(value[k], v) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(value, list) and len(value) == len(part) and all(map(holds, value, part))
    return value == part


def _filled(value: Any, server: str) -> Any:
    return json.loads(json.dumps(value).replace("{{server}}", server)) if not isinstance(value, bytes) else value
