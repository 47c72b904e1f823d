"""Which provider stands behind `provider/model`: a workspace's own, the operator's, those with a key around it."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from troupe.base.errors import Refused, Rejected, Unreachable
from troupe.base.http import Http
from troupe.base.http.hosts import entry_of
from troupe.base.settings import ProviderSettings, Settings
from troupe.catalog.contract import Provider
from troupe.catalog.llm._table import DEMO, Facts, default_model, embedding_model, find_facts, listed
from troupe.features.providers.own import Own


@dataclass(frozen=True)
class Route:
    """Where a call goes."""

    name: str
    model: str
    kind: str
    provider: Provider
    facts: Facts


class Routes:
    """The providers of this process, made at first use."""

    def __init__(self, settings: Settings, http: Http, extra: Mapping[str, Provider] | None = None) -> None:
        self._settings = settings
        self._http = http
        self._known = of_process(settings)
        self._made: dict[str, Provider] = dict(extra or {})
        self._closed: Mapping[str, bool] = {}
        self._below: Routes | None = None  # whose providers these ones stand before

    def under(self, own: Own) -> "Routes":
        """The same with a workspace's own providers before them: these reach what the guard admits, and no more."""
        routes = Routes(self._settings, self._http)
        beside = {name: p for name, p in self._known.items() if name not in own.providers}
        routes._known = {**own.providers, **beside}
        routes._closed, routes._below = own.closed, self
        return routes

    def add(self, name: str, provider: Provider) -> None:
        """Another provider under this name, for tests and embedders."""
        self._made[name] = provider

    @property
    def default(self) -> str:
        """The first provider with a key that has a model of its own for everyday use; else the demo."""
        for name, provider in self._known.items():
            model = default_model(provider.kind)
            if model and provider.base_url is None and not self._held_back(provider):
                return f"{name}/{model}"
        return DEMO

    def default_embedding(self, beside: str) -> str:
        """The model that embeds, of the provider of `beside` where it has one; else the demo."""
        name = beside.partition("/")[0]
        known = self._known.get(name)
        model = embedding_model(known.kind) if known is not None and known.base_url is None else None
        return f"{name}/{model}" if model else DEMO

    def names(self) -> list[str]:
        """Models that can be named without further knowledge."""
        usable = {n: p for n, p in self._known.items() if not self._held_back(p)}
        return [DEMO] + [f"{n}/{m}" for n, p in usable.items() if p.base_url is None for m in listed(p.kind)]

    def knows(self, name: str) -> bool:
        """Whether there is such a provider, be it usable or not."""
        provider = name.partition("/")[0]
        return provider in ("demo", *self._closed, *self._known, *self._extra())

    def find(self, name: str) -> Route:
        """The route of `provider/model`. Raises Rejected for an unknown one, Refused for one that is held back."""
        provider, slash, model = name.partition("/")
        if not slash or not model or not self.knows(name):
            choices = ", ".join(sorted({"demo", *self._closed, *self._known}))
            raise Rejected(
                f"There is no model {name[:120]!r}.",
                code="unknown_model",
                hint=f"Write provider/model; providers here: {choices}.",
            )
        return Route(name, model, self._kind(provider), self.open(provider), self.facts(name))

    def open(self, name: str) -> Provider:
        """What speaks to a provider that is known. Raises Refused where it may not be asked."""
        known = self._known.get(name)
        if (later := self._closed.get(name)) is not None:
            raise _closed(name, later=later)
        if known is not None and self._held_back(known):
            raise Refused(
                f"Real models are switched off here, so {name} is not called.",
                code="real_models_off",
                hint="TROUPE_REAL_MODELS=off leaves demo/demo and providers on this machine.",
            )
        return self._provider(name, self._kind(name))

    def facts(self, name: str) -> Facts:
        """Prices and abilities of a model; those that the operator sets win."""
        provider, _, model = name.partition("/")
        known = self._known.get(provider)
        if known is None:
            return find_facts(provider, model)
        if (own := known.prices.get(model)) is not None:
            return replace(find_facts(known.kind, model), price_in=own.input, price_out=own.output, long_above=None)
        return _priced(known.kind, model, known.price_in, known.price_out)

    def _kind(self, name: str) -> str:
        known = self._known.get(name)
        return known.kind if known is not None else name

    def _extra(self) -> Mapping[str, Provider]:
        return self._below._extra() if self._below is not None else self._made

    def _held_back(self, provider: ProviderSettings) -> bool:
        return self._settings.real_models == "off" and not _on_this_machine(provider.base_url)

    def _provider(self, name: str, kind: str) -> Provider:
        if name not in self._made:
            settings = self._known.get(name)
            if self._below is not None and settings is self._below._known.get(name):
                return self._below._provider(name, kind)
            module = importlib.import_module(f"troupe.catalog.llm.{kind}")
            if kind == "bedrock":
                self._made[name] = module.provider(settings, self._http, self._settings.aws_region)
            else:
                self._made[name] = module.provider(settings, self._admitting(settings))
        return self._made[name]

    def _admitting(self, settings: ProviderSettings | None) -> Http:
        """A base URL that the operator sets admits exactly its host and port, for this provider alone; of those that a
        workspace sets, the Ollama of this machine."""
        entry = entry_of(settings.base_url or "") if settings is not None else ""
        mine = self._below is None or entry == self._settings.ollama_at()
        return self._http.admitting(entry) if entry and mine else self._http


def _closed(name: str, *, later: bool) -> Refused | Unreachable:
    if later:
        return Unreachable(f"The key of {name} cannot be opened now.")
    hint = "An admin gives it again: PUT /providers/{name}, or `troupe provider set`."
    return Refused(f"The key of {name} does not open here.", code="wrong_key", hint=hint)


def of_process(settings: Settings) -> dict[str, ProviderSettings]:
    """What the environment names, by its settings or by a key."""
    return {**_from_keys(settings), **settings.providers}


def _from_keys(settings: Settings) -> dict[str, ProviderSettings]:
    found: dict[str, ProviderSettings] = {}
    if settings.openai_api_key:
        found["openai"] = ProviderSettings(kind="openai", key=settings.openai_api_key)
    if settings.anthropic_api_key:
        found["anthropic"] = ProviderSettings(kind="anthropic", key=settings.anthropic_api_key)
    if settings.gemini_api_key:
        found["google"] = ProviderSettings(kind="google", key=settings.gemini_api_key)
    if settings.aws_access_key_id or settings.aws_profile:
        found["bedrock"] = ProviderSettings(kind="bedrock")
    return found


@lru_cache(1024)
def _priced(kind: str, model: str, price_in: float | None, price_out: float | None) -> Facts:
    facts = find_facts(kind, model)
    own = {"price_in": price_in, "price_out": price_out}
    return replace(facts, **{k: v for k, v in own.items() if v is not None})


@lru_cache(1024)
def _on_this_machine(base_url: str | None) -> bool:
    host = urlsplit(base_url or "").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
