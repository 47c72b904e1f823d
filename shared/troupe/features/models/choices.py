"""Choices: which models a workspace's routes name, as this process knows them.

Kept for some seconds, because they are asked for at every model step and in places that cannot wait (a price).
"""

import time

from troupe.base.db import Database
from troupe.base.ids import WorkspaceId
from troupe.features.models import store

KNOWN_SECONDS = 10.0
MOST = 10_000  # workspaces
ROUTES = ("default", "cheap", "fast", "best")


class Choices:
    """One a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[float, dict[str, str]]] = {}

    async def ready(self, workspace: WorkspaceId) -> None:
        """See to it that `of` is no older than some seconds."""
        known = self._known.get(workspace)
        if known is not None and known[0] > time.monotonic():
            return
        async with self._database.workspace(workspace) as db:
            found = await store.list_routes(db)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[workspace] = (time.monotonic() + KNOWN_SECONDS, found)

    def of(self, workspace: str) -> dict[str, str]:
        """Route to model, of those that the workspace has set."""
        known = self._known.get(workspace)
        return known[1] if known else {}

    def forget(self, workspace: str) -> None:
        """They have just been changed here."""
        self._known.pop(workspace, None)


def named(model: str, chosen: dict[str, str], default: str) -> str:
    """The model that a name stands for: a route's own, or else the workspace's default, or else `default`."""
    if model not in ("", *ROUTES):
        return model
    return chosen.get(model) or chosen.get("default") or default
