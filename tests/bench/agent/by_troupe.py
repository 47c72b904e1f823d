"""Troupe's agent: `by_troupe.py URL TURNS RUNS` prints the seconds of each run as a list."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from troupe.app.wiring import Logins, embedded, migrate
from troupe.base.settings import read_settings
from troupe.catalog.contract import ModelEvent, ToolCall
from troupe.features.accounts import service as accounts
from troupe.features.agents import service as agents
from troupe.features.agents.models import StartAgentRun
from troupe.features.definitions import service as definitions
from troupe.features.scope import Caller
from troupe.ports.run import Usage

AGENT = """\
troupe: agent/v1
name: looped
model: instant/one
instructions: Go on.
tools:
  - {block: test.noop, name: look, description: Look.}
limits: {turns: 100}
"""


class Instant:
    """A model that calls its tool turn after turn, then answers."""

    def __init__(self, turns):
        self.turns = turns

    async def stream(self, model, request):
        turn = sum(m.role == "assistant" for m in request.messages)
        if turn < self.turns - 1:
            yield ModelEvent(call=ToolCall(id="c", name="look", arguments=json.dumps({"value": turn})))
            yield ModelEvent(usage=Usage(10, 5), finish="tools")
        else:
            yield ModelEvent(text="Done.")
            yield ModelEvent(usage=Usage(10, 5), finish="stop")


async def main(url, turns, runs):
    with tempfile.TemporaryDirectory() as home:
        await migrate(url)
        async with embedded(read_settings({}, home=Path(home)), Logins.of(url)) as troupe:
            await accounts.prepare_laptop(troupe.parts.database, "bench")
            troupe.reach.models().routes.add("instant", Instant(turns))
            who = Caller(troupe.parts, accounts.LAPTOP, "owner", "bench")
            async with who.acting("owner") as scope:
                await definitions.create(scope, agents.AGENT, AGENT)
            return [await one(troupe, who) for _ in range(runs + 5)][5:]


async def one(troupe, who):
    began = time.perf_counter()
    async with who.acting("owner") as scope:
        run = await agents.start(scope, "looped", StartAgentRun(message="Go."))
    outcome = await asyncio.shield(troupe.worker.tasks[run.id])
    taken = time.perf_counter() - began
    assert outcome is not None
    assert outcome.kind == "done", outcome
    return taken


print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
