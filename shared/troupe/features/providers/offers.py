"""Offers: models that are there for the taking: by the environment's keys, and of an Ollama on this machine."""

import asyncio
from typing import Literal, cast

from pydantic import BaseModel

from troupe.base.errors import BadInput, TroupeError
from troupe.base.settings import Price
from troupe.base.values import read_json
from troupe.catalog.llm._table import default_model
from troupe.features.models import store
from troupe.features.models.routing import of_process
from troupe.features.providers.models import ProviderSet
from troupe.features.scope import Caller

SECONDS = 2.0
FREE = Price(input=0, output=0)  # on one's own machine
MOST_BYTES = 1_000_000
MOST = 50  # models of it that are named


class Offer(BaseModel, frozen=True):
    """`model` is what everyday use would go by; where a `provider` is told, it is to be set under `name` first.
    `used`: everyday use goes by it already."""

    name: str
    source: Literal["environment", "ollama"]
    model: str
    provider: ProviderSet | None = None
    used: bool


class Offers(BaseModel, frozen=True):
    """Those of the environment first."""

    items: list[Offer]
    next_cursor: None = None


async def list_offers(caller: Caller) -> Offers:
    """What can be taken up at once. Raises Forbidden."""
    async with caller.acting("admin") as scope:
        routes = await store.list_routes(scope.db)
    known = await caller.parts.models(caller.workspace)
    usual = routes.get("default") or known.default
    usable = set(known.names())
    kept = {
        name: f"{name}/{default_model(p.kind)}"
        for name, p in of_process(caller.parts.settings).items()
        if p.base_url is None and f"{name}/{default_model(p.kind)}" in usable
    }
    found = [Offer(name=n, source="environment", model=m, used=m == usual) for n, m in kept.items()]
    here = await _ollama(caller, usual)
    return Offers(items=found + ([here] if here else []))


async def _ollama(caller: Caller, usual: str) -> Offer | None:
    """What runs at TROUPE_OLLAMA; nothing where that is off, or nothing answers."""
    if not (at := caller.parts.settings.ollama_at()):
        return None
    base = f"http://{at}/v1"
    try:
        async with asyncio.timeout(SECONDS), caller.parts.lines.http.admitting(at) as here:
            answer = await here.request("GET", f"{base}/models", timeout=SECONDS, max_bytes=MOST_BYTES)
        names = _names(answer.content) if answer.status == 200 else []
    except (TroupeError, TimeoutError):
        return None
    if not names:
        return None
    model = f"ollama/{next((name for name in names if 'embed' not in name), names[0])}"
    set_up = ProviderSet(kind="openai", base_url=base, key=None, prices=dict.fromkeys(names, FREE))
    return Offer(name="ollama", source="ollama", model=model, provider=set_up, used=model == usual)


def _names(raw: bytes) -> list[str]:
    try:
        said = cast("dict[str, list[dict[str, str]]]", read_json(raw))["data"]
        return [str(one["id"])[:200] for one in said if one["id"]][:MOST]
    except (BadInput, KeyError, TypeError):
        return []
