"""Random programs over a RunContext, written down as JSON so that a seed makes them and any process can play them.

A program folds what it was given into one number, `seen`, and hands that to every effect: if a result on which an
effect was decided were not durable before it, a repetition would be handed another number.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from zlib import crc32

from troupe.base.errors import Rejected, StepFailed, TimedOut, Unreachable
from troupe.ports.run import Approval, Attempt, Child, Effect, Expired, Retry, RunContext, Signal, Step, Usage, Verdict

Ops = list[dict[str, Any]]
TIMEOUT = 1.5  # seconds a step of these programs may take
CLASSES = ("pure", "read", "idempotent", "once")


class Far(Protocol):
    """The far side as one process reaches it."""

    async def act(self, attempt: Attempt, effect: str, seen: int, cost: float) -> Any:
        """The effect happens; what it gives is new for every effect, and the same for one effect key of `idempotent`.
        May raise TimedOut after it, Unreachable before it."""
        ...

    async def check(self, effect_key: str) -> Verdict: ...
    async def save(self, db: Any, run: RunContext, key: str, seen: int) -> Any: ...


def mix(seen: int, value: Any) -> int:
    """The next number, from the last and a value."""
    return crc32(repr(value).encode(), seen)


async def perform(far: Far, attempt: Attempt, effect: str, seen: int, fails: list[str], price: float | None) -> Any:
    """One attempt at the far side; `fails` says how the first ones end."""
    wrong = fails[attempt.number - 1] if attempt.number <= len(fails) else None
    if wrong == "unreachable":
        raise Unreachable
    if wrong == "rejected":
        raise Rejected("It says no.", code="says_no")
    value = await far.act(attempt, effect, seen, (price or 0.0) / 2)
    if price:
        attempt.meter(Usage(1, 1, price / 2))
    if wrong == "timeout":
        raise TimedOut
    return value


class Player:
    """Plays programs as JSON. `play` is a Program."""

    def __init__(self, far: Far, scale: float = 1.0) -> None:
        self.far, self.scale = far, scale

    async def play(self, run: RunContext, input: Any) -> Any:
        return await self._all(run, input["prefix"], input["ops"], input["seen"])

    async def _all(self, run: RunContext, prefix: str, ops: Ops, seen: int) -> int:
        for op in ops:
            value = await getattr(self, f"_{op['op']}")(run, prefix + op["key"], op, seen)
            seen = mix(seen, value)
        return seen

    async def _step(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        return await run.step(key, self.step(op, seen), {"seen": seen})

    def step(self, op: dict[str, Any], seen: int) -> Step:
        """The step an op asks for."""
        fails, price = op.get("fails", []), op.get("price")

        async def act(args: Any, attempt: Attempt) -> Any:
            return await perform(self.far, attempt, op["effect"], args["seen"], fails, price)

        return Step(
            Effect(op["effect"]), act, "test.play", Retry(6, first=0.1 * self.scale, max=1.0 * self.scale),
            TIMEOUT * self.scale, self.far.check if op.get("check") else None, price=price,
        )  # fmt: skip

    async def _sleep(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        await run.sleep(key, seconds=op["seconds"] * self.scale)

    async def _wait(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        expires = op.get("expires")
        try:
            return await run.wait(key, Signal(op["name"], expires and expires * self.scale))
        except Expired:
            return "expired"

    async def _ask(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        expires = op.get("expires")
        asked = Approval("May it?", {"seen": seen}, expires=expires and expires * self.scale)
        return (await run.wait(key, asked))["decision"]

    async def _call(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        return await run.call(key, self._child(key, op, seen))

    def _child(self, key: str, op: dict[str, Any], seen: int) -> Child:
        return Child("play", {"prefix": key + "/", "ops": op["body"], "seen": seen})

    async def _map(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        def one(index: int, item: Any) -> Awaitable[Any]:
            return self._all(run, f"{key}[{index}]/", op["body"], mix(seen, item))

        def child(index: int, item: Any) -> Child:
            return self._child(f"{key}[{index}]", op, mix(seen, item))

        return await run.map(key, list(range(op["n"])), one, at_once=op["at_once"], child=child)

    async def _together(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        def branch(index: int) -> Callable[[], Awaitable[int]]:
            return lambda: self._all(run, f"{key}.{index}/", op["branches"][index], seen)

        return await run.together(*[branch(i) for i in range(len(op["branches"]))])

    async def _try(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        try:
            return await self._all(run, key + "/", op["body"], seen)
        except StepFailed as wrong:
            return wrong.code

    async def _transact(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        return await run.transact(key, lambda db: self.far.save(db, run, key, seen))

    async def _skip(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        await run.skip(key, "left out")

    async def _now(self, run: RunContext, key: str, op: dict[str, Any], seen: int) -> Any:
        return (await run.now(key)).timestamp()


class Nowhere:
    """No far side: for programs that are only replayed."""

    check = save = act = None


def make(chance: random.Random, size: int = 6, depth: int = 2) -> Ops:
    """A random program of about `size` ops at each level."""
    return [_op(chance, i, depth) for i in range(chance.randint(1, size))]


def _op(chance: random.Random, index: int, depth: int) -> dict[str, Any]:
    kinds = (
        ["step"] * 8
        + ["sleep", "wait", "ask", "transact", "skip", "now"]
        + ["call", "map", "together", "try"] * (depth > 0)
    )
    kind = chance.choice(kinds)
    op: dict[str, Any] = {"op": kind, "key": f"{kind[0]}{index}"}
    if kind == "step":
        op |= _step(chance)
    elif kind == "sleep":
        op["seconds"] = chance.choice([0.0, 0.05, 0.5, 7.0])
    elif kind in ("wait", "ask"):
        op |= {"name": f"go{chance.randint(0, 1)}"} | ({"expires": 3.0} if chance.random() < 0.4 else {})
    elif kind in ("call", "try", "map"):
        op |= {"body": make(chance, 3, depth - 1), "n": chance.randint(1, 5), "at_once": chance.randint(1, 4)}
    elif kind == "together":
        op["branches"] = [make(chance, 3, depth - 1) for _ in range(chance.randint(2, 3))]
    return op


def _step(chance: random.Random) -> dict[str, Any]:
    effect = chance.choice(CLASSES)
    op: dict[str, Any] = {"effect": effect}
    if chance.random() < 0.25:
        safe = ["unreachable", "unreachable", "rejected"]
        op["fails"] = [
            chance.choice(safe if effect == "pure" else [*safe, "timeout"]) for _ in range(chance.randint(1, 2))
        ]
    if effect != "pure" and chance.random() < 0.2:
        op["price"] = 0.02
    if effect == "once" and chance.random() < 0.4:
        op["check"] = True
    return op
