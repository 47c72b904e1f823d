"""Settings: the one place that reads the environment."""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator

from troupe.base.errors import BadInput, Problem
from troupe.base.values import read_json

ProviderKind = Literal["openai", "anthropic", "google", "bedrock"]


class Price(BaseModel, frozen=True, extra="forbid"):
    """What a model costs, in dollars per million tokens."""

    input: float = Field(ge=0, le=1e6, allow_inf_nan=False)
    output: float = Field(ge=0, le=1e6, allow_inf_nan=False)


class ProviderSettings(BaseModel, frozen=True, extra="forbid"):
    """One model provider: its wire format, where it is, which variable holds its key.

    `prices` by model, else `price_in` and `price_out` for all: dollars per million tokens, where they are not the
    table's (0 for one's own machine).
    """

    kind: ProviderKind
    base_url: str | None = None
    key_env: str | None = None
    key: SecretStr | None = None
    price_in: float | None = Field(default=None, ge=0)
    price_out: float | None = Field(default=None, ge=0)
    prices: dict[str, Price] = {}


def _home() -> Path:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return Path("/var/lib/troupe") if root else Path.home() / ".troupe"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseModel, frozen=True):
    """All that can be set from outside. Each field is the variable of its alias; times are in seconds."""

    home: Path = Field(default_factory=_home, alias="TROUPE_HOME")
    host: str = Field("127.0.0.1", alias="TROUPE_HOST")
    port: int = Field(8000, alias="TROUPE_PORT", ge=0, le=65535)
    url: str | None = Field(None, alias="TROUPE_URL")
    token: SecretStr | None = Field(None, alias="TROUPE_TOKEN")
    database_url: SecretStr | None = Field(None, alias="TROUPE_DATABASE_URL")
    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")
    egress_allow: str = Field("", alias="TROUPE_EGRESS_ALLOW")
    ollama: str = Field("127.0.0.1:11434", alias="TROUPE_OLLAMA", pattern=r"^off$|^[A-Za-z0-9.\-\[\]:]+:\d{1,5}$")
    owner_password: SecretStr | None = Field(None, alias="TROUPE_OWNER_PASSWORD")
    oidc_issuer: str | None = Field(None, alias="TROUPE_OIDC_ISSUER", pattern=r"^https?://[^\s?#]+$")
    oidc_audience: str = Field("", alias="TROUPE_OIDC_AUDIENCE")
    lease_seconds: float = Field(30.0, alias="TROUPE_LEASE_SECONDS", ge=1, le=3600)
    max_recoveries: int = Field(5, alias="TROUPE_MAX_RECOVERIES", ge=1)
    keep_runs_days: int | None = Field(None, alias="TROUPE_KEEP_RUNS_DAYS", ge=1, le=36_500)
    providers: dict[str, ProviderSettings] = Field(default_factory=dict, alias="TROUPE_PROVIDERS")
    real_models: Literal["on", "off"] = Field("on", alias="TROUPE_REAL_MODELS")
    mcp_commands: str = Field("", alias="TROUPE_MCP_COMMANDS")
    smtp_url: SecretStr | None = Field(None, alias="TROUPE_SMTP_URL")
    test: bool = Field(default=False, alias="TROUPE_TEST")
    kill_at: str = Field("", alias="TROUPE_KILL_AT")
    log_level: str = Field("info", alias="TROUPE_LOG_LEVEL")

    runs_on: Literal["embedded", "aws"] = Field("embedded", alias="TROUPE_RUNS_ON")
    database_secret: str | None = Field(None, alias="TROUPE_DATABASE_SECRET")
    database_host: str | None = Field(None, alias="TROUPE_DATABASE_HOST")
    login_secret: str | None = Field(None, alias="TROUPE_LOGIN_SECRET")
    bucket: str | None = Field(None, alias="TROUPE_BUCKET")
    kms_key: str | None = Field(None, alias="TROUPE_KMS_KEY")
    queue_url: str | None = Field(None, alias="TROUPE_QUEUE_URL")
    work_queue: str | None = Field(None, alias="TROUPE_WORK_QUEUE")
    event_bus: str | None = Field(None, alias="TROUPE_EVENT_BUS")
    ecs_agent: str | None = Field(None, alias="ECS_AGENT_URI")
    state_machine: str | None = Field(None, alias="TROUPE_STATE_MACHINE")
    first_slice: Literal["queue", "machine"] = Field("queue", alias="TROUPE_FIRST_SLICE")
    sandbox_function: str | None = Field(None, alias="TROUPE_SANDBOX_FUNCTION")
    websocket_endpoint: str | None = Field(None, alias="TROUPE_WEBSOCKET_ENDPOINT", pattern=r"^https://[^\s?#]+$")
    mail_from: str = Field("", alias="TROUPE_MAIL_FROM")
    cache_host: str | None = Field(None, alias="TROUPE_CACHE_HOST")
    cache_name: str | None = Field(None, alias="TROUPE_CACHE_NAME")
    cache_user: str | None = Field(None, alias="TROUPE_CACHE_USER")
    keep_connections: Literal["on", "off"] = Field("on", alias="TROUPE_KEEP_CONNECTIONS")

    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    anthropic_api_key: SecretStr | None = Field(None, alias="ANTHROPIC_API_KEY")
    gemini_api_key: SecretStr | None = Field(None, alias="GEMINI_API_KEY")
    aws_access_key_id: SecretStr | None = Field(None, alias="AWS_ACCESS_KEY_ID")
    aws_profile: str | None = Field(None, alias="AWS_PROFILE")
    aws_region: str | None = Field(None, alias="AWS_REGION")

    @model_validator(mode="after")
    def _for_whom(self) -> "Settings":
        if self.oidc_issuer and not self.audiences():
            raise ValueError("TROUPE_OIDC_ISSUER needs TROUPE_OIDC_AUDIENCE: the client ids whose tokens are for us")
        return self

    def egress_entries(self) -> list[str]:
        """The operator's `host:port` and CIDR entries."""
        return [entry.strip() for entry in self.egress_allow.split(",") if entry.strip()]

    def ollama_at(self) -> str:
        """`host:port` of the Ollama that models of a workspace may be on. By itself only where nobody else comes in."""
        alone = self.runs_on == "embedded" and is_loopback(self.host)
        return self.ollama if self.ollama != "off" and (alone or "ollama" in self.model_fields_set) else ""

    def audiences(self) -> list[str]:
        """The client ids whose tokens are for this Troupe."""
        return [entry.strip() for entry in self.oidc_audience.split(",") if entry.strip()]

    def commands(self) -> list[str]:
        """The programs that connectors may start."""
        return [command.strip() for command in self.mcp_commands.split(",") if command.strip()]


def needed(settings: Settings, field: str) -> str:
    """A setting without which a part cannot be made. Raises BadInput naming the variable."""
    value: str | None = getattr(settings, field)
    if value:
        return value
    variable = Settings.model_fields[field].alias or field
    raise BadInput(problems=[Problem(variable, "bad_setting", f"With TROUPE_RUNS_ON=aws {variable} must be set.")])


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings of the environment; `given` (by field name) wins. Raises BadInput naming the variable.

    A provider's `key_env` is looked up here, so that nothing else reads the environment.
    """
    source = os.environ if environment is None else environment
    fields = {f.alias: name for name, f in Settings.model_fields.items() if f.alias}
    values: dict[str, Any] = {alias: source[alias] for alias in fields if source.get(alias)}
    values |= {alias: given[name] for alias, name in fields.items() if given.get(name) is not None}
    try:
        if isinstance(values.get("TROUPE_PROVIDERS"), str):
            values["TROUPE_PROVIDERS"] = read_json(values["TROUPE_PROVIDERS"])
        settings = Settings(**values)
        keyed = {
            name: p.model_copy(update={"key": SecretStr(source[p.key_env])})
            for name, p in settings.providers.items()
            if p.key_env and source.get(p.key_env)
        }
        return settings.model_copy(update={"providers": settings.providers | keyed})
    except BadInput as wrong:
        raise BadInput(problems=[Problem("TROUPE_PROVIDERS", "bad_setting", wrong.message)]) from None
    except ValidationError as wrong:
        raise BadInput(
            problems=[Problem(".".join(map(str, e["loc"])), "bad_setting", e["msg"]) for e in wrong.errors()]
        ) from None
