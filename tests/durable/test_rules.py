"""The rules of the durable core, each by what a user could see."""

import asyncio
from typing import Any

import pytest

from tests.durable.conftest import WORKSPACE, House, Ledger
from troupe.base.errors import Rejected, StepFailed, TimedOut, Unreachable
from troupe.ports.run import Approval, Attempt, Child, Effect, Expired, Retry, RunContext, Signal, Step, Usage

PURE, READ, IDEMPOTENT, ONCE = Effect


def noting(ledger: Ledger, effect: Effect = IDEMPOTENT, **more: Any) -> Step:
    async def act(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, attempt.effect_key)
        return {"args": args, "attempt": attempt.number}

    return Step(effect, act, "test.note", **more)


def failing(*wrongs: BaseException | None, ledger: Ledger, effect: Effect = READ, **more: Any) -> Step:
    """Fails as told, attempt by attempt, then gives "ok"."""
    left = list(wrongs)

    async def act(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, attempt.effect_key)
        wrong = left.pop(0) if left else None
        if wrong is not None:
            raise wrong
        return "ok"

    return Step(effect, act, "test.fail", **more)


async def test_a_run_ends_with_its_programs_output_and_its_events_in_order(house: House, ledger: Ledger) -> None:
    @house.program
    async def two(run: RunContext, input: Any) -> Any:
        a = await run.step("a", noting(ledger), input)
        b = await run.step("b", noting(ledger), a)
        return b["args"]["args"]

    await house.worker()
    run = await house.start("two", 7)
    assert (await house.until(run))["output"] == 7
    expected = ["run.queued", "run.started", "step.done a", "step.done b", "run.completed"]
    assert await house.events(run) == expected


async def test_a_failure_is_journaled_and_ends_the_run_with_code_message_and_step(house: House, ledger: Ledger) -> None:
    @house.program
    async def bad(run: RunContext, input: Any) -> Any:
        return await run.step("only", failing(Rejected("It has no wheels.", code="no_wheels"), ledger=ledger), None)

    await house.worker()
    error = (await house.until(await house.start("bad")))["error"]
    assert (error["code"], error["message"], error["step"]) == ("no_wheels", "It has no wheels.", "only")
    assert ledger.count("only") == 1


async def test_a_read_is_retried_with_backoff_and_its_attempts_are_counted(house: House, ledger: Ledger) -> None:
    step = failing(Unreachable(), TimedOut(), ledger=ledger, retry=Retry(3, first=0.01))

    @house.program
    async def again(run: RunContext, input: Any) -> Any:
        return await run.step("s", step, None)

    await house.worker()
    run = await house.start("again")
    assert (await house.until(run))["output"] == "ok"
    assert (await house.step(run, "s"))["attempt"] == 3


async def test_an_idempotent_step_keeps_its_effect_key_over_attempts(house: House, ledger: Ledger) -> None:
    step = failing(TimedOut(), ledger=ledger, effect=IDEMPOTENT, retry=Retry(2, first=0.01))

    @house.program
    async def keyed(run: RunContext, input: Any) -> Any:
        return await run.step("s", step, None)

    await house.worker()
    await house.until(await house.start("keyed"))
    assert ledger.count("s") == 2
    assert len(ledger.keys("s")) == 1


async def test_a_once_call_that_times_out_after_it_was_sent_is_unknown_and_never_repeated(
    house: House, ledger: Ledger
) -> None:
    step = failing(TimedOut(), ledger=ledger, effect=ONCE, retry=Retry(5, first=0.01))

    @house.program
    async def pays(run: RunContext, input: Any) -> Any:
        return await run.step("pay", step, None)

    await house.worker()
    run = await house.start("pays")
    row = await house.until(run, "review")
    assert row["reason"] == "unknown_effect"
    assert (await house.step(run, "pay"))["state"] == "unknown"
    assert ledger.count("pay") == 1
    assert await house.settle(run, "pay", "happened", {"receipt": 1})
    assert (await house.until(run))["output"] == {"receipt": 1}
    assert ledger.count("pay") == 1


async def test_a_once_call_that_was_refused_before_it_was_sent_is_retried(house: House, ledger: Ledger) -> None:
    step = failing(Unreachable(), ledger=ledger, effect=ONCE, retry=Retry(2, first=0.01))

    @house.program
    async def pays(run: RunContext, input: Any) -> Any:
        return await run.step("pay", step, None)

    await house.worker()
    assert (await house.until(await house.start("pays")))["output"] == "ok"
    assert ledger.count("pay") == 2


@pytest.mark.parametrize(("outcome", "status"), [("not_happened", "completed"), ("give_up", "failed")])
async def test_an_unknown_step_is_settled_by_a_person(house: House, ledger: Ledger, outcome: str, status: str) -> None:
    step = failing(TimedOut(), ledger=ledger, effect=ONCE)

    @house.program
    async def pays(run: RunContext, input: Any) -> Any:
        return await run.step("pay", step, None)

    await house.worker()
    run = await house.start("pays")
    await house.until(run, "review")
    await house.settle(run, "pay", outcome)
    row = await house.until(run)
    assert row["status"] == status
    assert (row["error"] or {}).get("code") == (None if status == "completed" else "given_up")


async def test_a_step_is_not_run_again_when_its_result_is_in_the_journal(house: House, ledger: Ledger) -> None:
    @house.program
    async def waits(run: RunContext, input: Any) -> Any:
        await run.step("before", noting(ledger, READ), None)
        said = await run.wait("w", Signal("go"))
        await run.step("after", noting(ledger, READ), said)
        return said

    await house.worker()
    run = await house.start("waits")
    await house.until(run, "waiting")
    assert await house.signal(run, "go", {"x": 1})
    assert (await house.until(run))["output"] == {"x": 1}
    assert (ledger.count("before"), ledger.count("after")) == (1, 1)


async def test_an_early_signal_is_kept_and_consumed_once_in_order(house: House) -> None:
    @house.program
    async def three(run: RunContext, input: Any) -> Any:
        return [await run.wait(f"w{i}", Signal("go")) for i in range(3)]

    run = await house.start("three")
    for i in range(3):
        assert await house.signal(run, "go", i, dedupe=str(i))
    assert not await house.signal(run, "go", 9, dedupe="0")
    await house.worker()
    assert (await house.until(run))["output"] == [0, 1, 2]


async def test_a_wait_expires_and_a_signal_in_time_wins(house: House) -> None:
    @house.program
    async def short(run: RunContext, input: Any) -> Any:
        try:
            return await run.wait("w", Signal("go", expires=0.15))
        except Expired:
            return "expired"

    await house.worker()
    late, early = await house.start("short"), await house.start("short")
    await house.signal(early, "go", "in time")
    assert (await house.until(late))["output"] == "expired"
    assert (await house.until(early))["output"] == "in time"


async def test_a_signal_for_one_branch_is_seen_while_another_works(house: House, ledger: Ledger) -> None:
    gate = asyncio.Event()

    async def slow(args: Any, attempt: Attempt) -> Any:
        await gate.wait()
        return "slow"

    @house.program
    async def both(run: RunContext, input: Any) -> Any:
        async def waits() -> Any:
            said = await run.wait("w", Signal("go"))
            await run.step("seen", noting(ledger), said)
            gate.set()
            return said

        return await run.together(waits, lambda: run.step("slow", Step(READ, slow, "test.slow"), None))

    worker = await house.worker()
    run = await house.start("both")
    await house.until(run, "running")
    await house.signal(run, "go", 1)
    worker.poke(run)
    assert (await house.until(run))["output"] == [1, "slow"]


async def test_branches_that_rest_are_parked_together_and_wake_one_by_one(house: House) -> None:
    @house.program
    async def many(run: RunContext, input: Any) -> Any:
        return await run.together(*[lambda i=i: run.wait(f"w{i}", Signal(f"s{i}")) for i in range(5)])

    worker = await house.worker()
    run = await house.start("many")
    for i in (3, 0, 4, 1, 2):
        await house.until(run, "waiting")
        await house.signal(run, f"s{i}", i)
        worker.poke(run)
    assert (await house.until(run))["output"] == [0, 1, 2, 3, 4]


async def test_a_sleep_is_journaled_and_outlives_its_worker(house: House) -> None:
    @house.program
    async def naps(run: RunContext, input: Any) -> Any:
        await run.sleep("nap", seconds=0.3)
        return "awake"

    first = await house.worker(loop=False)
    run = await house.start("naps")
    task = asyncio.create_task(first.advance(run))
    await asyncio.sleep(0.1)
    first.closing = True
    first.slices[run].bell.set()
    assert (await task).kind == "wait"
    due = (await house.run(run))["due"]
    assert (await house.step(run, "nap"))["due"] == due
    await house.worker()
    assert (await house.until(run))["output"] == "awake"


async def test_children_run_below_their_parent_and_their_failure_is_its_failure(house: House, ledger: Ledger) -> None:
    @house.program
    async def child(run: RunContext, input: Any) -> Any:
        if input == 3:
            raise Rejected("three is bad", code="three")
        return (await run.step("s", noting(ledger), input))["args"] * 2

    @house.program
    async def parent(run: RunContext, input: Any) -> Any:
        return await run.map(
            "each", input, lambda i, item: run.step(f"each[{i}]/no", noting(ledger), item), at_once=2,
            child=lambda i, item: Child("child", item),
        )  # fmt: skip

    await house.worker(fan_out_above=1)
    good, bad = await house.start("parent", [1, 2, 5]), await house.start("parent", [1, 3])
    assert (await house.until(good))["output"] == [2, 4, 10]
    row = await house.until(bad)
    assert (row["status"], row["error"]["code"]) == ("failed", "three")
    assert (await house.run(good))["pending"] == 0


async def test_two_last_children_wake_their_parent_once_and_surely(house: House) -> None:
    @house.program
    async def leaf(run: RunContext, input: Any) -> Any:
        return input

    @house.program
    async def pair(run: RunContext, input: Any) -> Any:
        return await run.together(*[lambda i=i: run.call(f"c{i}", Child("leaf", i)) for i in range(2)])

    await house.worker()
    runs = [await house.start("pair") for _ in range(30)]
    for run in runs:
        assert (await house.until(run))["output"] == [0, 1]
        assert (await house.run(run))["pending"] == 0


async def test_terminate_reaches_children_and_ends_what_rests(house: House) -> None:
    @house.program
    async def rests(run: RunContext, input: Any) -> Any:
        await run.wait("w", Signal("never"))

    @house.program
    async def above(run: RunContext, input: Any) -> Any:
        await run.call("c", Child("rests", None))

    worker = await house.worker()
    run = await house.start("above")
    await house.until(run, "waiting", reason="children")
    await house.stop(run, "enough")
    worker.poke(run)
    row = await house.until(run)
    assert (row["status"], row["reason"]) == ("terminated", "enough")
    async with house.app.workspace(WORKSPACE) as db:
        child = await db.value("SELECT id FROM runs WHERE parent_id = %(run)s", run=run)
    assert (await house.until(child))["status"] == "terminated"


async def test_terminate_while_an_effect_returns_keeps_the_effects_result(house: House, ledger: Ledger) -> None:
    sent, back = asyncio.Event(), asyncio.Event()

    async def slow(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, attempt.effect_key)
        sent.set()
        await back.wait()
        return "done"

    @house.program
    async def pays(run: RunContext, input: Any) -> Any:
        await run.step("pay", Step(ONCE, slow, "test.pay"), None)
        await run.step("after", noting(ledger), None)

    worker = await house.worker()
    run = await house.start("pays")
    await sent.wait()
    await house.stop(run)
    worker.poke(run)
    await asyncio.sleep(0.05)
    back.set()
    assert (await house.until(run))["status"] == "terminated"
    assert (await house.step(run, "pay"))["state"] == "done"
    assert ledger.count("after") == 0


async def test_a_changed_program_diverges_before_any_effect(house: House, ledger: Ledger) -> None:
    version = [1]

    @house.program
    async def moves(run: RunContext, input: Any) -> Any:
        await run.step("a", noting(ledger), version[0])
        await run.wait("w", Signal("go"))
        await run.step("b", noting(ledger), None)

    worker = await house.worker()
    run = await house.start("moves")
    await house.until(run, "waiting")
    version[0] = 2
    await house.signal(run, "go")
    worker.poke(run)
    row = await house.until(run, "review")
    assert (row["reason"], row["error"]["step"]) == ("diverged", "a")
    assert (ledger.count("a"), ledger.count("b")) == (1, 0)


async def test_one_key_twice_is_an_error_of_the_definition(house: House, ledger: Ledger) -> None:
    @house.program
    async def twice(run: RunContext, input: Any) -> Any:
        await run.step("a", noting(ledger), 1)
        await run.step("a", noting(ledger), 1)

    await house.worker()
    assert (await house.until(await house.start("twice")))["error"]["code"] == "key_twice"


async def test_an_approval_gives_the_decision_and_its_arguments(house: House) -> None:
    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        return await run.wait("ask", Approval("Send?", {"to": "a@b"}, "mail.send", ONCE, ("editor",)))

    worker = await house.worker()
    run = await house.start("asks")
    assert (await house.until(run, "review"))["reason"] == "approval"
    await house.signal(run, "$approval/ask", {"decision": "approve", "decided_by": "me"}, "decision")
    assert not await house.signal(run, "$approval/ask", {"decision": "refuse"}, "decision")
    worker.poke(run)
    assert (await house.until(run))["output"] == {"decision": "approve", "decided_by": "me"}


async def test_what_postgres_cannot_store_is_cleaned_and_the_run_survives(house: House, ledger: Ledger) -> None:
    async def odd(args: Any, attempt: Attempt) -> Any:
        return {"text": "a\x00b\ud800c", "number": float("nan"), "big": 10**30, "deep": [[[1]]]}

    @house.program
    async def cleans(run: RunContext, input: Any) -> Any:
        first = await run.step("odd", Step(READ, odd, "test.odd"), None)
        await run.step("next", noting(ledger), first)
        return first

    await house.worker()
    run = await house.start("cleans")
    row = await house.until(run)
    assert row["status"] == "completed", row["error"]
    assert row["output"]["text"] == "ab\ufffdc"
    assert row["output"]["number"] is None


async def test_a_row_the_database_refuses_in_a_shared_batch_fails_its_own_run_only(
    house: House, ledger: Ledger
) -> None:
    @house.program
    async def fine(run: RunContext, input: Any) -> Any:
        return await run.step("s", noting(ledger), input)

    @house.program
    async def poison(run: RunContext, input: Any) -> Any:
        run.worker.writer.insert(run.run, {"run": run.id, "key": "x", "state": "no such state", "attempt": 1, "at": 0})  # pyright: ignore
        return await run.step("s", noting(ledger), input)

    await house.worker()
    runs = [await house.start("poison" if i == 5 else "fine", i) for i in range(10)]
    ends = [(await house.until(run))["status"] for run in runs]
    assert ends == ["failed" if i == 5 else "completed" for i in range(10)]


@pytest.mark.parametrize("key", ["a\x00b", "x" * 600], ids=["nul", "long"])
async def test_a_key_that_cannot_be_kept_fails_its_run_where_it_is_written_alone(house: House, key: str) -> None:
    @house.program
    async def poison(run: RunContext, input: Any) -> Any:
        run.worker.writer.insert(run.run, {"run": run.id, "key": key, "state": "done", "attempt": 1, "at": 0})  # pyright: ignore
        await run.wait("w", Signal("go"))

    await house.worker()
    run = await house.start("poison")
    assert (await house.until(run))["status"] == "failed"
    assert await house.steps(run) == {}


async def test_the_last_result_and_the_end_of_its_run_are_one_commit(house: House, ledger: Ledger) -> None:
    @house.program
    async def short(run: RunContext, input: Any) -> Any:
        return await run.step("s", noting(ledger, IDEMPOTENT), input)

    worker = await house.worker()
    assert (await house.until(await house.start("short")))["status"] == "completed"
    assert worker.writer.commits == 2, "the intent, then all the rest"


async def test_a_large_result_goes_to_files_and_is_read_back_on_replay(house: House, ledger: Ledger) -> None:
    text = "x" * 300_000

    async def big(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, attempt.effect_key)
        return text

    @house.program
    async def large(run: RunContext, input: Any) -> Any:
        first = await run.step("big", Step(READ, big, "test.big"), None)
        await run.wait("w", Signal("go"))
        return len(first)  # pyright: ignore

    worker = await house.worker()
    run = await house.start("large")
    await house.until(run, "waiting")
    assert (await house.step(run, "big"))["result"] is None
    await house.signal(run, "go")
    worker.poke(run)
    assert (await house.until(run))["output"] == 300_000
    assert ledger.count("big") == 1


async def test_a_crash_of_a_block_is_a_failed_step(house: House) -> None:
    async def crash(args: Any, attempt: Attempt) -> Any:
        raise ZeroDivisionError("oops")

    @house.program
    async def crashes(run: RunContext, input: Any) -> Any:
        return await run.step("s", Step(READ, crash, "test.crash"), None)

    await house.worker()
    assert (await house.until(await house.start("crashes")))["error"]["code"] == "block_crashed"


async def test_transact_writes_our_tables_and_the_journal_together(house: House) -> None:
    async def save(db: Any) -> Any:
        await db.execute(
            """INSERT INTO budgets (workspace_id, scope, period, limit_usd)
               VALUES (%(workspace)s, 'workspace', 'day', 1)"""
        )
        return await db.value("SELECT count(*) FROM budgets")

    async def breaks(db: Any) -> Any:
        await save(db)
        raise StepFailed("after the insert")

    @house.program
    async def saves(run: RunContext, input: Any) -> Any:
        return await run.transact("save", breaks if input else save)

    await house.worker()
    broken, good = await house.start("saves", 1), await house.start("saves", 0)
    assert (await house.until(broken))["status"] == "failed"
    assert (await house.until(good))["output"] == 1


async def test_a_dry_run_performs_no_effect_and_marks_what_it_gives_instead(house: House, ledger: Ledger) -> None:
    @house.program
    async def acts(run: RunContext, input: Any) -> Any:
        seen = await run.step("look", noting(ledger, READ), None)
        return [seen["attempt"], await run.step("pay", noting(ledger, ONCE, simulated={"receipt": "example"}), None)]

    await house.worker()
    run = await house.start("acts", dry_run=True)
    assert (await house.until(run))["output"] == [1, {"receipt": "example"}]
    assert (ledger.count("look"), ledger.count("pay")) == (1, 0)
    assert (await house.step(run, "pay"))["simulated"]


async def test_a_replay_gives_the_very_value_that_was_given_before(house: House, ledger: Ledger) -> None:
    """Key order and large floats too: an expression may have written them into a later step's input as text."""

    async def odd(args: Any, attempt: Attempt) -> Any:
        return {"zebra": 1, "a": 1e16, "b": -0.0}

    @house.program
    async def writes(run: RunContext, input: Any) -> Any:
        value = await run.step("odd", Step(READ, odd, "test.odd"), None)
        said = await run.step("text", noting(ledger), repr(value))
        await run.wait("w", Signal("go"))
        return said["args"]

    worker = await house.worker()
    run = await house.start("writes")
    await house.until(run, "waiting")
    await house.signal(run, "go")
    worker.poke(run)
    assert (await house.until(run))["output"] == "{'zebra': 1, 'a': 1e+16, 'b': -0.0}"


async def test_every_budget_of_a_scope_holds_whatever_its_period(house: House, ledger: Ledger) -> None:
    async def model(args: Any, attempt: Attempt) -> Any:
        ledger.note(attempt.step, "")
        attempt.meter(Usage(1, 1, 0.01))
        return "answer"

    @house.program
    async def asks(run: RunContext, input: Any) -> Any:
        for i in range(5):
            await run.step(f"ask{i}", Step(READ, model, "test.model", price=0.01), i)

    async with house.app.workspace(WORKSPACE) as db:
        for period, limit in (("day", 0.02), ("month", 1.0)):
            await db.execute(
                "INSERT INTO budgets VALUES (%(workspace)s, 'workspace', %(period)s, %(limit)s)",
                period=period, limit=limit,
            )  # fmt: skip
    await house.worker()
    row = await house.until(await house.start("asks"))
    assert (row["status"], row["error"]["code"]) == ("failed", "over_budget")
    assert len(ledger.calls) == 2
