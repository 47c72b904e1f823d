"""Random workflows for the simulation: real texts, played by the real interpreter, whose nodes fail while others go on.

A node's id says what its failure means: that of `n3` fails its graph, `l3` is lenient, `f3` is a frame.
"""

import random
from functools import cache
from typing import Any

import orjson
from pydantic import Field, JsonValue

from tests.sim.oracle import seen_in
from tests.sim.programs import CLASSES, TIMEOUT, Far, perform
from troupe.base.values import Json
from troupe.catalog.contract import Block, Fields, idempotent
from troupe.features.workflows import service
from troupe.features.workflows.program import Interpreter
from troupe.features.workflows.steps import Means
from troupe.ports.run import Attempt, Effect, RunContext, Signal, Verdict

SHAPES = 400
PRICE = 0.02


class Given(Fields):
    effect: str = "pure"
    fails: list[str] = Field(default_factory=list)
    value: JsonValue = Field(default=None)


class Value(Fields):
    value: JsonValue = Field(default=None)


class Hands:
    """A block's context: the attempt and the far side."""

    def __init__(self, far: Far, attempt: Attempt) -> None:
        self.far, self.attempt = far, attempt


class Act(Block):
    """An effect at the far side."""

    title, effect, timeout = "Act", idempotent, TIMEOUT
    Input, Output = Given, Value

    def effect_of(self, given: Any) -> Effect:
        return Effect(given.effect)

    async def run(self, given: Any, ctx: Any) -> Any:
        seen = seen_in(given.model_dump())
        price = PRICE if self.paid else None
        return Value(value=await perform(ctx.far, ctx.attempt, given.effect, seen, given.fails, price))


class Charge(Act):
    """An effect that costs."""

    title, paid = "Charge", True

    def price(self, given: Any, ctx: Any) -> float | None:
        return PRICE


class Sure(Act):
    """An effect that can be asked after."""

    title = "Sure"

    async def check(self, key: str, ctx: Any) -> Verdict:
        return await ctx.far.check(key)


class Nap(Block):
    """Sleep."""

    title = "Nap"

    class Input(Fields):
        seconds: float
        value: JsonValue = Field(default=None)

    Output = Value

    async def program(self, given: Any, run: RunContext) -> Any:
        await run.sleep("nap", seconds=given.seconds)
        return Value(value="awake")


class Hear(Block):
    """Wait for a signal."""

    title = "Hear"

    class Input(Fields):
        name: str
        value: JsonValue = Field(default=None)

    Output = Value

    async def program(self, given: Any, run: RunContext) -> Any:
        return Value(value=await run.wait("heard", Signal(given.name)))


BLOCKS: dict[str, Block] = {"act": Act(), "charge": Charge(), "sure": Sure(), "nap": Nap(), "hear": Hear()}


class Graphs:
    """Plays shapes by their number. `play` and `play_pass` are Programs."""

    def __init__(self, far: Far) -> None:
        self.far = far
        self._made: dict[int, Interpreter] = {}

    async def play(self, run: RunContext, input: Json) -> Json:
        return await self._interpreter(input)(run, input)

    async def play_pass(self, run: RunContext, input: Json) -> Json:
        return await self._interpreter(input["item"]).play_pass(run, input)  # type: ignore[index,call-overload]

    def _interpreter(self, input: Any) -> Interpreter:
        number: int = input["shape"]
        if number not in self._made:
            means = Means(BLOCKS.__getitem__, lambda attempt: Hands(self.far, attempt), passes="pass")  # type: ignore[arg-type,return-value]
            self._made[number] = Interpreter(_graph(number), means)
        return self._made[number]


def given_to(shape: int, chance: random.Random) -> dict[str, Any]:
    """An input of a shape: its frames go over these items."""
    return {"shape": shape, "items": [{"shape": shape, "n": n} for n in range(chance.randint(1, 4))]}


@cache
def _graph(number: int) -> Any:
    return service.compile_version(text_of(number))


def text_of(number: int) -> str:
    """The definition, in YAML's JSON."""
    nodes = _nodes(random.Random(number), 7, 2)
    output = {id: f"{{{{ {id} }}}}" for id in nodes}
    return orjson.dumps({"troupe": "workflow/v1", "name": "w", "nodes": nodes, "output": output}).decode()


def _nodes(chance: random.Random, size: int, depth: int) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for i in range(chance.randint(2, size)):
        after = chance.sample(list(nodes), min(len(nodes), chance.choice([0, 0, 1, 1, 2])))
        frame = depth > 0 and chance.random() < 0.25
        lenient = chance.random() < 0.25
        level = "cba"[depth]  # ids of a frame do not shadow outer ones
        node = _frame(chance, depth) if frame else _block(chance, [f"{{{{ {id} }}}}" for id in after])
        node |= {"after": after} if frame and after else {}
        node |= {"on_error": "continue"} if lenient else {}
        nodes[f"{'f' if frame else 'l' if lenient else 'n'}{level}{i}"] = node
    return nodes


def _frame(chance: random.Random, depth: int) -> dict[str, Any]:
    nodes = _nodes(chance, 4, depth - 1)
    inside = {"nodes": nodes, "output": {id: f"{{{{ {id} }}}}" for id in nodes}}
    if chance.random() < 0.4:
        return inside | {"loop": {"max": chance.randint(1, 2)}}
    return inside | {"each": {"items": "{{ input.items }}", "at_once": chance.randint(1, 3)}}


def _block(chance: random.Random, value: list[str]) -> dict[str, Any]:
    kind = chance.choice(["act"] * 5 + ["charge", "sure", "nap", "hear"])
    if kind == "nap":
        return {"block": kind, "with": {"seconds": chance.choice([0.05, 0.5, 7.0]), "value": value}}
    if kind == "hear":
        return {"block": kind, "with": {"name": f"go{chance.randint(0, 1)}", "value": value}}
    effect = "once" if kind == "sure" else chance.choice(CLASSES[1:] if kind == "charge" else CLASSES)
    fails = ["rejected"] if chance.random() < 0.25 else ["unreachable"] if chance.random() < 0.1 else []
    retry = {"attempts": 6, "first": "100ms", "max": "1s"}
    return {"block": kind, "with": {"effect": effect, "fails": fails, "value": value}, "retry": retry}
