"""Answers: what the agent said and did, read from the steps of a message's run. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import JsonValue

from troupe.base.errors import StepFailed
from troupe.catalog.contract import Message, ToolCall
from troupe.features.agents.results import result_text, told
from troupe.features.agents.window import cut
from troupe.features.approvals.service import id_of
from troupe.features.chat.models import Answer, Call, Turn
from troupe.features.chat.store import RunRow, StepRow
from troupe.features.runs.models import OVER, Failure, Used

KEY = re.compile(r"turn/(\d+)/(?:model|tool/([^/]+)(?:/(.+))?)")
FILE = "file:"
NOT_DONE = Failure(code="not_done", message="This call was not carried out.")
STOPPED = Failure(code="stopped", message="The answer was stopped before this call was carried out.")


@dataclass
class Rows:
    """The steps of one turn: the model's, and of each call its own, that of its approval, and those below."""

    model: StepRow | None = None
    calls: dict[str, dict[str, StepRow]] = field(default_factory=dict[str, dict[str, StepRow]])


def by_turn(steps: Iterable[StepRow]) -> dict[int, Rows]:
    """Steps by the number of their turn, in order."""
    turns: dict[int, Rows] = {}
    for step in steps:
        if (found := KEY.fullmatch(step.key)) is None:
            continue
        rows = turns.setdefault(int(found[1]), Rows())
        if found[2] is None:
            rows.model = step
        else:
            rows.calls.setdefault(found[2], {})[found[3] or ""] = step
    return dict(sorted(turns.items()))


def answer_of(run: RunRow | None, steps: list[StepRow]) -> Answer:
    """What there is of an answer."""
    if run is None:
        return Answer()
    turns = turns_of(run, steps)
    output = _object(run.output)
    last = next((t for t in reversed(turns) if t.text), None)
    used = Used(
        input_tokens=sum(s.input_tokens for s in steps), output_tokens=sum(s.output_tokens for s in steps),
        cost_usd=sum(s.cost_usd for s in steps), seconds=round(sum(s.seconds for s in steps), 4),
    )  # fmt: skip
    return Answer(
        turns=turns, text=output.get("text") or (last.text if last else ""), partial=bool(last and last.partial),
        data=output.get("data"), model=output.get("model"), run_status=run.status, reason=run.reason,
        error=Failure.model_validate(run.error) if run.error else None, usage=used,
    )  # fmt: skip


def turns_of(run: RunRow, steps: list[StepRow]) -> list[Turn]:
    """Every turn in which something was said."""
    grouped = by_turn(steps)
    over, last = run.status in OVER, max(grouped, default=0)
    turns = [_turn(run, number, rows, open=not over and number == last) for number, rows in grouped.items()]
    return [turn for turn in turns if turn is not None]


def _turn(run: RunRow, number: int, rows: Rows, *, open: bool) -> Turn | None:
    model = rows.model
    if model is None or model.state not in ("done", "failed"):
        return None
    said = _object(model.result)
    if model.state == "failed":
        text = str(said.get("partial") or "")
        return Turn(number=number, text=text, partial=True) if text else None
    end = STOPPED if run.status == "terminated" else NOT_DONE
    calls = [call_of(run.id, c, rows.calls.get(c["id"], {}), None if open else end) for c in calls_of(model)]
    return Turn(number=number, text=str(said.get("text") or ""), calls=calls)


def calls_of(model: StepRow) -> list[dict[str, Any]]:
    """What a turn called for."""
    return cast("list[dict[str, Any]]", _object(model.result).get("calls") or [])


def call_of(run: str, call: dict[str, Any], rows: dict[str, StepRow], end: Failure | None) -> Call:
    """A call; `end` says what became of it where no step does."""
    made = Call(id=call["id"], name=call["name"], arguments=call["arguments"], status="running")
    own, asked = rows.get(""), rows.get("approve")
    if own is not None and own.block == "$approval":
        own, asked = None, own
    if own is None and asked is not None and asked.state == "waiting" and end is None:
        return made.model_copy(update={"status": "waiting", "approval_id": id_of(run, asked.key)})
    if own is None:
        own = next((row for key, row in reversed(rows.items()) if key and row.block != "$approval"), None)
    if own is not None and own.seconds:
        made = made.model_copy(update={"seconds": round(own.seconds, 3)})
    if own is not None and own.state in ("done", "skipped"):
        large = {"result_file": own.ref.removeprefix(FILE)} if own.ref and own.ref.startswith(FILE) else {}
        return made.model_copy(update={"status": "done", "result": result_of(own), **large})
    if own is not None and own.state == "failed":
        return made.model_copy(update={"status": "failed", "error": Failure.model_validate(own.result)})
    if own is not None and own.state == "unknown":
        return made.model_copy(update={"status": "unknown"})
    if asked is not None and (decided := decision_of(asked)) is not None:
        return made.model_copy(update=decided)
    return made if end is None else made.model_copy(update={"status": "failed", "error": end})


def decision_of(asked: StepRow) -> dict[str, Any] | None:
    """What a decision alone makes of a call: refused, expired, or access that was given; None where it may go on."""
    said = _object(asked.result)
    decision, reason = said.get("decision"), said.get("reason") or ""
    if asked.state != "done" or decision is None:
        return None
    if not asked.key.endswith("/approve"):
        return {"status": "done", "result": {"granted": decision == "approve", "reason": reason}}
    if decision == "expired":
        wrong = Failure(code="approval_expired", message="Nobody decided in time, so it was not done.")
    elif decision == "approve":
        return None
    else:
        wrong = Failure(code="refused_by_person", message=f"A person refused this{f': {reason}' if reason else '.'}")
    return {"status": "failed", "error": wrong}


def result_of(row: StepRow) -> JsonValue:
    """The result of a tool as its caller sees it: of another agent its answer."""
    said = _object(row.result)
    return said.get("data") or said["text"] if {"text", "model", "turns"} <= said.keys() else row.result


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def history_of(run: RunRow, steps: list[StepRow], most: int) -> list[Message]:
    """An answer as messages for a model: what was said, called for and given, `most` characters of a result."""
    messages: list[Message] = []
    for turn in turns_of(run, steps):
        calls = [ToolCall(id=c.id, name=c.name, arguments=c.arguments) for c in turn.calls]
        text = f"{turn.text}\n[The answer broke off here.]" if turn.partial else turn.text
        if text or calls:
            messages.append(Message(role="assistant", text=text, calls=calls))
        messages += [Message(role="tool", text=cut(text_of(c), most), call_id=c.id) for c in turn.calls]
    return messages


def text_of(call: Call) -> str:
    """What a call came to, as a model reads it."""
    if call.status == "done":
        return result_text(call.result)
    wrong = call.error or STOPPED
    return told(StepFailed(wrong.message, code=wrong.code, hint=wrong.hint))
