"""Programs: everything that a run may be a run of."""

from collections.abc import Callable
from typing import Any, cast

from troupe.app.beside import Beside
from troupe.app.context import AttemptContext, Reach
from troupe.app.plans import Kept, Plans, agent_plan
from troupe.base.db import Database
from troupe.base.values import Json
from troupe.durable.models import Registered
from troupe.features.scope import Parts
from troupe.features.workflows.steps import Means
from troupe.ports.run import RunContext

GRAPH, PASS, AGENT, COMPLETION = "graph", "workflow.pass", "agent", "completion"


def programs(database: Database, reach: Reach, beside: Beside, parts: Callable[[], Parts]) -> dict[str, Registered]:
    """Every program that a run may name, by name and major version."""
    from troupe.catalog.registry import get_block

    means = Means(
        get_block,
        lambda attempt: cast(Any, AttemptContext(reach, attempt)),
        beside.expression,
        beside.block,
        passes=PASS,
    )
    plans = Plans(database, means)
    agents = Kept(database, agent_plan)

    async def graph(run: RunContext, input: Json) -> Json:
        await reach.choices.ready(run.workspace_id)
        return await plans.graph(run, input)

    async def agent(run: RunContext, input: Json) -> Json:
        from troupe.features.agents.program import AgentProgram
        from troupe.features.chat.program import Answering

        await reach.choices.ready(run.workspace_id)
        return await Answering(AgentProgram(agents.get, means, graph=GRAPH, agent=AGENT), parts)(run, input)

    async def completion(run: RunContext, input: Json) -> Json:
        from troupe.features.completions.program import CompletionProgram

        await reach.choices.ready(run.workspace_id)
        return await CompletionProgram(means.contexts)(run, input)

    known = [
        Registered(GRAPH, graph), Registered(PASS, plans.one_pass), Registered(AGENT, agent),
        Registered(COMPLETION, completion),
    ]  # fmt: skip
    return {f"{r.name}@{r.major}": r for r in known}
