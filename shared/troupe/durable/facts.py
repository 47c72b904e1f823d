"""What a program may ask about its run, the same in a slice and in a replay."""

from typing import cast

import orjson

from troupe.base.ids import RunId, WorkspaceId
from troupe.base.values import Json
from troupe.durable.models import Run, StepRow
from troupe.ports.files import Files

EXPIRED = "expired"  # the `ref` of a wait that ended by its time


class Facts:
    """The part of RunContext that only reads: the run's row and the journal's values."""

    run: Run
    steps: dict[str, StepRow]
    files: Files

    @property
    def id(self) -> RunId:
        return self.run.id

    @property
    def workspace_id(self) -> WorkspaceId:
        return self.run.workspace_id

    @property
    def version(self) -> str | None:
        return self.run.version_id

    @property
    def only(self) -> str | None:
        return self.run.only_node

    @property
    def dry_run(self) -> bool:
        return self.run.dry_run

    def given(self) -> dict[str, Json]:
        return {row.key: row.result for row in self.steps.values() if row.origin and row.origin.get("given")}

    async def _value(self, row: StepRow) -> Json:
        """What a row holds, read from files where it is large."""
        if row.ref and row.ref.startswith("file:"):
            return cast(Json, orjson.loads(await self.files.get(self.run.workspace_id, row.ref[5:])))
        return row.result
