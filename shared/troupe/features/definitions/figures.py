"""Figures: how the runs of a definition went.

They are counted when they are asked for, over the newest runs of some days: by the index `runs_of`, then the steps of
each. Where a definition runs a million times a day these are its last half hour; a table of sums by hour would be due.
"""

from collections.abc import Sequence

from troupe.features.definitions import service
from troupe.features.definitions.kind import Kind
from troupe.features.definitions.models import Figures, Times, ToolFigures
from troupe.features.runs import store as runs
from troupe.features.runs.store import BlockCount
from troupe.features.scope import Scope

MOST = 20_000  # runs that are counted
TOOLS = 200
MODELS = ("agent.model", "completion.model", "ai.")  # blocks that ask a model
OWN = ("agent.start", "$")  # what a run does for itself


async def figures(scope: Scope, kind: Kind, ref: str, days: int) -> Figures:
    """The figures of a definition, by name or id. Raises NotFound."""
    found = await service.newest(scope, kind, ref)
    subject = f"{kind.name}:{found.definition_id}"
    statuses = await runs.count_statuses(scope.db, subject, days, MOST)
    blocks = await runs.count_blocks(scope.db, subject, days, MOST)
    count = sum(s.count for s in statuses)
    models = [b for b in blocks if b.block.startswith(MODELS)]
    calls, hits = sum(b.calls for b in models), sum(b.free for b in models)
    times = next((Times(p50=s.p50, p95=s.p95) for s in statuses if s.p50 is not None and s.p95 is not None), None)
    return Figures(
        days=days, since=min((s.since for s in statuses), default=None), whole=count < MOST, runs=count,
        by_status={s.status: s.count for s in statuses}, seconds=times,
        input_tokens=sum(b.input_tokens for b in blocks), output_tokens=sum(b.output_tokens for b in blocks),
        cost_usd=sum(b.cost_usd for b in blocks), model_calls=calls, cache_hits=hits,
        cache_hit_rate=hits / calls if calls else None, tools=_tools(blocks),
    )  # fmt: skip


def _tools(blocks: Sequence[BlockCount]) -> list[ToolFigures]:
    used = [b for b in blocks if b.calls and not b.block.startswith((*MODELS, *OWN))]
    used.sort(key=lambda b: (-b.calls, b.block))
    return [ToolFigures(tool=b.block, calls=b.calls, failed=b.failed) for b in used[:TOOLS]]
