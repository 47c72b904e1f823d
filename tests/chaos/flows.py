"""Real workflows for the chaos: texts, and the blocks they are made of, whose effects arrive at the ledger."""

from functools import cache
from typing import Any

from pydantic import Field, JsonValue

from tests.sim.oracle import seen_in
from troupe.catalog.contract import Block, Fields, idempotent
from troupe.durable.models import Registered
from troupe.features.workflows import service
from troupe.features.workflows.program import Interpreter
from troupe.features.workflows.steps import Means
from troupe.ports.run import Attempt, Effect, Signal, Usage

ORDER = """
troupe: workflow/v1
name: order
input: {type: object, required: [items], properties: {items: {type: array, items: {type: integer}}}}
nodes:
  look: {block: act, with: {effect: read, value: "{{ input.items }}"}}
  each_item:
    each: {items: "{{ input.items }}", at_once: 2}
    nodes:
      reserve: {block: act, with: {effect: idempotent, value: ["{{ item }}", "{{ look.value }}"]}}
      weigh: {block: act, with: {effect: pure, value: "{{ reserve.value }}"}}
    output: {got: "{{ reserve.value }}", weight: "{{ weigh.value }}"}
  price: {block: charge, with: {effect: read, value: "{{ each_item }}"}, retry: {attempts: 3, first: 50ms}}
  pay:
    block: act
    with: {effect: once, value: ["{{ price.value }}", "{{ look.value }}"]}
    approve: {by: [editor]}
  receipt: {block: act, with: {effect: idempotent, value: "{{ pay.value }}"}}
output: {rows: "{{ each_item }}", receipt: "{{ receipt.value }}"}
"""
LONG = """
troupe: workflow/v1
name: long
input: {type: object, required: [turns], properties: {turns: {type: integer}}}
nodes:
  start: {block: act, with: {effect: once, value: 0}}
  turns:
    loop: {until: index >= 2, max: 5}
    nodes:
      ask: {block: charge, with: {effect: read, value: ["{{ previous }}", "{{ index }}"]}}
      tell: {block: act, with: {effect: once, value: "{{ ask.value }}"}}
    output: {said: "{{ tell.value }}"}
  left: {block: nap, with: {seconds: 0.05}}
  right: {block: hear, with: {name: go0}}
  checked: {block: sure, with: {effect: once, value: "{{ start.value }}"}, after: [left]}
  small: {block: act, when: "false", with: {effect: once, value: 1}}
  end: {block: act, with: {effect: idempotent, value: ["{{ turns.said }}", "{{ right.value }}"]}, after: [checked]}
output: {end: "{{ end.value }}"}
"""
TEXTS = {"order": ORDER, "long": LONG}


class Given(Fields):
    effect: str = "pure"
    value: JsonValue = Field(default=None)


class Value(Fields):
    value: JsonValue = Field(default=None)


class Act(Block):
    """An effect at the ledger."""

    title, effect, timeout = "Act", idempotent, 0.5
    Input, Output = Given, Value

    def effect_of(self, given: Any) -> Effect:
        return Effect(given.effect)

    async def run(self, given: Any, ctx: Any) -> Any:
        seen = seen_in({"effect": given.effect, "value": given.value})
        cost = 0.01 if self.paid else 0.0
        value = await ctx.far.act(ctx.attempt, given.effect, seen, cost)
        ctx.attempt.meter(Usage(cost_usd=cost))
        return Value(value=value)


class Charge(Act):
    """An effect that costs."""

    title, paid = "Charge", True

    def price(self, given: Any, ctx: Any) -> float | None:
        return 0.02


class Sure(Act):
    """An effect that can be asked after."""

    title = "Sure"

    async def check(self, key: str, ctx: Any) -> Any:
        return await ctx.far.check(key)


class Nap(Block):
    """Sleep."""

    title = "Nap"

    class Input(Fields):
        seconds: float

    Output = Value

    async def program(self, given: Any, run: Any) -> Any:
        await run.sleep("nap", seconds=given.seconds)
        return Value(value="awake")


class Hear(Block):
    """Wait for a signal."""

    title = "Hear"

    class Input(Fields):
        name: str

    Output = Value

    async def program(self, given: Any, run: Any) -> Any:
        return Value(value=await run.wait("heard", Signal(given.name)))


BLOCKS: dict[str, Block] = {"act": Act(), "charge": Charge(), "sure": Sure(), "nap": Nap(), "hear": Hear()}


class Hands:
    """A block's context: the attempt and the far side."""

    def __init__(self, far: Any, attempt: Attempt) -> None:
        self.far, self.attempt = far, attempt


def programs(far: Any) -> dict[str, Any]:
    """Every workflow and its passes, by program name."""
    made: dict[str, Any] = {}
    for name in TEXTS:
        means = Means(BLOCKS.__getitem__, lambda attempt: Hands(far, attempt), passes=f"{name}.pass")  # type: ignore[arg-type,return-value]
        interpreter = Interpreter(graph(name), means, name=name)
        made[name], made[f"{name}.pass"] = interpreter, interpreter.play_pass
    from tests.chaos import agents

    return made | {"agent": agents.program(far)}


def registered(far: Any, play: Any) -> dict[str, Registered]:
    """All programs of the chaos as a worker knows them."""
    return {f"{n}@1": Registered(n, fn) for n, fn in {**programs(far), "play": play}.items()}


@cache
def graph(name: str) -> Any:
    """The compiled workflow; the checker, which knows the catalog's blocks only, is passed by."""
    return service.compile_version(TEXTS[name])
