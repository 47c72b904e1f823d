"""A slice that ends at a set time: nothing starts that may not end in it, and the next slice goes on."""

from typing import Any

from tests.durable.conftest import House
from troupe.base.errors import StepFailed
from troupe.base.values import Json
from troupe.durable.waits.store import PgWaits
from troupe.ports.run import Attempt, Effect, RunContext, Step


class Done:
    """What was done, in order."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def step(self, effect: Effect, timeout: float) -> Step:
        async def fn(args: Json, attempt: Attempt) -> Json:
            self.keys.append(attempt.step)
            return args

        return Step(effect, fn, block="test", timeout=timeout)


async def test_a_step_that_may_last_longer_than_there_is_time_is_done_by_the_next_slice(house: House) -> None:
    done = Done()

    @house.program
    async def two(run: RunContext, _: Json) -> Json:
        await run.step("short", done.step(Effect.ONCE, 1.0), 1)
        await run.step("long", done.step(Effect.ONCE, 60.0), 2)
        return "over"

    run = await house.start("two")
    first = (await house.worker(loop=False)).end_in(30.0, longest=100.0)  # it began 70 s ago
    outcome = await first.advance(run)
    assert (outcome.kind, done.keys) == ("wait", ["short"])
    assert outcome.due is not None
    assert outcome.due <= first.now()
    assert await house.steps(run) == {"short": await house.step(run, "short")}
    second = (await house.worker(loop=False)).end_in(100.0)
    assert (await second.advance(run)).kind == "done"
    assert done.keys == ["short", "long"]


async def test_branches_that_have_the_time_go_on_while_one_waits_for_the_next_slice(house: House) -> None:
    done = Done()

    @house.program
    async def wide(run: RunContext, _: Json) -> Json:
        async def branch(name: str, timeout: float) -> None:
            await run.step(f"{name}1", done.step(Effect.READ, timeout), None)
            await run.step(f"{name}2", done.step(Effect.READ, 1.0), None)

        await run.together(lambda: branch("a", 60.0), lambda: branch("b", 1.0))
        return None

    run = await house.start("wide")
    first = (await house.worker(loop=False)).end_in(30.0, longest=100.0)
    assert (await first.advance(run)).kind == "wait"
    assert done.keys == ["b1", "b2"]
    assert (await (await house.worker(loop=False)).advance(run)).kind == "done"
    assert done.keys == ["b1", "b2", "a1", "a2"]


async def test_a_step_longer_than_any_slice_is_refused_before_anything_happens(house: House) -> None:
    done, seen = Done(), list[Any]()

    @house.program
    async def patient(run: RunContext, _: Json) -> Json:
        try:
            await run.step("hours", done.step(Effect.ONCE, 7200.0), None)
        except StepFailed as wrong:
            seen.append((wrong.code, wrong.retryable))
        return None

    run = await house.start("patient")
    worker = (await house.worker(loop=False)).end_in(100.0)
    assert (await worker.advance(run)).kind == "done"
    assert (seen, done.keys) == ([("step_too_long", False)], [])
    assert (await house.step(run, "hours"))["state"] == "failed"


async def test_a_run_that_is_ended_while_a_step_waits_for_the_next_slice_ends(house: House) -> None:
    done = Done()

    @house.program
    async def one(run: RunContext, _: Json) -> Json:
        await run.step("long", done.step(Effect.READ, 60.0), None)
        return None

    run = await house.start("one")
    first = (await house.worker(loop=False)).end_in(30.0, longest=100.0)
    assert (await first.advance(run)).kind == "wait"
    await house.stop(run)
    assert (await first.advance(run)).kind == "failed"
    assert ((await house.run(run))["status"], done.keys) == ("terminated", [])


async def test_a_step_that_only_a_worker_has_time_for_waits_for_one_and_its_run_says_so(house: House) -> None:
    done, waits = Done(), PgWaits(house.engine)

    @house.program
    async def two(run: RunContext, _: Json) -> Json:
        await run.step("short", done.step(Effect.ONCE, 1.0), 1)
        await run.step("hours", done.step(Effect.ONCE, 7200.0), 2)
        return "over"

    run = await house.start("two")
    short = (await house.worker(loop=False)).end_in(100.0, farthest=36_000.0)
    assert [(await short.advance(run)).kind for _ in range(2)] == ["long", "long"]  # a row says it, not who saw it
    seen = await house.run(run)
    assert (seen["status"], seen["reason"], seen["wakes_on"]["name"]) == ("waiting", "time", "worker")
    await waits.take_up(run)
    assert (await (await house.worker(loop=False)).end_in(36_000.0).advance(run)).kind == "done"
    assert done.keys == ["short", "hours"]


async def test_taking_up_a_run_that_rests_for_something_else_changes_nothing(house: House) -> None:
    @house.program
    async def naps(run: RunContext, _: Json) -> Json:
        await run.sleep("nap", seconds=3600)
        return None

    run = await house.start("naps")
    await (await house.worker(loop=False)).advance(run)
    before = (await house.run(run))["due"]
    await PgWaits(house.engine).take_up(run)
    assert (await house.run(run))["due"] == before
