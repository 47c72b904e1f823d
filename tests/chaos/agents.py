"""Agents for the chaos: a model at the ledger that decides by what it is told, and tools whose effects arrive there."""

from typing import Any, cast

from tests.chaos.flows import BLOCKS, Hands
from tests.sim.oracle import seen_in
from troupe.catalog.contract import ModelReply, ModelRequest, ToolCall
from troupe.catalog.registry import catalogue
from troupe.features.agents.program import AgentProgram, Plan
from troupe.features.agents.service import read_kept
from troupe.features.workflows.steps import Means
from troupe.ports.run import Attempt, RunContext, Usage

BOSS = "00000000-0000-7000-8000-0000000000b0"
HELPER = "00000000-0000-7000-8000-0000000000b1"
TEXTS = {
    BOSS: """
troupe: agent/v1
name: boss
model: puppet/one
instructions: Lead.
tools:
  - {block: act, name: note, with: {effect: idempotent}}
  - {block: act, name: send, with: {effect: once}, permission: allow}
  - {block: act, name: pay, with: {effect: once}}
  - {block: act, name: look, with: {effect: read}}
  - {block: charge, name: quote, with: {effect: read}}
  - {block: nap, name: nap, with: {seconds: 0.05}}
  - {agent: helper}
limits: {turns: 5}
""",
    HELPER: """
troupe: agent/v1
name: helper
model: puppet/one
instructions: Help.
tools:
  - {block: act, name: note, with: {effect: idempotent}}
  - {block: act, name: pay, with: {effect: once}}
limits: {turns: 3}
""",
}
MENU = {
    "Lead.": (("note", "send"), ("pay",), ("look", "quote", "note"), ("nap", "pay"), ("helper",), ("helper", "send")),
    "Help.": (("note",), ("pay", "note"), ()),
}

for _id, _block in BLOCKS.items():
    _kind = type(_block)
    catalogue()[_id] = {
        "id": _id, "title": _block.title, "description": "", "input_schema": _block.Input.model_json_schema(),
        "effect": "by_input", "paid": _block.paid,
    }  # fmt: skip


class Model:
    """Says what its arrivals at the ledger number: each question may have another answer, as with any model."""

    def __init__(self, far: Any, attempt: Attempt) -> None:
        self.far, self.attempt = far, attempt

    def named(self, model: str) -> str:
        return model

    def sees(self, model: str) -> bool:
        return False

    def window(self, model: str) -> int:
        return 100_000

    def price_of(self, request: ModelRequest) -> float:
        return 0.02

    async def complete(self, request: ModelRequest) -> ModelReply:
        seen = seen_in([m.model_dump(mode="json") for m in request.messages])
        value = await self.far.act(self.attempt, "read", seen, 0.01)
        used = Usage(10, 5, 0.01)
        self.attempt.meter(used)
        turn = sum(m.role == "assistant" for m in request.messages)
        menu = MENU[request.messages[0].text]
        names = () if turn >= 2 or request.tool_choice == "none" else menu[(value + turn) % len(menu)]
        calls = [ToolCall(id=f"c{i}", name=n, arguments=_arguments(n, value, turn)) for i, n in enumerate(names)]
        return ModelReply(text=f"{value}", calls=calls, usage=used, finish="tools" if calls else "stop", model="puppet")


def _arguments(name: str, value: int, turn: int) -> str:
    if name == "nap":
        return "{}"
    return f'{{"message": "{value}"}}' if name == "helper" else f'{{"value": [{value}, {turn}]}}'


class Reach(Hands):
    """A context with a model, and the one agent that may be called."""

    def __init__(self, far: Any, attempt: Attempt) -> None:
        super().__init__(far, attempt)
        self.model, self.agents = Model(far, attempt), self

    async def find(self, ref: str) -> dict[str, Any]:
        schema = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
        return {"version": HELPER, "subject": None, "name": ref, "title": "", "input_schema": schema}

    def now(self) -> Any:
        from datetime import UTC, datetime

        return datetime.now(UTC)


def program(far: Any) -> AgentProgram:
    """The agents' program on this ledger."""
    means = Means(BLOCKS.__getitem__, lambda attempt: cast(Any, Reach(far, attempt)))
    plans = {version: Plan.of(version, version, read_kept(text)) for version, text in TEXTS.items()}

    async def plan(run: RunContext) -> Plan:
        return plans[run.version or BOSS]

    return AgentProgram(plan, means, graph="graph", agent="agent")
