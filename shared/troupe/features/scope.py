"""Scope: who acts, in which workspace, with what. Every service function takes one first."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from troupe.base.db import Database, Db
from troupe.base.errors import Forbidden
from troupe.base.ids import WorkspaceId
from troupe.base.settings import Settings
from troupe.base.values import Json
from troupe.catalog.contract import Provider
from troupe.durable.births import Births
from troupe.durable.models import Run
from troupe.features.connections.lines import Lines
from troupe.features.models.choices import Choices
from troupe.ports.cache import Cache
from troupe.ports.files import Files
from troupe.ports.orchestrator import Orchestrator
from troupe.ports.queue import Queue
from troupe.ports.realtime import Realtime

ROLES = ("viewer", "editor", "admin", "owner")


class Runner(Protocol):
    """The worker of this process, where it has one."""

    @property
    def id(self) -> str:
        """The worker."""
        ...

    def has_room(self, workspace: str) -> bool:
        """Whether a run may be started held by this process."""
        ...

    async def inputs(self, run: str) -> dict[str, Json]:
        """What each step of a run was given, recomputed from its journal."""
        ...

    def adopt(self, run: Run, *, fresh: bool = False) -> None:
        """Advance a run that was inserted held."""
        ...


class ModelNames(Protocol):
    """The models that can be asked, by `provider/model`."""

    @property
    def default(self) -> str:
        """What everyday use goes by where the workspace names nothing."""
        ...

    def names(self) -> list[str]:
        """Those that can be named without further knowledge."""
        ...

    def find(self, name: str) -> object:
        """Where a call goes. Raises Rejected for an unknown one, Refused for one that is held back."""
        ...

    def open(self, name: str) -> Provider:
        """What speaks to a provider that is known. Raises Refused where it may not be asked."""
        ...


class Issuer(Protocol):
    """An OpenID provider."""

    @property
    def client_id(self) -> str:
        """Who we are to it where a browser signs in."""
        ...

    async def person(self, token: str, nonce: str | None = None) -> str:
        """The mail address that it vouches for. Raises Unauthorized, Unavailable."""
        ...

    async def endpoint(self, name: str) -> str:
        """An address that it publishes. Raises Unavailable."""
        ...

    async def redeem(self, code: str, verifier: str, redirect: str) -> str:
        """The ID token for what a browser brought back. Raises Unauthorized, Unavailable."""
        ...


@dataclass(frozen=True)
class Parts:
    """What services act with; made once by app/wiring."""

    settings: Settings
    database: Database
    files: Files
    realtime: Realtime
    orchestrator: Orchestrator
    queue: Queue
    cache: Callable[[], Awaitable[Cache]]  # made at first use
    choices: Choices
    lines: Lines
    models: Callable[..., Awaitable[ModelNames]]  # (workspace, *names): those that it may name
    births: Births
    evaluate: Callable[[str, dict[str, Json]], Awaitable[Json]]  # a heavy expression, beside the loop
    runner: Runner | None = None
    issuer: Issuer | None = None  # whose tokens say who people are


@dataclass(frozen=True)
class Scope:
    """One caller's rights and one open transaction. What is given to `after` happens when it has committed."""

    parts: Parts
    workspace: WorkspaceId
    role: str
    actor: str
    db: Db
    after: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def require(self, role: str) -> None:
        """Raises Forbidden where the caller's role is less."""
        _require(self.role, role)


@dataclass(frozen=True)
class Caller:
    """Who asks, before a transaction is open: for streams, which open a short one for each look."""

    parts: Parts
    workspace: WorkspaceId
    role: str
    actor: str

    def require(self, role: str) -> None:
        """Raises Forbidden where the caller's role is less."""
        _require(self.role, role)

    @asynccontextmanager
    async def acting(self, role: str) -> AsyncGenerator[Scope]:
        """A scope whose transaction commits at the end, and what waits for that then happens. Raises Forbidden."""
        async with self.parts.database.workspace(self.workspace) as db:
            scope = Scope(self.parts, self.workspace, self.role, self.actor, db)
            scope.require(role)
            yield scope
        for then in scope.after:
            then()


def _require(have: str, role: str) -> None:
    if ROLES.index(have) < ROLES.index(role):
        raise Forbidden(f"This takes the role {role}; yours is {have}.")
