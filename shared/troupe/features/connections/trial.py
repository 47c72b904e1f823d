"""Trial: ask a service who we are and what it can do; what comes back is taken for hostile."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from troupe.base.errors import TroupeError
from troupe.base.ids import new_id
from troupe.base.values import clean, dump, hash_of
from troupe.catalog.contract import Action, Connector
from troupe.features.connections.link import OpenLink
from troupe.features.connections.models import Trouble
from troupe.features.connections.search import fields_of

SECONDS = 60.0
MOST = 5_000  # tools of a connection
TITLE, DESCRIPTION, SCHEMA = 200, 4_000, 60_000  # characters; bytes of a schema
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Trial:
    """What came of it: as whom we are connected, the tools (None where they were not asked for), or why not."""

    account: str = ""
    tools: list[dict[str, Any]] | None = None
    trouble: Trouble | None = None


@dataclass
class _Names:
    taken: set[str] = field(default_factory=set[str])

    def give(self, wanted: str) -> str:
        """A safe name that no other tool of the connection has."""
        base = _UNSAFE.sub("_", wanted).strip("_")[:64] or "tool"
        name, number = base, 2
        while name in self.taken:
            name, number = f"{base[:60]}_{number}", number + 1
        self.taken.add(name)
        return name


async def attempt(connector: Connector, link: OpenLink, *, load: bool) -> Trial:
    """Test a connection, and load its tools where asked to. Never raises what the far side brings about."""
    try:
        async with asyncio.timeout(SECONDS):
            tools = await asyncio.to_thread(take, await connector.actions(link)) if load else None
            account = str(link.hide(clean((await connector.test(link))[:500])))
            return Trial(account, tools)
    except TimeoutError:
        return Trial(trouble=Trouble(code="timed_out", message=f"It did not answer within {SECONDS:g} seconds."))
    except TroupeError as wrong:
        link.hide_in(wrong)
        said = (str(clean(text[:1000])) for text in (wrong.message, wrong.hint))
        return Trial(trouble=Trouble(code=wrong.code, message=next(said), hint=next(said)))


def take(actions: list[Action]) -> list[dict[str, Any]]:
    """Rows for the tools: named apart, within limits, with a hash of all that an approval is about."""
    names = _Names()
    return [_row(action, names.give(action.name)) for action in actions[:MOST]]


def _row(action: Action, name: str) -> dict[str, Any]:
    described, title = str(clean(action.description))[:DESCRIPTION], str(clean(action.title))[:TITLE]
    about = {
        "title": title, "description": described, "input_schema": _schema(action),
        "effect": action.effect.value, "locator": clean(action.locator),
    }  # fmt: skip
    texts = fields_of(name, title, action.tags, str(clean(action.hints)), described)
    return {
        **about, "id": new_id(), "name": name, "tags": [str(clean(tag))[:100] for tag in action.tags[:20]],
        "hash": hash_of({"name": name, **about}), "a": texts[0], "b": texts[1], "c": texts[2],
        "lengths": [len(text.split()) for text in texts],
    }  # fmt: skip


def _schema(action: Action) -> dict[str, Any]:
    """The schema, where it is one that values can be checked by; else any object."""
    from troupe.features.definitions.schema import wrong_schema

    schema: Any = clean(action.input_schema)
    if len(dump(schema)) > SCHEMA or wrong_schema(schema):
        return {"type": "object"}
    return {**schema, "type": "object"}
