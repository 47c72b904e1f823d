"""Removal: take away what is left of a run that was removed, and of all below it."""

from troupe.base.ids import WorkspaceId
from troupe.durable.upkeep.store import PgUpkeep
from troupe.durable.upkeep.sweep import ROWS, RUNS
from troupe.ports.files import Files


async def remove_run(upkeep: PgUpkeep, files: Files, workspace: WorkspaceId, run: str) -> None:
    """Files first, then rows, from the lowest runs up: cut short at any place, it goes on from there."""
    tree = await upkeep.list_below(run)
    for first in range(0, len(tree), RUNS):
        runs = tree[first : first + RUNS]
        for one in runs:
            await files.remove_under(workspace, f"runs/{one}")
        await upkeep.remove_rows(runs, ROWS)
