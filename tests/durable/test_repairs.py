"""Defects that the simulation and the kills found, each as a test by name."""

import asyncio
from copy import deepcopy
from typing import Any

import pytest

from tests.durable.conftest import WORKSPACE, House, Ledger
from tests.durable.test_rules import IDEMPOTENT, ONCE, READ, noting
from tests.durable.test_takeover import expire, hanging, kill
from troupe.base.errors import Rejected, Unavailable, Unreachable
from troupe.durable import store
from troupe.durable.models import BadRow, Batch, Verdicts
from troupe.ports.run import Attempt, Child, Retry, RunContext, Signal, Step, Usage


async def test_a_child_that_ended_while_its_parent_rested_is_seen_when_the_parent_wakes(house: House) -> None:
    @house.program
    async def leaf(run: RunContext, input: Any) -> Any:
        return "grown"

    @house.program
    async def parent(run: RunContext, input: Any) -> Any:
        return await run.call("c", Child("leaf", None))

    worker = await house.worker(loop=False)
    run = await house.start("parent")
    worker.closing = True  # it does not linger
    assert (await worker.advance(run)).kind == "wait"
    worker.closing = False
    async with house.app.workspace(WORKSPACE) as db:
        child = await db.value("SELECT id FROM runs WHERE parent_id = %(run)s", run=run)
    await worker.advance(child)
    assert (await worker.advance(run)).kind == "done"
    assert (await house.run(run))["output"] == "grown"


async def test_a_run_that_its_holder_does_not_advance_is_released(house: House) -> None:
    @house.program
    async def quick(run: RunContext, input: Any) -> Any:
        return "done"

    worker = await house.worker(lease=0.5, loop=False)
    run = await house.start("quick")
    assert await worker.journal.claim(worker.id, [run])
    from troupe.adapters.embedded.orchestrator import Loop

    async with Loop(worker, worker.journal, poll=0.05):
        assert (await house.until(run))["output"] == "done"


@pytest.mark.parametrize("method", ["reserve", "transact", "load", "news"])
async def test_a_database_that_does_not_answer_once_fails_no_run(house: House, ledger: Ledger, method: str) -> None:
    async def model(args: Any, attempt: Attempt) -> Any:
        attempt.meter(Usage(1, 1, 0.01))
        return "answer"

    async def save(db: Any) -> Any:
        return await db.value("SELECT 7")

    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        said = await run.step("ask", Step(READ, model, "test.model", price=0.05), None)
        return [said, await run.transact("save", save), await run.wait("w", Signal("go"))]

    worker = await house.worker(lease=0.5)
    real, left = getattr(worker.journal, method), [1]

    async def fails_once(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.clear()
            raise Unavailable("gone")
        return await real(*args, **kwargs)

    setattr(worker.journal, method, fails_once)
    run = await house.start("asks", budget_usd=1.0)
    await house.until(run, "waiting")
    await house.signal(run, "go", 1)
    worker.poke(run)
    row = await house.until(run)
    assert (row["status"], row["output"]) == ("completed", ["answer", 7, 1])
    assert not left or method == "news"


async def test_a_call_and_its_child_are_committed_together(house: House) -> None:
    @house.program
    async def leaf(run: RunContext, input: Any) -> Any:
        return input

    @house.program
    async def calls(run: RunContext, input: Any) -> Any:
        return await run.together(*[lambda i=i: run.call(f"c{i}", Child("leaf", i)) for i in range(8)])

    worker = await house.worker()
    commit, batches = worker.journal.commit, list[Batch]()

    async def watched(worker: str, epoch: int, batch: Batch) -> Verdicts:
        batches.append(batch)
        return await commit(worker, epoch, batch)

    worker.journal.commit = watched  # type: ignore[method-assign]
    assert (await house.until(await house.start("calls")))["output"] == list(range(8))
    for batch in batches:
        assert {r["key"] for r in batch.children} == {r["key"] for r in batch.inserts if r.get("block") == "$call"}
    assert sum(bool(b.children) for b in batches) == 1


async def test_rows_after_refused_ones_are_refused_too(house: House, ledger: Ledger) -> None:
    """A lease that lapsed for one commit and was then renewed must not leave a hole in a journal."""

    @house.program
    async def two(run: RunContext, input: Any) -> Any:
        await run.step("a", noting(ledger, READ), 1)
        return await run.step("b", noting(ledger, IDEMPOTENT), 2)

    worker = await house.worker(lease=0.6)
    commit, first = worker.journal.commit, [1]

    async def lapsed(worker_id: str, epoch: int, batch: Batch) -> Verdicts:
        if first and any(r["key"] == "b" and r["state"] == "done" for r in batch.updates):
            first.clear()
            return Verdicts(frozenset(batch.held))
        return await commit(worker_id, epoch, batch)

    worker.journal.commit = lapsed  # type: ignore[method-assign]
    run = await house.start("two")
    assert (await house.until(run))["status"] == "completed"
    assert {key: row["state"] for key, row in (await house.steps(run)).items()} == {"a": "done", "b": "done"}
    assert not first


async def test_an_update_that_meets_no_row_harms_nobody_else_in_its_batch(house: House, ledger: Ledger) -> None:
    @house.program
    async def fine(run: RunContext, input: Any) -> Any:
        return await run.step("s", noting(ledger), input)

    @house.program
    async def poison(run: RunContext, input: Any) -> Any:
        run.worker.writer.update(run.run, {"run": run.id, "key": "none", "state": "done", "attempt": 1})  # pyright: ignore
        return await run.step("s", noting(ledger), input)

    await house.worker()
    runs = [await house.start("poison" if i == 5 else "fine", i) for i in range(10)]
    assert [(await house.until(run))["status"] for run in runs] == [
        "failed" if i == 5 else "completed" for i in range(10)
    ]


async def test_an_unclear_attempt_in_a_branch_that_a_failure_cut_off_is_settled_before_the_run_ends(
    house: House, ledger: Ledger
) -> None:
    gate = asyncio.Event()

    async def refuse(args: Any, attempt: Attempt) -> Any:
        await gate.wait()
        raise Rejected("no", code="says_no")

    @house.program
    async def both(run: RunContext, input: Any) -> Any:
        failed = False

        async def left() -> Any:
            nonlocal failed
            try:
                await run.step("left", Step(READ, refuse, "test.refuse"), None)
            finally:
                failed = True

        async def right() -> Any:
            if not failed:  # as a graph does: what failed elsewhere starts nothing more
                await run.step("right", hanging(ledger, gate, ONCE), None)

        await run.together(left, right)

    first = await house.worker()
    run = await house.start("both")
    await gate.wait()
    async with asyncio.timeout(5):
        while (await house.steps(run)).get("left", {}).get("state") != "failed":
            await asyncio.sleep(0.01)
    await kill(first)
    await expire(house, first)
    second = await house.worker()
    assert (await house.until(run, "review"))["reason"] == "unknown_effect"
    await house.settle(run, "right", "happened", "receipt")
    second.poke(run)
    row = await house.until(run)
    assert (row["status"], row["error"]["code"]) == ("failed", "says_no")
    assert (await house.step(run, "right"))["state"] == "done"
    assert ledger.count("right") == 1


async def test_a_signal_for_a_quarantined_run_is_kept_and_leaves_it_there(house: House) -> None:
    @house.program
    async def waits(run: RunContext, input: Any) -> Any:
        return await run.wait("w", Signal("go"))

    run = await house.start("waits")
    first = await house.worker(loop=False)
    await first.journal.claim(first.id, [run])
    await kill(first)
    await expire(house, first)
    assert await first.journal.take_over(0) == 1
    assert await house.signal(run, "go", "kept")
    assert (await house.run(run))["due"] is None
    await house.worker()
    async with house.app.workspace(WORKSPACE) as db:
        assert await store.update_resumed(db, run, "go on")
    assert (await house.until(run))["output"] == "kept"


async def test_a_fenced_worker_registers_again_when_the_database_is_back(house: House) -> None:
    @house.program
    async def quick(run: RunContext, input: Any) -> Any:
        return "done"

    worker = await house.worker(lease=0.6)
    register, left = worker.journal.register, [1, 2]

    async def fails_twice(*args: Any) -> Any:
        if left:
            left.pop()
            raise Unavailable("gone")
        return await register(*args)

    worker.journal.register = fails_twice  # type: ignore[method-assign]
    async with house.engine.connection() as line:
        await line.execute("DELETE FROM workers WHERE id = %s", (worker.id,))
    assert (await house.until(await house.start("quick")))["output"] == "done"
    assert not left


async def test_a_statement_carried_out_twice_does_not_take_an_attempt_back(house: House, ledger: Ledger) -> None:
    """Its connection was cut, it was sent again, the effect's intent followed; then the first one is carried out."""
    gate, sent = asyncio.Event(), list[Batch]()

    async def pay(args: Any, attempt: Attempt) -> Any:
        if attempt.number == 1:
            raise Unreachable
        ledger.note(attempt.step, attempt.effect_key)
        gate.set()
        await asyncio.sleep(3600)

    @house.program
    async def pays(run: RunContext, input: Any) -> Any:
        return await run.step("pay", Step(ONCE, pay, "test.pay", Retry(3, first=0.01)), None)

    first = await house.worker()
    commit = first.journal.commit

    async def watched(worker: str, epoch: int, batch: Batch) -> Verdicts:
        sent.append(deepcopy(batch))
        return await commit(worker, epoch, batch)

    first.journal.commit = watched  # type: ignore[method-assign]
    run = await house.start("pays")
    await gate.wait()
    again = next(b for b in sent if any(r["state"] == "retry" for r in b.updates))
    with pytest.raises(BadRow):
        await commit(first.id, first.epoch, again)
    assert ((await house.step(run, "pay"))["state"], ledger.count("pay")) == ("intent", 1)
    await kill(first)
    await expire(house, first)
    await house.worker()
    assert (await house.until(run, "review"))["reason"] == "unknown_effect"
    assert ledger.count("pay") == 1
