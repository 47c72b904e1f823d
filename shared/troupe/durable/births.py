"""Births: new runs of one workspace that come at once are written in one transaction of it."""

from collections.abc import Sequence
from datetime import datetime

from troupe.base.db import Database
from troupe.base.ids import WorkspaceId
from troupe.durable.models import Row
from troupe.durable.store import insert_runs
from troupe.durable.together import Together


class Births:
    """Writes runs for callers who have nothing else to write with them, and who tell nobody of a run before it has
    committed something of its own: that commit makes the birth durable too."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[WorkspaceId, Together[Row, datetime]] = {}

    async def insert(self, workspace: WorkspaceId, run: Row) -> datetime:
        """A row as `store.insert_run` takes it; when it was committed as born. Raises Unavailable."""
        gathering = self._open.get(workspace)
        if gathering is None:
            self._open = {id: other for id, other in self._open.items() if not other.idle}
            gathering = self._open[workspace] = Together(lambda rows: self._insert(workspace, rows))
        return await gathering(run)

    async def _insert(self, workspace: WorkspaceId, runs: Sequence[Row]) -> list[datetime]:
        async with self._database.workspace(workspace) as db:
            return [await insert_runs(db, runs, lazy=True)] * len(runs)
