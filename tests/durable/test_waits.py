"""Tokens and legs: whatever wakes a run is seen before its execution rests, or finds its token."""

import asyncio
from typing import Any

from tests.durable.conftest import House
from troupe.base.ids import new_id
from troupe.durable.waits.store import ADVANCE_RUN, PgWaits, message_of
from troupe.ports.run import Child, RunContext, Signal


async def listening(house: House) -> str:
    """A run that rests until the signal `paid`."""

    @house.program
    async def listens(run: RunContext, _: Any) -> Any:
        return await run.wait("paid", Signal("paid"))

    run = await house.start("listens")
    assert (await (await house.worker(loop=False)).advance(run)).kind == "wait"
    return run


async def test_a_token_is_kept_until_something_wakes_the_run(house: House) -> None:
    run, waits = await listening(house), PgWaits(house.engine)
    assert await waits.keep(run, 1, "token")
    assert await waits.find(run) is None  # nothing has come
    await house.signal(run, "paid", 7)
    found = await waits.find(run)
    assert found is not None
    assert (found.token, found.leg, found.status) == ("token", 1, "waiting")
    await waits.forget(run, "another")
    assert (await waits.find(run) or found).token == "token"
    await waits.forget(run, "token")
    left = await waits.find(run)
    assert left is not None
    assert left.token is None


async def test_what_came_before_the_token_is_not_waited_for(house: House) -> None:
    run, waits = await listening(house), PgWaits(house.engine)
    await house.signal(run, "paid", 7)
    assert not await waits.keep(run, 1, "token")


async def test_a_signal_and_a_token_at_once_never_miss_each_other(house: House) -> None:
    waits = PgWaits(house.engine)
    for round in range(30):
        run = await listening(house)
        kept, _ = await asyncio.gather(waits.keep(run, 1, "token"), house.signal(run, "paid", round))
        found = await waits.find(run)
        assert found is not None
        assert kept is (found.token == "token")


async def test_a_run_that_is_held_is_waited_for_and_one_that_is_over_is_not(house: House) -> None:
    waits, going = PgWaits(house.engine), asyncio.Event()

    @house.program
    async def slow(run: RunContext, _: Any) -> Any:
        return await run.wait("go", Signal("go"))

    run = await house.start("slow")
    worker = await house.worker(loop=False)
    await worker.journal.claim(worker.id, [run])
    assert await waits.keep(run, 1, "token")
    going.set()
    ended = await listening(house)
    await house.stop(ended)
    assert (await (await house.worker(loop=False)).advance(ended)).kind == "failed"
    assert not await waits.keep(ended, 1, "token")
    assert not await waits.keep(new_id(), 1, "token")


async def test_a_leg_rises_once_and_a_message_begins_the_next(house: House) -> None:
    run, waits = await listening(house), PgWaits(house.engine)
    await waits.keep(run, 1, "token")
    raised = await asyncio.gather(*(waits.next_leg(run, 1) for _ in range(5)))
    assert sorted(raised) == [False] * 4 + [True]
    async with house.engine.connection() as line:
        rows = await (await line.execute("SELECT id, kind, body FROM outbox")).fetchall()
        tokens = await (await line.execute("SELECT count(*) FROM waits")).fetchone()
    assert rows == [(message_of(run, 2), ADVANCE_RUN, {"run": run, "leg": 2})]
    assert tokens == (0,)
    assert not await waits.keep(run, 1, "of the leg before")
    assert await waits.keep(run, 2, "token")
    assert await waits.next_leg(run, 2)


async def test_the_runs_above_and_below_are_found_where_they_have_something_to_do(house: House) -> None:
    waits, first = PgWaits(house.engine), "00000000-0000-0000-0000-000000000000"

    @house.program
    async def below(run: RunContext, _: Any) -> Any:
        return None

    @house.program
    async def above(run: RunContext, _: Any) -> Any:
        await run.together(*(lambda k=k: run.call(k, Child("below", None)) for k in "abc"))

    run = await house.start("above")
    await house.start("below")  # of no family
    worker = await house.worker(loop=False)
    slice_ = asyncio.create_task(worker.advance(run))
    async with asyncio.timeout(10):
        while len(near := await waits.list_near(run, first, 9)) < 3:
            await asyncio.sleep(0.01)
    assert {r.status for r in near} == {"queued"}
    assert [r.id for r in await waits.list_near(run, near[0].id, 1)] == [near[1].id]
    worker.closing = True  # it does not linger for them
    for slice_of in worker.slices.values():
        slice_of.bell.set()
    await slice_
    await waits.keep(run, 1, "token")
    child = near[0].id
    assert (await (await house.worker(loop=False)).advance(child)).kind == "done"
    [parent] = await waits.list_near(child, first, 9)
    assert (parent.id, parent.token) == (run, "token")


async def test_only_runs_that_nobody_came_for_in_time_are_overdue(house: House) -> None:
    run, waits = await listening(house), PgWaits(house.engine)
    await house.signal(run, "paid")
    assert await waits.list_overdue(60.0, 9) == []
    async with house.engine.connection() as line:
        await line.execute("UPDATE runs SET due = due - interval '2 min'")
    assert [r.id for r in await waits.list_overdue(60.0, 9)] == [run]
