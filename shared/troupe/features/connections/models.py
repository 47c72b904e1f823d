"""Connections as people see them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

NAME = r"^[a-z][a-z0-9_-]{0,62}$"
Secret = Annotated[dict[str, JsonValue] | None, Field(repr=False)]


class ConnectorEntry(BaseModel, frozen=True):
    """A kind of outside service: what to fill in to connect to one. Secret fields have `format: password`."""

    id: str
    title: str
    category: str
    description: str
    config_schema: dict[str, Any]
    credential_schema: dict[str, Any] | None
    grants: bool = False  # a person may grant access on the service's own page


class Connectors(BaseModel, frozen=True):
    """All of them: the catalogue is one page."""

    items: list[ConnectorEntry]
    next_cursor: None = None


class NewConnection(BaseModel, frozen=True):
    """What connects. `config` and `credential` are by the connector's schemas; the credential is never returned."""

    model_config = ConfigDict(extra="forbid")

    connector: str = Field(max_length=100)
    name: str = Field(pattern=NAME)
    config: dict[str, JsonValue] = {}
    credential: Secret = None


class ConnectionChange(BaseModel, frozen=True):
    """What changes; a field that is left out stays. A credential does not follow its connection to another host."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, pattern=NAME)
    config: dict[str, JsonValue] | None = None
    credential: Secret = None


class Trouble(BaseModel, frozen=True):
    """Why the last try failed."""

    code: str
    message: str
    hint: str = ""


class Connection(BaseModel, frozen=True):
    """An account at an outside service. `account` says as whom we are connected; `withheld` tools wait for approval."""

    id: str
    name: str
    connector: str
    config: dict[str, Any]
    has_credential: bool
    status: Literal["ok", "failed"]
    account: str
    error: Trouble | None
    tools: int
    withheld: int
    checked_at: datetime | None
    tools_at: datetime | None
    last_used_at: datetime | None
    created_by: str
    created_at: datetime


class ConnectionTool(BaseModel, frozen=True):
    """What a connection can do. `new` and `changed` ones are offered to nobody until a person approves them."""

    id: str
    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    effect: str
    tags: list[str]
    status: Literal["approved", "changed", "new"]
    hash: str
