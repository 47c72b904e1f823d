"""Providers as people see them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from troupe.base.settings import Price, ProviderKind

NAME = r"^[a-z][a-z0-9_-]{0,62}$"


def _sendable(key: SecretStr) -> SecretStr:
    """A key goes into a header: printable ASCII without blanks."""
    if not all("!" <= char <= "~" for char in key.get_secret_value()):
        raise ValueError("A key is printable ASCII without blanks.")
    return key


Key = Annotated[SecretStr, Field(max_length=8000), AfterValidator(_sendable)]
Prices = Annotated[dict[Annotated[str, Field(min_length=1, max_length=200)], Price], Field(max_length=200)]


class ProviderSet(BaseModel, frozen=True):
    """What a provider is. Without `base_url` it is the vendor's own; without `key` the one that is kept stays, and ""
    means none. `prices`: those of its models where the table's are wrong, in dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    kind: ProviderKind
    base_url: str | None = Field(None, max_length=500)
    key: Key | None = Field(None, repr=False)
    prices: Prices = {}


class Provider(BaseModel, frozen=True):
    """A provider of models. One of the workspace stands before the environment's of the same name (`shadows`)."""

    name: str
    kind: ProviderKind
    base_url: str | None
    has_key: bool
    source: Literal["environment", "workspace"]
    shadows: bool = False
    prices: dict[str, Price]
    changed_by: str | None = None
    changed_at: datetime | None = None


class Providers(BaseModel, frozen=True):
    """All of them, the workspace's first: there are few."""

    items: list[Provider]
    next_cursor: None = None


class Asking(BaseModel, frozen=True):
    """A model to ask a tiny question; without one the provider is asked which models it has."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, min_length=1, max_length=200)


class Asked(BaseModel, frozen=True):
    """How that went, in one sentence; up to 200 models where they were asked for."""

    ok: bool
    message: str
    models: list[str] = []
    seconds: float
