"""What a failure in one branch of a graph means for the others: the same in every replay, by the journal alone."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from pydantic import Field

from tests.durable.conftest import House, Ledger
from tests.durable.test_rules import IDEMPOTENT, ONCE, READ, noting
from tests.durable.test_takeover import expire, kill
from troupe.base.errors import Rejected, StepFailed
from troupe.catalog.contract import Block, Fields
from troupe.durable.worker import Worker
from troupe.features.workflows import service
from troupe.features.workflows.program import Interpreter
from troupe.features.workflows.steps import Means
from troupe.ports.run import Attempt, Child, Effect, RunContext, Signal, Step


class Stage(Block):
    """A block whose every step waits for its gate, then fails where it is to."""

    title = "Act"

    class Input(Fields):
        effect: str = "read"
        value: Any = Field(default=None)

    class Output(Fields):
        value: Any

    def __init__(self, house: House, ledger: Ledger) -> None:
        self.house, self.ledger = house, ledger
        self.gates: dict[str, asyncio.Event] = defaultdict(self._open)
        self.bad: set[str] = set()

    def _open(self) -> asyncio.Event:
        gate = asyncio.Event()
        gate.set()
        return gate

    def hold(self, *steps: str) -> None:
        for step in steps:
            self.gates[step] = asyncio.Event()

    def effect_of(self, given: Any) -> Effect:
        return Effect(given.effect)

    async def run(self, given: Any, ctx: Any) -> Any:
        attempt: Attempt = ctx
        self.ledger.note(attempt.step, attempt.effect_key)
        await self.gates[attempt.step].wait()
        if attempt.step in self.bad:
            raise Rejected(attempt.step, code="says_no")
        return self.Output(value=given.value)

    async def has(self, run: str, **states: str) -> None:
        """Wait until the journal says so of these steps."""
        async with asyncio.timeout(5):
            while not states.items() <= {k: row["state"] for k, row in (await self.house.steps(run)).items()}.items():
                await asyncio.sleep(0.01)


class Hear(Block):
    """Wait for a signal."""

    title = "Hear"
    Input, Output = Stage.Input, Stage.Output

    async def program(self, given: Any, run: RunContext) -> Any:
        return self.Output(value=await run.wait("", Signal("go")))


@pytest.fixture
def stage(house: House, ledger: Ledger) -> Stage:
    return Stage(house, ledger)


def play(stage: Stage, body: str) -> None:
    """Register the workflow as the program `graph`."""
    blocks: dict[str, Block] = {"act": stage, "hear": Hear()}
    means = Means(blocks.__getitem__, lambda attempt: attempt)  # type: ignore[arg-type,return-value]
    interpreter = Interpreter(service.compile_version(f"troupe: workflow/v1\nname: w\n{body}"), means)

    async def graph(run: RunContext, input: Any) -> Any:
        return await interpreter(run, input)

    stage.house.program(graph)


async def killed(house: House, worker: Worker) -> Worker:
    """The worker is dead, and another has its runs."""
    await kill(worker)
    await expire(house, worker)
    return await house.worker()


async def test_a_node_does_not_start_after_a_failure_that_is_in_the_journal(
    house: House, ledger: Ledger, stage: Stage
) -> None:
    """`slow` keeps the run going; in the replay its branch and that of `a` come before the one that failed."""
    play(stage, """nodes:
  slow: {block: act}
  a: {block: act}
  bad: {block: act}
  pay: {block: act, with: {effect: once, value: "{{ a.value }}"}}
""")  # fmt: skip
    stage.hold("slow", "a")
    stage.bad.add("bad")
    first = await house.worker()
    run = await house.start("graph")
    await stage.has(run, bad="failed")
    stage.gates["a"].set()
    await stage.has(run, a="done", bad="failed")
    await killed(house, first)
    stage.gates["slow"].set()
    row = await house.until(run)
    assert (row["status"], row["error"]["step"]) == ("failed", "bad")
    assert ledger.count("pay") == 0
    assert "pay" not in await house.steps(run)


async def test_a_node_does_not_start_beside_one_that_failed_by_what_is_inside(
    house: House, ledger: Ledger, stage: Stage
) -> None:
    """In the replay, what is inside of the frame must be decided before what stands beside it."""
    play(stage, """nodes:
  slow: {block: act}
  a: {block: act}
  pay: {block: act, with: {effect: once, value: "{{ a.value }}"}}
  frame:
    loop: {max: 1}
    nodes:
      b: {block: act}
      bad: {block: act}
      more: {block: act, after: [b]}
""")  # fmt: skip
    stage.hold("slow", "a", "frame[0]/b")
    stage.bad.add("frame[0]/bad")
    first = await house.worker()
    run = await house.start("graph")
    await stage.has(run, **{"frame[0]/bad": "failed"})
    stage.gates["frame[0]/b"].set()
    await stage.has(run, **{"frame[0]/b": "done"})
    stage.gates["a"].set()
    await stage.has(run, a="done")
    await killed(house, first)
    stage.gates["slow"].set()
    row = await house.until(run)
    assert (row["status"], row["error"]["step"]) == ("failed", "frame[0]/bad")
    assert (ledger.count("pay"), ledger.count("frame[0]/more")) == (0, 0)


async def test_a_node_that_was_under_way_when_another_failed_is_played_to_its_end(
    house: House, ledger: Ledger, stage: Stage
) -> None:
    play(stage, """nodes:
  bad: {block: act}
  a: {block: act}
  pay: {block: act, with: {effect: idempotent, value: "{{ a.value }}"}}
""")  # fmt: skip
    stage.hold("bad", "pay")
    stage.bad.add("bad")
    first = await house.worker()
    run = await house.start("graph")
    await stage.has(run, pay="intent")
    stage.gates["bad"].set()
    await stage.has(run, bad="failed")
    await killed(house, first)
    stage.gates["pay"].set()
    row = await house.until(run)
    assert (row["status"], row["error"]["step"]) == ("failed", "bad")
    assert (await house.step(run, "pay"))["state"] == "done"
    assert (ledger.count("pay"), len(ledger.keys("pay"))) == (2, 1)


async def test_which_failure_a_frame_tells_is_the_same_in_every_replay(
    house: House, ledger: Ledger, stage: Stage
) -> None:
    """`both` goes on in the branch of whoever of a and d came last; what it fails with must not hang on that."""
    play(stage, """nodes:
  frame:
    loop: {max: 1}
    nodes:
      a: {block: act}
      bad: {block: act}
      d: {block: act}
      both: {block: act, after: [a, d]}
    on_error: continue
  tell: {block: act, with: {effect: once, value: "{{ frame.error.step }}"}}
  hear: {block: hear, after: [tell]}
output: "{{ tell.value }}"
""")  # fmt: skip
    steps = ("frame[0]/a", "frame[0]/bad", "frame[0]/d", "frame[0]/both")
    stage.hold(*steps)
    stage.bad |= {"frame[0]/bad", "frame[0]/both"}
    worker = await house.worker()
    run = await house.start("graph")
    for step in ("frame[0]/d", "frame[0]/a"):
        while not ledger.count(step):
            await asyncio.sleep(0.01)
        stage.gates[step].set()
        await asyncio.sleep(0.05)
    while not ledger.count("frame[0]/both"):
        await asyncio.sleep(0.01)
    for step in ("frame[0]/bad", "frame[0]/both"):
        stage.gates[step].set()
    await house.until(run, "waiting")
    await house.signal(run, "go")
    worker.poke(run)
    row = await house.until(run)
    assert (row["status"], row["output"]) == ("completed", "frame[0]/bad")


async def save(db: Any) -> Any:
    return await db.value("INSERT INTO budgets (workspace_id, scope, period, limit_usd) VALUES "
                          "(%(workspace)s, 'workspace', 'day', 1) RETURNING 1")  # fmt: skip


@pytest.mark.parametrize("acts_first", [True, False])
@pytest.mark.parametrize("act", ["step", "transact", "call"])
async def test_a_branch_that_diverges_stops_the_run_before_another_acts(
    house: House, ledger: Ledger, act: str, acts_first: bool
) -> None:
    changed: list[int] = []

    @house.program
    async def leaf(run: RunContext, input: Any) -> Any:
        return await run.step("pay", noting(ledger, ONCE), None)

    @house.program
    async def two(run: RunContext, input: Any) -> Any:
        async def acts() -> Any:
            await run.wait("w", Signal("go"))
            if act == "step":
                await run.step("pay", noting(ledger, ONCE), None)
            elif act == "transact":
                await run.transact("pay", save)
            else:
                await run.call("pay", Child("leaf", None))

        async def changes() -> Any:
            await run.step("say", noting(ledger, READ), len(changed))
            await run.wait("v", Signal("never"))

        await run.together(*((acts, changes) if acts_first else (changes, acts)))

    worker = await house.worker()
    run = await house.start("two")
    await house.until(run, "waiting")
    changed.append(1)
    await house.signal(run, "go")
    worker.poke(run)
    assert (await house.until(run, "review"))["reason"] == "diverged"
    assert ledger.count("pay") == 0
    assert set(await house.steps(run)) == {"w", "say", "v"}


@pytest.mark.parametrize("again", [False, True])
async def test_a_map_fails_with_its_first_item_that_failed_not_the_one_that_failed_first(
    house: House, ledger: Ledger, stage: Stage, again: bool
) -> None:
    """In a replay the passes come by in another order, and a caught failure may be in a later step's input."""

    @house.program
    async def maps(run: RunContext, input: Any) -> Any:
        async def one(index: int, item: Any) -> Any:
            async def act(args: Any, attempt: Attempt) -> Any:
                return await stage.run(Stage.Input(), attempt)

            return await run.step(f"m[{index}]/act", Step(IDEMPOTENT, act, "test.act"), item)

        try:
            await run.map("m", [0, 1, 2, 3], one, at_once=3)
        except StepFailed as failed:
            told = await run.step("tell", noting(ledger, READ), failed.step)
            await run.wait("w", Signal("go"))
            return told["args"]

    stage.hold("m[0]/act", "m[1]/act", "m[2]/act")
    stage.bad |= {"m[0]/act", "m[1]/act", "m[2]/act"}
    worker = await house.worker()
    run = await house.start("maps")
    while len(ledger.calls) < 3:
        await asyncio.sleep(0.01)
    stage.gates["m[1]/act"].set()
    await stage.has(run, **{"m[1]/act": "failed"})
    stage.gates["m[2]/act"].set()
    await stage.has(run, **{"m[2]/act": "failed"})
    if again:
        worker = await killed(house, worker)
    stage.gates["m[0]/act"].set()
    await house.until(run, "waiting")
    await house.signal(run, "go")
    worker.poke(run)
    assert (await house.until(run))["output"] == "m[0]/act"
    assert ledger.count("m[3]/act") == 0
