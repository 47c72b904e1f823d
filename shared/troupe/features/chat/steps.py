"""The steps of answers, read from the journal with what is kept beside it."""

from troupe.base.values import read_json
from troupe.features.chat import store
from troupe.features.chat.answers import FILE
from troupe.features.scope import Scope


async def read_steps(scope: Scope, runs: list[str], *, results: bool = False) -> dict[str, list[store.StepRow]]:
    """The steps of these runs by run, what the models said read whole; with `results` what tools gave too."""
    steps: dict[str, list[store.StepRow]] = {}
    for step in await store.list_steps(scope.db, runs):
        whole = step
        if step.ref and step.ref.startswith(FILE) and (results or step.block == "agent.model"):
            raw = await scope.parts.files.get(scope.workspace, step.ref.removeprefix(FILE))
            whole = step.model_copy(update={"result": read_json(raw)})
        steps.setdefault(step.run_id, []).append(whole)
    return steps
