"""What a slice writes: the rows of its steps, what is told of them, and values too large for a row."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from troupe.base.values import Json
from troupe.durable.facts import Facts
from troupe.durable.models import Journaled, Row, Run, StepRow
from troupe.durable.said import Said
from troupe.ports.run import Usage

if TYPE_CHECKING:
    from troupe.durable.worker import Worker

LARGE = 128 * 1024  # bytes of JSON; more goes to files
UNUSED = Usage()


class Rows(Facts):
    """A slice as the one who writes its run's rows, in order."""

    def __init__(self, worker: "Worker", run: Run, journaled: Journaled) -> None:
        self.worker, self.run, self.files = worker, run, worker.files
        self.steps = journaled.steps
        self.used = UNUSED
        self.secs = 0.0

    def _next_seq(self) -> int:
        self.run.seq += 1
        return self.run.seq

    def _end(
        self, row: StepRow, state: str, result: Any, *, usage: Usage = UNUSED, seconds: float = 0.0,
        simulated: bool = False, new: bool = False,
    ) -> None:  # fmt: skip
        new = new or row.state == "new"
        row.state, row.seq = state, self._next_seq()
        self._offer(row, new=new, result=result, usage=usage, seconds=seconds, ended=True, simulated=simulated)
        kind = "step.completed" if state == "done" else "step.failed"
        if self.worker.watched(self.run.id):
            self._publish(
                row.seq, kind, {"output" if state == "done" else "error": row.result}, step=row.key, after=True
            )

    def _offer(self, row: StepRow, *, new: bool, **more: Any) -> None:
        line = self._row(row, new=new, **more)
        (self.worker.writer.insert if new else self.worker.writer.update)(self.run, line)

    def _row(
        self, row: StepRow, *, new: bool, result: Any = None, usage: Usage = UNUSED, seconds: float = 0.0,
        ended: bool = False, simulated: bool = False, begun: bool = False,
    ) -> Row:  # fmt: skip
        line: Row = {"run": self.run.id, "key": row.key, "state": row.state, "attempt": row.attempt, "result": result}
        if new or begun:
            line["at"] = row.started_at
            line["effect_key"] = row.effect_key
            line["hash"] = row.input_hash
        if new:
            line["effect"] = row.effect
            line["block"] = row.block
        if row.due is not None and row.state in ("retry", "waiting", "unknown"):
            line["due"] = row.due
        if ended:
            line["seq"] = row.seq
            line["end"] = self.worker.now()
        if row.ref:
            line["ref"] = row.ref
        if new and row.origin:
            line["origin"] = row.origin
        if seconds:
            line["secs"] = seconds
            self.secs += seconds
        if usage is not UNUSED:
            line["itok"], line["otok"], line["cost"] = usage.input_tokens, usage.output_tokens, usage.cost_usd
            self.used = self.used + usage
        if simulated:
            line["sim"] = True
        return line

    def _status(
        self, status: str, reason: str | None, *, seq: int, due: float | None = None, wakes_on: Row | None = None,
        wake: int | None = None,
    ) -> Row:  # fmt: skip
        run = self.run
        return {
            "run": run.id, "status": status, "reason": reason, "seq": seq, "due": due, "wakes_on": wakes_on,
            "wake": wake, "itok": run.input_tokens + self.used.input_tokens,
            "otok": run.output_tokens + self.used.output_tokens, "cost": run.cost_usd + self.used.cost_usd,
            "secs": run.seconds + self.secs,
        }  # fmt: skip

    def _event(self, seq: int, kind: str, data: Row) -> Row:
        return {"run": self.run.id, "seq": seq, "type": kind, "data": data or None}

    def _publish(self, seq: int | None, kind: str, data: Row, *, step: str | None = None, after: bool = False) -> None:
        if not self.worker.watched(self.run.id):
            return
        self._say(seq, kind, data, self.worker.now(), step=step, after=after)

    def _say(
        self, seq: int | None, kind: str, data: Row, at: float, *, step: str | None = None, after: bool = False
    ) -> None:
        """Publish to those of whom it is known that they listen."""
        event: Row = {"seq": seq, "type": kind, "at": _written(at), "run_id": self.run.id, "step": step, "data": data}
        if after:
            self.worker.writer.after(lambda: self.worker.publish(self.run.id, event))
        else:
            self.worker.publish(self.run.id, event)

    def _tell(self, row: StepRow, said: Said) -> Callable[[str, Json], None]:
        def tell(kind: str, data: Json) -> None:
            now, watched = self.worker.now(), self.worker.watched(self.run.id)
            place = said.place(now, watched=watched) if kind == "token" else {}
            said.hear(kind, data)
            if watched:
                self._say(None, f"step.{kind}", {"data": data, **place}, now, step=row.key)

        return tell

    async def _keep(self, raw: bytes, name: str) -> str:
        """Put a large value where it belongs; the reference that the journal holds instead."""
        key = f"runs/{self.run.id}/{name}"
        await self.worker.files.put(self.run.workspace_id, key, raw)
        return f"file:{key}"


def _written(at: float) -> str:
    """A time in ISO 8601; there is one with every token, and they come in the same second."""
    second = int(at)
    return f"{_second(second)}.{int((at - second) * 1_000_000):06d}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
