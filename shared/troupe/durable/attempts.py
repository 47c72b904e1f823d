"""Attempts of a step: what may be tried, tried again, or is known to be unclear."""

import asyncio
from typing import TYPE_CHECKING, cast

import orjson

from troupe.base.errors import (
    BadInput,
    Cancelled,
    GivenUp,
    NotDone,
    OverBudget,
    RateLimited,
    Rejected,
    StepFailed,
    TimedOut,
    TroupeError,
    Unavailable,
)
from troupe.base.values import Json, dump
from troupe.durable.begun import Begun
from troupe.durable.branches import Branches
from troupe.durable.checkpoints import Checkpoint, passing
from troupe.durable.digests import effect_key
from troupe.durable.failures import as_row
from troupe.durable.models import Diverged, Journaled, Left, Run, StepRow, Stopped, as_dict
from troupe.durable.rows import LARGE, UNUSED
from troupe.durable.said import Said
from troupe.ports.run import Attempt, Effect, Retry, Step, Usage

if TYPE_CHECKING:
    from troupe.durable.worker import Worker


class Attempts(Branches):
    """A slice as the one who has steps done."""

    def __init__(self, worker: "Worker", run: Run, journaled: Journaled) -> None:
        super().__init__(worker, run, journaled)
        self.inherited = journaled.inherited
        self.asked: set[str] = set()
        self.calm: set[asyncio.Timeout] = set()  # attempts that may be cut at once when the run is ended

    def _ask(self, key: str, block: str, digest: str | None, *, lenient: bool = False) -> StepRow | None:
        """The journal's row of a key, checked against what the program asks for."""
        if self.stopping:
            raise Stopped
        if key in self.asked:
            raise TroupeError(f"The definition asks for the step {key!r} twice.", code="key_twice")
        if len(key) > 128 and len(key.encode()) > 512:
            raise TroupeError(f"The step key {key[:60]!r}… is longer than 512 bytes.", code="key_too_long")
        self.asked.add(key)
        row = self.steps.get(key)
        if self.edge.behind:
            self.edge.met(row)
        if row is None or row.input_hash is None or digest is None:
            if row is not None and row.block != block and not lenient and row.origin is None:
                raise Diverged(key, f"The journal holds {row.block!r} at {key!r}, the program asks for {block!r}.")
            return row
        if row.input_hash == digest:
            return row
        if row.origin is None:
            raise Diverged(key, f"The input of {key!r} is not the one in the journal.")
        if self.edge.behind:
            self.edge.met(None)
        row.origin, row.ref, row.input_hash = None, None, digest  # copied by a fork whose input differs: done anew
        row.state, row.attempt, row.due, row.effect_key = "again", 1, None, effect_key(self.run.id, key)
        return row

    def _fresh(self, key: str, step: Step, digest: str) -> StepRow:
        row = self._open(key, step.block, digest)
        row.effect = step.effect.value
        row.state = "new"
        before = self.inherited.get(key)
        if step.effect.lasting:
            same = before is not None and before.input_hash == digest
            row.effect_key = before.effect_key if same and before else effect_key(self.run.id, key)
            if same and before and step.effect is Effect.ONCE and not self.dry_run:
                self._reuse(row, before)
        return row

    def _reuse(self, row: StepRow, before: StepRow) -> None:
        """A rerun does not do a `once` effect again, unless its repetition was asked for."""
        row.result, row.ref, row.origin = before.result, before.ref, {"run_id": self.run.origin_id, "step": row.key}
        self._end(row, "done", row.result)

    def _open(self, key: str, block: str, digest: str | None, *, due: float | None = None) -> StepRow:
        row = StepRow(key, "waiting", 1, self.run.epoch, None, None, digest, block, due, self.worker.now())
        self.steps[key] = row
        return row

    # ── an attempt ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _attempt(self, row: StepRow, step: Step, args: Json) -> tuple[Json, StepFailed | None]:
        """One attempt, its end offered to the writer."""
        if self.dry_run and step.effect.lasting:
            return self._simulate(row, step), None
        if self.edge.behind or self.fatal is not None:
            await self._all_at_edge()
        if step.timeout > self.worker.farthest:
            return None, self._failed(row, step, _too_long(row.key, step.timeout, self.worker.farthest))
        if step.timeout > self.worker.longest:
            await self._rest("long", row.key)
        if not self.worker.has_time(step.timeout):
            await self._rest("again", row.key)  # the next slice has the time
        if step.price is not None:
            if not step.effect.lasting:
                self._declare(row)  # on its way beside the reservation: both are committed before the call
            passing(Checkpoint.BEFORE_RESERVE)
            if not await self._reserve(row, step.price):
                return None, self._failed(
                    row, step, OverBudget(f"{row.key} may cost ${step.price:.4f}; the budget does not cover that.")
                )
            passing(Checkpoint.AFTER_RESERVE)
        if step.effect.lasting or step.price is not None:
            await self._intend(row, declared=not step.effect.lasting)
        await self.worker.ready()
        while step.effect.lasting and self.worker.now() > row.started_at + self.worker.lease:
            await self._intend(row)  # the time by which an unclear attempt is over counts from its intent
            await self.worker.ready()
        begun = self.worker.clock.elapsed()
        said = Said()
        attempt = Attempt(
            self.run.id,
            self.run.workspace_id,
            row.key,
            row.attempt,
            row.effect_key or "",
            step.timeout,
            tell=self._tell(row, said),
        )
        if self.worker.watched(self.run.id):
            self._publish(None, "step.started", {"attempt": row.attempt}, step=row.key)
        passing(Checkpoint.BEFORE_EFFECT)
        failed: StepFailed | None = None
        value: Json = None
        raw = b""
        try:
            raw = dump(await self._call(step, args, attempt))
            value = cast(Json, orjson.loads(raw))  # as a replay would give it
            if len(raw) > LARGE:
                row.ref = await self._keep(raw, f"{effect_key(self.run.id, row.key)}/{row.attempt}")
        except StepFailed as wrong:
            failed = wrong
            failed.partial = failed.partial or said.text
        except Stopped:
            self._keep_said(row, said, attempt.usage)
            raise
        passing(Checkpoint.AFTER_EFFECT)
        spent = round(self.worker.clock.elapsed() - begun, 4)
        if failed is None:
            row.result = None if row.ref else value
            self._end(row, "done", None if row.ref else orjson.Fragment(raw), usage=attempt.usage, seconds=spent)
        else:
            failed = self._failed(row, step, failed, attempt.usage, spent)
        if step.price is not None:
            self._settle_price(row, step, attempt.usage, failed)
        if step.price is not None and not step.last:
            await self.worker.writer.flush(self.run)
        return value, failed

    def _keep_said(self, row: StepRow, said: Said, usage: Usage) -> None:
        """An answer that was cut because the run is ended: what was told of it stays."""
        if said.text:
            cut = Cancelled("The run was ended before this answer was.")
            cut.partial = said.text
            row.result = as_row(cut, row.key)
            self._end(row, "failed", row.result, usage=usage)

    async def _reserve(self, row: StepRow, price: float) -> bool:
        try:
            return await self.worker.journal.reserve(self.run, row.key, row.attempt, price)
        except Unavailable as down:
            raise Left from down

    async def _call(self, step: Step, args: Json, attempt: Attempt) -> Json:
        """The step's function, its every end turned into a value or a StepFailed."""
        try:
            work = Begun(step.fn(args, attempt))
            return work.value if work.over else await self._in_time(step, work)
        except TimeoutError:
            if self.stopping and not step.effect.lasting:
                raise Stopped from None
            raise TimedOut(f"No answer within {step.timeout:g} s.") from None
        except StepFailed:
            raise
        except BadInput as wrong:
            raise StepFailed(wrong.message, code=wrong.code, hint=wrong.hint) from wrong
        except Exception as wrong:
            self.worker.log.exception("A step crashed: %s", attempt.step)
            raise StepFailed(f"{type(wrong).__name__}: {str(wrong)[:500]}", code="block_crashed") from wrong

    async def _in_time(self, step: Step, work: Begun[Json]) -> Json:
        scope = asyncio.timeout(step.timeout)
        if not step.effect.lasting:
            self.calm.add(scope)
        try:
            async with scope:
                return await work
        finally:
            self.calm.discard(scope)

    async def _intend(self, row: StepRow, *, declared: bool = False) -> None:
        """Durable before effect: everything given so far, and the intent, in one commit."""
        if not declared:
            self._declare(row)
        passing(Checkpoint.BEFORE_INTENT)
        await self.worker.writer.flush(self.run)
        passing(Checkpoint.AFTER_INTENT)

    def _declare(self, row: StepRow) -> None:
        new = row.state == "new"
        row.state, row.started_at = "intent", self.worker.now()
        self._offer(row, new=new, begun=not new)

    def _simulate(self, row: StepRow, step: Step) -> Json:
        before = self.inherited.get(row.key)
        recorded = before is not None and before.state == "done" and before.input_hash == row.input_hash
        row.result = before.result if recorded and before else step.simulated
        self._end(row, "done", row.result, simulated=True)
        return row.result

    # ── how it ended ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _recover(self, row: StepRow, step: Step) -> None:
        """An attempt of an earlier holder ended without a word."""
        if step.effect is Effect.ONCE:
            await self._ask_far_side(row, step)
        elif step.key_holds is not None and self.worker.now() - row.started_at > step.key_holds:
            self._unknown(row, step, "The far side no longer honours the effect key.")
        else:
            row.state, row.attempt, row.due = "again", row.attempt + 1, None

    async def _ask_far_side(self, row: StepRow, step: Step) -> None:
        if step.check is None:
            self._unknown(row, step, "The process ended during the attempt; whether it happened is not known.")
            return
        settled_by = row.started_at + self.worker.lease + step.timeout
        if settled_by > self.worker.now():  # the old holder may still be at it
            await self._rest("time", row.key, due=settled_by)
        verdict = await step.check(row.effect_key or "")
        if verdict == "happened":
            self._end(row, "done", None)
        elif verdict == "not_happened":
            row.state, row.attempt = "again", row.attempt + 1
        else:
            self._unknown(row, step, "The far side cannot say whether it happened.")

    def _failed(
        self, row: StepRow, step: Step, wrong: StepFailed, usage: Usage = UNUSED, seconds: float = 0.0
    ) -> StepFailed:
        """Decide what a failed attempt means: once and unclear is unknown; else another attempt or the end."""
        wrong.step = wrong.step or row.key
        if step.effect is Effect.ONCE and not isinstance(wrong, NotDone):
            self._unknown(row, step, wrong.message, usage=usage, seconds=seconds)
        elif self._again(step.retry, wrong, row.attempt):
            due = self.worker.now() + self._pause(step.retry, row.attempt, wrong)
            new = row.state == "new"
            row.state, row.attempt, row.due = "retry", row.attempt + 1, due
            self._offer(row, new=new, result=as_row(wrong, row.key), usage=usage)
            if self.worker.watched(self.run.id):
                self._publish(
                    None,
                    "step.retrying",
                    {"attempt": row.attempt, "error": as_row(wrong, row.key)},
                    step=row.key,
                    after=True,
                )
        else:
            row.result = as_row(wrong, row.key)
            self._end(row, "failed", row.result, usage=usage, seconds=seconds)
        return wrong

    def _again(self, retry: Retry, wrong: StepFailed, attempt: int) -> bool:
        return wrong.retryable and attempt < retry.attempts and (not retry.on or wrong.code in retry.on)

    def _pause(self, retry: Retry, attempt: int, wrong: StepFailed) -> float:
        """Seconds before the next attempt: full growth, half of it jitter, never less than the far side asks."""
        asked = wrong.retry_after or 0.0 if isinstance(wrong, RateLimited) else 0.0
        grown = min(retry.first * retry.factor ** (attempt - 1), retry.max)
        return max(min(asked, 3600.0), grown * (0.5 + self.worker.random() / 2))

    def _unknown(self, row: StepRow, step: Step, why: str, usage: Usage = UNUSED, seconds: float = 0.0) -> None:
        new = row.state == "new"
        row.state = "unknown"
        row.due = row.started_at + self.worker.lease + step.timeout  # before that, "not happened" cannot be known
        row.result = {"code": "unknown", "message": why, "node": None, "step": row.key, "retryable": False, "hint": ""}
        self._offer(row, new=new, result=row.result, usage=usage, seconds=seconds)
        seq = self._next_seq()  # an event of its own: the row's is its settlement
        self.worker.writer.event(self.run, self._event(seq, "step.unknown", {"step": row.key, "error": row.result}))
        self._publish(seq, "step.unknown", {"error": row.result}, step=row.key, after=True)

    async def _settlement(self, row: StepRow) -> None:
        """A person, or the far side, says what became of an unclear attempt."""
        name = f"$settle/{row.key}/{row.attempt}"
        found = self._message(name) or await self._rest("unknown", row.key, name=name)
        self.taken.add(found.id)
        said = as_dict(found.payload)
        if said.get("outcome") == "happened":
            row.result = said.get("output")
            self._end(row, "done", row.result)
        elif said.get("outcome") == "not_happened":
            row.state, row.attempt, row.due = "retry", row.attempt + 1, self.worker.now()
            self._offer(row, new=False)
        else:
            row.result = as_row(GivenUp(str(said.get("note") or "") or ""), row.key)
            self._end(row, "failed", row.result)

    def _settle_price(self, row: StepRow, step: Step, usage: Usage, failed: StepFailed | None) -> None:
        vouched = isinstance(failed, NotDone)  # the provider did not bill
        amount = 0.0 if vouched else usage.cost_usd if failed is None else max(usage.cost_usd, step.price or 0.0)
        attempt = row.attempt - 1 if row.state == "retry" else row.attempt
        self.worker.writer.settle(self.run, {"run": self.run.id, "key": row.key, "attempt": attempt, "amount": amount})


def _too_long(key: str, timeout: float, longest: float) -> Rejected:
    return Rejected(
        f"The step {key} may take {timeout:g} s; a step has {longest:g} s at most where this Troupe runs.",
        code="step_too_long",
        hint=f"Give its node a timeout of {longest:g}s or less, or divide its work. On AWS the profiles standard and "
        "ha have workers for longer steps.",
    )  # fmt: skip
