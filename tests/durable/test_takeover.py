"""What holds when a worker dies, sleeps too long, or comes back."""

import asyncio
from typing import Any

import pytest

from tests.durable.conftest import WORKSPACE, House, Ledger
from tests.durable.test_rules import IDEMPOTENT, ONCE, READ, noting
from troupe.durable.models import OVER
from troupe.durable.worker import Worker
from troupe.ports.run import Attempt, RunContext, Signal, Step, Usage


async def kill(worker: Worker) -> None:
    """What a SIGKILL leaves: nothing in memory, nothing said to the database."""
    tasks = [*worker.tasks.values(), *worker._background, *filter(None, [worker.writer._task])]
    worker.closing = True
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    worker.writer._task = None


async def expire(house: House, worker: Worker) -> None:
    async with house.engine.connection() as line:
        await line.execute("UPDATE workers SET lease_until = troupe_now() - interval '1 s' WHERE id = %s", (worker.id,))


def hanging(ledger: Ledger, gate: asyncio.Event, effect: Any = ONCE, **more: Any) -> Step:
    """Happens outside, then never answers."""

    async def act(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, attempt.effect_key)
        if ledger.count(attempt.step) == 1:
            gate.set()
            await asyncio.sleep(3600)
        return "answered"

    return Step(effect, act, "test.hang", **more)


@pytest.mark.parametrize(
    ("effect", "calls", "status"), [(READ, 2, "completed"), (IDEMPOTENT, 2, "completed"), (ONCE, 1, "review")]
)
async def test_a_step_that_a_dead_worker_was_doing_ends_as_its_class_says(
    house: House, ledger: Ledger, effect: Any, calls: int, status: str
) -> None:
    gate = asyncio.Event()

    @house.program
    async def acts(run: RunContext, input: Any) -> Any:
        before = await run.step("before", noting(ledger, READ), 1)
        return [before["args"], await run.step("act", hanging(ledger, gate, effect), before)]

    first = await house.worker()
    run = await house.start("acts")
    await gate.wait()
    await kill(first)
    await expire(house, first)
    await house.worker()
    row = await house.until(run, status)
    assert ledger.count("act") == calls
    assert len(ledger.keys("act")) == 1
    if effect is ONCE:
        assert row["reason"] == "unknown_effect"
    if effect is not READ:  # what an effect was decided from was durable before it
        assert ledger.count("before") == 1


async def test_a_stale_worker_that_wakes_with_an_intent_in_hand_writes_nothing(house: House, ledger: Ledger) -> None:
    gate, back = asyncio.Event(), asyncio.Event()

    async def slow(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, attempt.effect_key)
        if ledger.count("act") == 1:
            gate.set()
            await back.wait()
        return f"call {ledger.count('act')}"

    @house.program
    async def acts(run: RunContext, input: Any) -> Any:
        value = await run.step("act", Step(IDEMPOTENT, slow, "test.slow"), None)
        await run.step("after", noting(ledger), value)
        return value

    stale = await house.worker(lease=60, loop=False)
    run = await house.start("acts")
    task = asyncio.create_task(stale.advance(run))
    await gate.wait()
    await expire(house, stale)
    await house.worker()
    assert (await house.until(run))["output"] == "call 2"
    before = await house.steps(run)
    back.set()
    assert (await task).kind == "again"
    assert await house.steps(run) == before
    assert ledger.count("after") == 1


async def test_a_model_turn_that_decides_before_a_payment_is_committed_before_it(house: House, ledger: Ledger) -> None:
    """Were the turn asked again, it might decide on another amount, and the payment happen twice."""
    gate, amounts = asyncio.Event(), iter([100, 200, 300])

    async def turn(args: Any, attempt: Attempt) -> Any:
        return next(amounts)

    async def pay(args: Any, attempt: Attempt) -> Any:
        ledger.note(f"pay {args}", attempt.effect_key)
        if not gate.is_set():
            gate.set()
            await asyncio.sleep(3600)
        return args

    @house.program
    async def agent(run: RunContext, input: Any) -> Any:
        amount = await run.step("turn/1/model", Step(READ, turn, "test.model"), None)
        return await run.step("turn/1/pay", Step(IDEMPOTENT, pay, "test.pay"), amount)

    first = await house.worker()
    run = await house.start("agent")
    await gate.wait()
    await kill(first)
    await expire(house, first)
    await house.worker()
    assert (await house.until(run))["output"] == 100
    assert {step for step, _ in ledger.calls} == {"pay 100"}


async def test_a_paid_result_is_committed_before_the_program_gets_it(house: House, ledger: Ledger) -> None:
    seen = asyncio.Event()

    async def model(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, "")
        attempt.meter(Usage(10, 20, 0.01))
        return "answer"

    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        await run.step("ask", Step(READ, model, "test.model", price=0.05), None)
        seen.set()
        await run.wait("w", Signal("go"))

    first = await house.worker()
    run = await house.start("asks")
    await seen.wait()
    await kill(first)
    row = await house.step(run, "ask")
    assert (row["state"], row["cost_usd"], row["output_tokens"]) == ("done", 0.01, 20)
    await expire(house, first)
    await house.worker()
    await house.until(run, "waiting")
    assert ledger.count("ask") == 1


async def test_a_kill_between_reserve_and_settle_counts_in_full(house: House, ledger: Ledger) -> None:
    gate = asyncio.Event()

    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        return await run.step("ask", hanging(ledger, gate, READ, price=0.04), None)

    first = await house.worker()
    run = await house.start("asks", budget_usd=0.1)
    await gate.wait()
    await kill(first)
    await expire(house, first)
    await house.worker()
    await house.until(run)
    async with house.app.workspace(WORKSPACE) as db:
        used = await db.value("SELECT used_usd FROM budget_use WHERE scope = 'run'")
        states = await db.rows("SELECT attempt, state, amount FROM reservations ORDER BY attempt")
    assert [(s["attempt"], s["state"]) for s in states] == [(1, "held"), (2, "refunded")]
    assert used == pytest.approx(0.04)


async def test_a_budget_holds_under_fan_out(house: House, ledger: Ledger) -> None:
    async def model(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, "")
        attempt.meter(Usage(1, 1, 0.01))
        return "answer"

    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        return await run.map(
            "m", [*range(30)], lambda i, item: run.step(f"m[{i}]/ask", Step(READ, model, "test.model", price=0.01), i),
            at_once=30,
        )  # fmt: skip

    await house.worker()
    row = await house.until(await house.start("asks", budget_usd=0.1))
    assert (row["status"], row["error"]["code"]) == ("failed", "over_budget")
    assert len(ledger.calls) == 10
    assert row["cost_usd"] == pytest.approx(0.1)


async def test_a_signal_that_commits_while_the_run_parks_is_not_lost(house: House) -> None:
    @house.program
    async def waits(run: RunContext, input: Any) -> Any:
        return await run.wait("w", Signal("go"))

    worker = await house.worker(loop=False)
    journal = worker.journal
    run = await house.start("waits")
    commit = journal.commit

    async def slow_commit(*args: Any) -> Any:
        if any(r["status"] == "waiting" for r in args[2].runs):
            await house.signal(run, "go", "just now")
        return await commit(*args)

    journal.commit = slow_commit  # type: ignore[method-assign]
    outcome = await worker.advance(run)
    assert outcome.kind == "done"
    assert (await house.run(run))["output"] == "just now"


async def test_a_run_that_crashes_its_worker_again_and_again_is_put_aside(house: House, ledger: Ledger) -> None:
    @house.program
    async def crashes(run: RunContext, input: Any) -> Any:
        await run.step("s", hanging(ledger, asyncio.Event(), READ), None)
        if len(ledger.calls) < 99:
            ledger.calls.clear()
            await asyncio.sleep(3600)

    run = await house.start("crashes")
    for round in range(1, 4):
        worker = await house.worker(loop=False)
        claimed = await worker.journal.claim_due(worker.id, 10, 10, {}, alone=round > 2)
        assert [c.id for c in claimed] == [run]
        await kill(worker)
        await expire(house, worker)
        assert await worker.journal.take_over(2) == 1
        assert (await house.run(run))["recoveries"] == round
    row = await house.run(run)
    assert (row["status"], row["reason"], row["due"]) == ("review", "crash_loop", None)
    assert row["wakes_on"] == {"kind": "person"}
    assert (await house.events(run))[-1] == "run.review"


async def test_claims_go_round_the_workspaces(house: House) -> None:
    from troupe.base.ids import WorkspaceId, new_id
    from troupe.durable import store

    @house.program
    async def nothing(run: RunContext, input: Any) -> Any:
        return None

    noisy, quiet = WorkspaceId(new_id()), WorkspaceId(new_id())
    row = {
        "program": "nothing", "major": 1, "version_id": None, "subject": None, "origin_id": None, "origin_step": None,
        "repeats": None, "dry_run": False, "only_node": None, "input": "1", "input_ref": None, "budget_usd": None,
        "worker": None,
    }  # fmt: skip
    for workspace, count in ((noisy, 50), (quiet, 2)):
        async with house.app.workspace(workspace) as db:
            for _ in range(count):
                await store.insert_run(db, row | {"id": new_id()})
    worker = await house.worker(loop=False)
    claimed = await worker.journal.claim_due(worker.id, 6, 40, {}, alone=False)
    assert sorted(r.workspace_id for r in claimed).count(quiet) == 2
    more = await worker.journal.claim_due(worker.id, 100, 10, {noisy: 4}, alone=False)
    assert len(more) == 6


async def test_nothing_rests_without_what_wakes_it(house: House) -> None:
    import psycopg

    run = await house.start("any")
    with pytest.raises(psycopg.errors.CheckViolation):
        async with house.app.workspace(WORKSPACE) as db:
            await db.execute("UPDATE runs SET due = NULL WHERE id = %(run)s", run=run)
    assert (await house.run(run))["status"] not in OVER
