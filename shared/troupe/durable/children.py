"""Children: passes of a map, and runs below this one."""

from collections.abc import Awaitable, Callable, Sequence

from troupe.base.errors import TimedOut
from troupe.base.values import Json
from troupe.durable.attempts import Attempts
from troupe.durable.digests import input_digest
from troupe.durable.failures import as_row, failure_of
from troupe.durable.models import Ended, StepRow
from troupe.ports.run import Child


class Children(Attempts):
    """A slice as the one who starts runs and waits for their ends."""

    async def map(
        self,
        key: str,
        items: Sequence[Json],
        one: Callable[[int, Json], Awaitable[Json]],
        *,
        at_once: int,
        child: Callable[[int, Json], Child] | None = None,
    ) -> list[Json]:
        """`one` for every item, `at_once` at a time."""
        if child is not None and len(items) > self.worker.fan_out_above:
            return await self._fan_out(key, items, child, at_once)
        results: list[Json] = [None] * len(items)
        todo = iter(range(len(items)))
        failed: dict[int, Exception] = {}

        async def lane() -> None:
            for index in todo:
                if not await self.begun(f"{key}[{index}]") and failed:
                    continue
                try:
                    results[index] = await one(index, items[index])
                except Exception as wrong:  # the passes already going end first, in a replay too
                    failed[index] = wrong

        await self.together(*[lane] * min(max(at_once, 1), len(items)))
        if failed:
            raise failed[min(failed)]  # the same in every replay, whichever came first
        return results

    async def _fan_out(
        self, key: str, items: Sequence[Json], child: Callable[[int, Json], Child], at_once: int
    ) -> list[Json]:
        async def one(index: int, item: Json) -> Json:
            return await self.call(f"{key}[{index}]", child(index, item))

        return await self.map(key, items, one, at_once=at_once)

    async def call(self, key: str, child: Child) -> Json:
        """Another run below this one."""
        row = self._ask(key, "$call", input_digest(child.program, [child.version, child.input]))
        if row is None:
            await self._all_at_edge()
            row = self._start_child(key, child)
        elif row.state == "waiting":
            self.poke()  # it may have ended before this slice began: `wake` counts that no more
        if row.state == "waiting":
            ended: Ended | None = await self._rest("child", key, due=row.due, name=row.ref or "")
            if ended is None:
                return self._child_late(row, child)
            return await self._child_ended(row, ended)
        if row.state == "failed":
            raise failure_of(row)
        return await self._value(row)

    def _start_child(self, key: str, child: Child) -> StepRow:
        due = None if child.timeout is None else self.worker.now() + child.timeout
        row = self._open(key, "$call", input_digest(child.program, [child.version, child.input]), due=due)
        row.ref = self.worker.new_id()
        self.taken.discard(row.ref)
        self.worker.writer.child(
            self.run,
            {
                "run": self.run.id, "id": row.ref, "key": key, "program": child.program, "version": child.version,
                "major": self.worker.major_of(child.program), "input": child.input, "subject": child.subject,
            },
        )  # fmt: skip
        self._offer(row, new=True)  # after it, so that neither is committed without the other
        self.worker.writer.after(self.worker.due_now)
        return row

    async def _child_ended(self, row: StepRow, ended: Ended) -> Json:
        if ended.status == "completed":
            row.result, row.ref = ended.output, ended.output_ref or row.ref
            self._end(row, "done", row.result)
            return await self._value(row)
        error = ended.error or {"code": ended.status, "message": f"The run {ended.id} was {ended.status}."}
        row.result = {**error, "step": row.key}
        self._end(row, "failed", row.result)
        raise failure_of(row)

    def _child_late(self, row: StepRow, child: Child) -> Json:
        """The child has had its time: it is asked to end, and its call has failed."""
        self.worker.writer.stop_child(self.run, {"run": self.run.id, "id": row.ref, "reason": "its time was over"})
        row.result = as_row(TimedOut(f"The run below this step did not end within {child.timeout:g} s."), row.key)
        self._end(row, "failed", row.result)
        raise failure_of(row)
