"""Follow a question's run to its answer: pieces as they are told, the rest from the journal, nothing twice."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic
from typing import Any, cast

import orjson

from troupe.catalog.contract import ToolCall
from troupe.features.completions import program
from troupe.features.completions.asked import Answer
from troupe.features.completions.service import LOOK, Started
from troupe.features.completions.shape import unanswered
from troupe.features.completions.shown import BETWEEN, Shown
from troupe.features.runs import service as runs
from troupe.features.runs import store as journal
from troupe.features.runs.models import OVER, Run
from troupe.features.scope import Caller, Scope

PING = 15.0
LONGEST = 600.0  # seconds that a call without a stream waits
STILL = "There is no answer yet. The run goes on."
ENDS = frozenset({"run.completed", "run.failed", "run.terminated", "quiet", "lagged"})
_TURN = re.compile(r"turn/(\d+)/model")


async def follow(who: Caller, started: Started) -> AsyncGenerator[str | Answer | None]:
    """Pieces of text as they come, None as a sign of life, at last the Answer. Raises Unanswered, Changed."""
    seen, quiet = _Seen(started), 0.0
    try:
        if started.again and (answer := await _answer(who, started, None)) is not None:
            yield answer.text
            yield answer
            return
        async for event in started.news:
            if piece := seen.piece(event):
                yield piece
            if event["type"] not in ENDS:
                continue
            if (answer := await _answer(who, started, seen.output(event))) is not None:
                if rest := seen.rest(answer):
                    yield rest
                yield answer
                return
            quiet += LOOK
            if quiet >= PING:
                quiet = 0.0
                yield None
    finally:
        await started.news.aclose()


async def answer_of(who: Caller, started: Started) -> Answer:
    """The answer once it is whole. Raises Unanswered: of a failed run, or after ten minutes, and the run goes on."""
    until = monotonic() + LONGEST
    async with aclosing(follow(who, started)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Answer):
                return piece
            if monotonic() > until:
                break
    raise unanswered(started.run.id, {"code": "timed_out", "message": STILL}, "running")


class _Seen:
    """What the news of a run have told of its answer."""

    def __init__(self, started: Started) -> None:
        self._whole, self._agent = started.whole or started.again, started.agent
        self._shown = Shown()
        self._model = ""  # the step that speaks
        self._output: dict[str, Any] | None = None

    def piece(self, event: dict[str, Any]) -> str:
        """What an event adds to what is shown, maybe nothing. Raises Changed."""
        kind, step = event["type"], event.get("step")
        if step is None or (step != self._model and not _is_answer(step)):
            return ""
        self._model = step
        if kind == "step.token":
            return self._token(step, event["data"]["data"])
        if kind == "step.retrying":
            self._shown.void()
        elif kind == "step.completed":
            self._output = event["data"].get("output")
            if self._output and not self._whole:
                return self._shown.ended(step, self._output["text"])
        return ""

    def _token(self, step: str, told: dict[str, Any]) -> str:
        if told.get("void"):
            self._shown.void()
            return ""
        return "" if self._whole else self._shown.token(step, told["text"])

    def output(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """The run's output, where the news have told all of it."""
        return self._output if event["type"] == "run.completed" and not self._agent else None

    def rest(self, answer: Answer) -> str:
        """What is still to be shown at the end. Raises Changed."""
        return answer.text if self._whole else self._shown.whole(answer.text)


def _is_answer(step: str) -> bool:
    return step == program.KEY or _TURN.fullmatch(step) is not None


async def _answer(who: Caller, started: Started, output: dict[str, Any] | None) -> Answer | None:
    """The answer of a run that is over; None while it is not."""
    if output:
        return _of_completion(output)
    async with who.acting("viewer") as scope:
        run = await runs.get(scope, started.run.id)
        return await read_answer(scope, run) if run.status in OVER else None


async def read_answer(scope: Scope, run: Run) -> Answer:
    """The answer of a run that is over. Raises Unanswered."""
    if run.status != "completed":
        raise unanswered(run.id, run.error.model_dump() if run.error else None, run.status)
    output = cast(dict[str, Any], run.output)
    if run.agent is None:
        return _of_completion(output)
    turns = await _turns(scope, run.id)
    text = output["text"] if "data" in output else BETWEEN.join(t["text"] for t in turns if t["text"])
    return Answer(
        text=text, calls=cast(list[ToolCall], output.get("calls") or []), finish=turns[-1]["finish"],
        input_tokens=run.usage.input_tokens,
        output_tokens=run.usage.output_tokens,
    )  # fmt: skip


async def _turns(scope: Scope, run: str) -> list[dict[str, Any]]:
    """What the model said in each turn."""
    rows = await journal.list_steps(scope.db, run, "turn/", None, 100_000)
    done = [(int(m[1]), row) for row in rows if (m := _TURN.fullmatch(row.key)) and row.state == "done"]
    return [await _result(scope, row) for _, row in sorted(done, key=lambda turn: turn[0])]


async def _result(scope: Scope, row: journal.StepRow) -> dict[str, Any]:
    if row.ref and row.ref.startswith("file:"):
        return orjson.loads(await scope.parts.files.get(scope.workspace, row.ref[5:]))
    return cast(dict[str, Any], row.result)


def _of_completion(output: dict[str, Any]) -> Answer:
    used = output["usage"]
    return Answer(
        text=output["text"], calls=output["calls"], finish=output["finish"], input_tokens=used[0], output_tokens=used[1]
    )  # fmt: skip
