"""Plans: the compiled definition of each version, made once and kept while it is used. Versions never change."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from troupe.base.db import Database
from troupe.base.values import Json
from troupe.features.definitions import store as versions
from troupe.features.definitions.store import VersionRow
from troupe.features.workflows import service as workflows
from troupe.features.workflows.program import Interpreter
from troupe.features.workflows.steps import Means
from troupe.ports.run import RunContext

if TYPE_CHECKING:
    from troupe.features.agents.program import Plan

KEPT = 500
T = TypeVar("T")


class Kept(Generic[T]):
    """What was compiled of versions, the least used forgotten."""

    def __init__(self, database: Database, make: Callable[[VersionRow, str | None], T]) -> None:
        self._database, self._make = database, make
        self._made: OrderedDict[tuple[str, str | None], T] = OrderedDict()

    async def get(self, run: RunContext, only: str | None = None) -> T:
        """The compiled version that a run is pinned to; with `only`, of that node alone."""
        key = (run.version or "", only)
        found = self._made.get(key)
        if found is not None:
            self._made.move_to_end(key)
            return found
        async with self._database.workspace(run.workspace_id) as db:
            version = await versions.get_version(db, run.version or "")
        made = self._made[key] = self._make(version, only)
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return made


class Plans:
    """The programs `graph` and `workflow.pass`."""

    def __init__(self, database: Database, means: Means) -> None:
        self._kept = Kept(database, lambda version, only: _interpreter(version, only, means))

    async def graph(self, run: RunContext, input: Json) -> Json:
        """A workflow, or one node of it on given outputs."""
        return await (await self._kept.get(run, run.only))(run, input)

    async def one_pass(self, run: RunContext, input: Json) -> Json:
        """One pass of an `each` frame as a run of its own."""
        return await (await self._kept.get(run)).play_pass(run, input)


def _interpreter(version: VersionRow, only: str | None, means: Means) -> Interpreter:
    graph = workflows.compile_version(version.text, only)
    return Interpreter(graph, means, name=version.name or "", version=version.id)


def agent_plan(version: VersionRow, _only: str | None) -> "Plan":
    """A version of an agent, ready to be played."""
    from troupe.features.agents.program import Plan
    from troupe.features.agents.service import read_kept

    return Plan.of(version.id, version.definition_id or version.id, read_kept(version.text))
