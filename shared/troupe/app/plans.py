"""Plans: the compiled workflow of each version, made once and kept while it is used. Versions never change."""

from collections import OrderedDict

from troupe.base.db import Database
from troupe.base.values import Json
from troupe.features.definitions import store as versions
from troupe.features.workflows import service as workflows
from troupe.features.workflows.program import Interpreter
from troupe.features.workflows.steps import Means
from troupe.ports.run import RunContext

KEPT = 500


class Plans:
    """The programs `graph` and `workflow.pass`."""

    def __init__(self, database: Database, means: Means) -> None:
        self.database, self.means = database, means
        self._made: OrderedDict[tuple[str, str | None], Interpreter] = OrderedDict()

    async def graph(self, run: RunContext, input: Json) -> Json:
        """A workflow, or one node of it on given outputs."""
        interpreter = self._made.get((run.version or "", run.only)) or await self._make(run)
        return await interpreter(run, input)

    async def one_pass(self, run: RunContext, input: Json) -> Json:
        """One pass of an `each` frame as a run of its own."""
        interpreter = self._made.get((run.version or "", None)) or await self._make(run)
        return await interpreter.play_pass(run, input)

    async def _make(self, run: RunContext) -> Interpreter:
        async with self.database.workspace(run.workspace_id) as db:
            version = await versions.get_version(db, run.version or "")
        graph = workflows.compile_version(version.text, run.only)
        made = Interpreter(graph, self.means, name=version.name or "", version=version.id)
        self._made[version.id, run.only] = made
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return made
