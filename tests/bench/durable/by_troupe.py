"""Troupe through the whole product path: a kept workflow, started by the service, every step its own checkpoint."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from cases import CASES

from troupe import __version__
from troupe.app.wiring import Logins, embedded, migrate
from troupe.base.garbage import settle
from troupe.base.settings import read_settings
from troupe.features.accounts import service as accounts
from troupe.features.definitions import service as definitions
from troupe.features.runs import service as runs
from troupe.features.runs.models import StartRun
from troupe.features.scope import Scope
from troupe.features.workflows.service import WORKFLOW

VERSION = __version__
state = {}


def text_of(name):
    """The case as a workflow of `test.noop` blocks; a step reads what all of the layer before gave."""
    case, lines, before, number = CASES[name], [], [], 0
    for width in case.layers:
        layer = [f"n{number + i}" for i in range(width)]
        value = "{{ input.seed }}" if not before else "{{ " + " + ".join(f"{b}.value" for b in before) + " }}"
        if len(before) > 1:
            value = "{{ size([" + ", ".join(f"{b}.value" for b in before) + "]) }}"
        pause = f", sleep_ms: {int(case.pause * 1000)}" if case.pause else ""
        lines += [f'  {n}: {{block: test.noop, with: {{value: "{value}"{pause}}}}}' for n in layer]
        before, number = layer, number + width
    return (
        f"troupe: workflow/v1\nname: bench_{name}\nnodes:\n"
        + "\n".join(lines)
        + f'\noutput: "{{{{ {before[0]}.value }}}}"\n'
    )


async def setup(url):
    stack = state["stack"] = AsyncExitStack()
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    await migrate(url)
    troupe = state["troupe"] = await stack.enter_async_context(embedded(read_settings({}, home=home), Logins.of(url)))
    await accounts.prepare_laptop(troupe.parts.database, "bench")
    for name in CASES:
        async with scope() as one:
            await definitions.create(one, WORKFLOW, text_of(name))
    settle()  # as the server does


def scope():
    return _Scope()


class _Scope:
    """A request's scope: one transaction, then what follows its commit."""

    async def __aenter__(self):
        parts = state["troupe"].parts
        self.bound = parts.database.workspace(accounts.LAPTOP)
        self.scope = Scope(parts, accounts.LAPTOP, "owner", "bench", await self.bound.__aenter__())
        return self.scope

    async def __aexit__(self, *wrong):
        await self.bound.__aexit__(*wrong)
        for then in self.scope.after:
            then()


async def run(name):
    async with scope() as one:
        started = await runs.start(one, StartRun(workflow=f"bench_{name}", input={"seed": 1}))
    task = state["troupe"].worker.tasks.get(started.id)
    if task is not None:
        outcome = await asyncio.shield(task)
        if outcome is None or outcome.kind != "done":
            raise RuntimeError(f"run {started.id} ended as {outcome}")
    else:
        await _over(started.id)
    return CASES[name].steps


async def _over(id):
    while True:
        async with scope() as one:
            if (await runs.get(one, id)).status == "completed":
                return
        await asyncio.sleep(0.05)


async def close():
    await state["stack"].aclose()
