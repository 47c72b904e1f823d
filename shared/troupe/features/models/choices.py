"""Choices: which models a workspace's routes name, and its own providers, as this process knows them.

Kept for some seconds, because they are asked for at every model step and in places that cannot wait (a price). What a
process has not heard of is looked for at once (`again`), so that a new provider can be used anywhere right away.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from troupe.base.db import Database
from troupe.base.ids import WorkspaceId
from troupe.features.models import store
from troupe.features.providers import store as providers
from troupe.features.providers.own import Own, opened
from troupe.ports.keys import Keys

KNOWN_SECONDS = 3.0
LOADING_SECONDS = 1.0  # one asks the database again, the others go on with what is known so long
MOST = 10_000  # workspaces
ROUTES = ("default", "cheap", "fast", "best")


@dataclass(frozen=True)
class Chosen:
    """What a workspace has settled: route to model, and its own providers."""

    routes: dict[str, str]
    own: Own


NOTHING = Chosen({}, Own())


class Choices:
    """One a process. `clock` counts seconds."""

    def __init__(self, database: Database, keys: Keys, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._keys, self._clock = database, keys, clock
        self._known: dict[str, tuple[float, Chosen]] = {}  # until when; 0 where it was changed here
        self._changes = 0

    async def ready(self, workspace: WorkspaceId, *, again: bool = False) -> None:
        """See to it that `of` is no older than some seconds; with `again`, than this call."""
        known, now, changes = self._known.get(workspace), self._clock(), self._changes
        if known is not None and known[0] > now and not again:
            return
        if known is not None and known[0]:
            self._known[workspace] = (now + LOADING_SECONDS, known[1])
        async with self._database.workspace(workspace) as db:
            routes, rows = await store.list_routes(db), await providers.list_providers(db)
        own = await opened(self._keys, workspace, rows, self.of(workspace).own)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[workspace] = (now + KNOWN_SECONDS if changes == self._changes else 0.0, Chosen(routes, own))

    def of(self, workspace: str) -> Chosen:
        """What was known last; nothing where `ready` was never awaited."""
        known = self._known.get(workspace)
        return known[1] if known else NOTHING

    def forget(self, workspace: str) -> None:
        """They have just been changed here."""
        self._changes += 1
        if (known := self._known.get(workspace)) is not None:
            self._known[workspace] = (0.0, known[1])


def named(model: str, chosen: dict[str, str], default: str) -> str:
    """The model that a name stands for: a route's own, or else the workspace's default, or else `default`."""
    if model not in ("", *ROUTES):
        return model
    return chosen.get(model) or chosen.get("default") or default
