"""AG-UI 1.0: a run's events as an AG-UI client takes them (docs.ag-ui.com/spec/1.0). Pure.

A message of the agent is `RUN:TURN`, a call `RUN:TURN:CALL`. What a model said in vain (`void`) ends, is named by the
custom event `troupe.void`, and is gone from the snapshot that follows; what comes instead has the same id.
"""

from typing import Any

from troupe.features.agents.window import cut
from troupe.features.approvals.models import Approval
from troupe.features.chat.answers import KEY, NOT_DONE, STOPPED, by_turn, call_of, calls_of, text_of, turns_of
from troupe.features.chat.models import Call, Turn
from troupe.features.chat.store import MessageRow, RunRow, StepRow
from troupe.features.runs.models import Event, Failure, Run

PROTOCOL = "1.0"
RESULT = 20_000  # characters of a tool's result that an event holds
ENDS = {"step.completed": "done", "step.failed": "failed", "step.skipped": "skipped"}
AgUi = dict[str, Any]


def ag_ui(type: str, **fields: Any) -> AgUi:
    """An event; what is None is left out."""
    return {"type": type, **{k: v for k, v in fields.items() if v is not None}}


class Telling:
    """One stream of one run. `before`: the messages of the conversation above it, this run's own message included."""

    def __init__(self, thread: str, run: str, before: list[AgUi]) -> None:
        self.thread, self.run, self.before = thread, run, before
        self.steps: dict[str, StepRow] = {}
        self.turn = 0
        self.step: str | None = None
        self.open: str | None = None
        self.said = ""
        self.answered: set[str] = set()

    # ── begin and end ───────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, *, again: bool) -> list[AgUi]:
        """A stream opens; `again`: for a client that may have seen a part, with all that there was."""
        self.step, self.open, self.said = None, None, ""
        started = ag_ui("RUN_STARTED", threadId=self.thread, runId=self.run, protocolVersion=PROTOCOL)
        return [started, self.snapshot()] if again else [started]

    def snapshot(self) -> AgUi:
        """All messages as they are."""
        row = RunRow(id=self.run, status="running", reason=None, output=None, error=None)
        return ag_ui("MESSAGES_SNAPSHOT", messages=[*self.before, *said_by(row, list(self.steps.values()))])

    def interrupted(self, asked: list[Approval], reason: str | None) -> list[AgUi]:
        """It rests for a person: for these decisions, or for another reason."""
        waits = [self._interrupt(approval) for approval in asked]
        if not waits:
            waits = [{"id": f"{self.run}:{reason}", "reason": reason or "review", "message": REASONS.get(reason or "")}]
        return [*self._end_text(), *self._end_step(), self._finished({"type": "interrupt", "interrupts": waits})]

    def _interrupt(self, asked: Approval) -> AgUi:
        found = KEY.fullmatch(asked.step) if asked.run_id == self.run else None
        wait = {
            "id": asked.id, "reason": "tool_call", "message": asked.title,
            "toolCallId": self._call_id(int(found[1]), found[2]) if found else None,
            "expiresAt": asked.expires_at.isoformat() if asked.expires_at else None,
            "metadata": {
                "arguments": asked.arguments, "arguments_hash": asked.arguments_hash, "block": asked.block,
                "effect": asked.effect, "risk": asked.risk, "run_id": asked.run_id,
            },
        }  # fmt: skip
        return {k: v for k, v in wait.items() if v is not None}

    def ended(self, run: Run) -> list[AgUi]:
        """It is over."""
        if run.status == "failed":
            wrong = run.error or Failure(code="failed", message="The run failed.")
            told = {"metadata": {"partial": wrong.partial}} if wrong.partial else {}
            return [*self._close(), ag_ui("RUN_ERROR", message=wrong.message, code=wrong.code, **told)]
        used = [{"inputTokens": run.usage.input_tokens, "outputTokens": run.usage.output_tokens}]
        if run.status == "terminated":
            return [*self._close(stopped=True), self._finished({"type": "cancelled"}, usage=used)]
        return [*self._close(), self._finished({"type": "success"}, result=run.output, usage=used)]

    def _finished(self, outcome: AgUi, **more: Any) -> AgUi:
        return ag_ui("RUN_FINISHED", threadId=self.thread, runId=self.run, outcome=outcome, **more)

    def _close(self, *, stopped: bool = False) -> list[AgUi]:
        return [*self._end_text(), *self._end_turn(stopped=stopped)]

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, event: Event) -> list[AgUi]:
        """What a step's event says to a client."""
        found = KEY.fullmatch(event.step or "")
        if found is None or (event.type == "step.token" and event.step in self.steps):
            return []  # a token may come after the end of its step: they are told by two ways
        turn, call, rest = int(found[1]), found[2], found[3] or ""
        told = self._turn(turn)
        if call is None:
            told += self._model(turn, event)
        if event.type in ENDS:  # noted once it is told: a snapshot between must not hold what is still to be told
            self._note(event)
        if call is not None and event.type in ENDS and rest in ("", "approve"):
            told += self._results(turn)
        return told

    def _model(self, turn: int, event: Event) -> list[AgUi]:
        if event.type == "step.token":
            return self._token(turn, event.data.get("data") or {}, event.data.get("from"), event.data.get("so_far"))
        if event.type == "step.completed":
            return self._whole(turn, event.data.get("output") or {})
        if event.type == "step.failed":
            wrong: dict[str, Any] = event.data.get("error") or {}
            return self._text(turn, str(wrong.get("partial") or ""))
        return self._void() if event.type == "step.retrying" and self.open else []

    def _note(self, event: Event) -> None:
        key, value = event.step or "", event.data.get("output", event.data.get("error"))
        asks = isinstance(value, dict) and {"request", "decision"} <= value.keys()
        file = event.data.get("output_file")
        self.steps[key] = StepRow(
            run_id=self.run, key=key, block="$approval" if asks else None, state=ENDS[event.type],
            ref=f"file:{file}" if file else None, result=value, cost_usd=0, input_tokens=0, output_tokens=0, seconds=0,
        )  # fmt: skip

    def _turn(self, turn: int) -> list[AgUi]:
        told: list[AgUi] = []
        if turn != self.turn:
            told += self._end_turn()
            self.turn = turn
        if self.step is None:
            self.step = f"turn/{turn}"
            told.append(ag_ui("STEP_STARTED", stepName=self.step))
        return told

    def _end_turn(self, *, stopped: bool = False) -> list[AgUi]:
        return [*self._results(self.turn, end=STOPPED if stopped else NOT_DONE), *self._end_step()]

    def _end_step(self) -> list[AgUi]:
        name, self.step = self.step, None
        return [ag_ui("STEP_FINISHED", stepName=name)] if name else []

    # ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _token(
        self, turn: int, data: dict[str, Any], place: int | None = None, so_far: str | None = None
    ) -> list[AgUi]:
        if data.get("void"):
            return self._void() if self.open else []
        missed = ""
        if place is not None and place != len(self.said):  # the beginning was told before this stream began
            if so_far is None or len(so_far) != place or not so_far.startswith(self.said):
                return []  # it is told again within a second, and all of it with the end
            missed = so_far[len(self.said) :]
        told: list[AgUi] = []
        if self.open is None:
            self.open = f"{self.run}:{turn}"
            told.append(ag_ui("TEXT_MESSAGE_START", messageId=self.open, role="assistant"))
        piece = missed + str(data.get("text") or "")
        self.said += piece
        return [*told, ag_ui("TEXT_MESSAGE_CONTENT", messageId=self.open, delta=piece)]

    def _void(self) -> list[AgUi]:
        gone = ag_ui("CUSTOM", name="troupe.void", value={"messageId": self.open})
        return [*self._end_text(), gone, self.snapshot()]

    def _end_text(self) -> list[AgUi]:
        id, self.open, self.said = self.open, None, ""
        return [ag_ui("TEXT_MESSAGE_END", messageId=id)] if id else []

    def _text(self, turn: int, text: str) -> list[AgUi]:
        """The text of a turn is known: what was told of it is made whole, or taken back."""
        told: list[AgUi] = []
        if self.open is not None and not text.startswith(self.said):
            told += self._void()
        rest = text[len(self.said) :]
        if rest:
            told += self._token(turn, {"text": rest})
        return told + self._end_text()

    def _whole(self, turn: int, output: dict[str, Any]) -> list[AgUi]:
        told, parent = self._text(turn, output.get("text") or ""), f"{self.run}:{turn}"
        for call in output.get("calls", []):
            id = self._call_id(turn, call["id"])
            told += [
                ag_ui("TOOL_CALL_START", toolCallId=id, toolCallName=call["name"], parentMessageId=parent),
                ag_ui("TOOL_CALL_ARGS", toolCallId=id, delta=call["arguments"]),
                ag_ui("TOOL_CALL_END", toolCallId=id),
            ]
        return told

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _call_id(self, turn: int, call: str) -> str:
        return f"{self.run}:{turn}:{call}"

    def _results(self, turn: int, end: Failure | None = None) -> list[AgUi]:
        """Results that have come since; with `end`, of every call of the turn."""
        rows = by_turn(self.steps.values()).get(turn)
        if rows is None or rows.model is None or rows.model.state != "done":
            return []
        told: list[AgUi] = []
        for call in calls_of(rows.model):
            id, own = self._call_id(turn, call["id"]), rows.calls.get(call["id"], {})
            known = call_of(self.run, call, own if end or "" in own or "approve" in own else {}, end)
            if known.status in ("done", "failed") and id not in self.answered:
                self.answered.add(id)
                told.append(_result(id, known))
        return told


def _result(id: str, call: Call) -> AgUi:
    file = {"metadata": {"file": call.result_file}} if call.result_file else {}
    return ag_ui(
        "TOOL_CALL_RESULT",
        messageId=f"{id}:result",
        toolCallId=id,
        role="tool",
        content=cut(text_of(call), RESULT),
        **file,
    )


def person(message: MessageRow) -> AgUi:
    """What a person said."""
    return {"id": message.id, "role": "user", "content": message.text}


def said_by(run: RunRow, steps: list[StepRow]) -> list[AgUi]:
    """An answer as messages."""
    return [told for turn in turns_of(run, steps) for told in _messages(run.id, turn)]


def _messages(run: str, turn: Turn) -> list[AgUi]:
    id = f"{run}:{turn.number}"
    said: AgUi = {"id": id, "role": "assistant", "content": turn.text}
    if turn.partial:
        said["metadata"] = {"partial": True}
    if turn.calls:
        said["toolCalls"] = [
            {"id": f"{id}:{c.id}", "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for c in turn.calls
        ]
    results: list[AgUi] = [
        {
            "id": f"{id}:{c.id}:result", "role": "tool", "toolCallId": f"{id}:{c.id}",
            "content": cut(text_of(c), RESULT),
            **({"error": c.error.message} if c.error else {}),
        }
        for c in turn.calls
        if c.status in ("done", "failed")
    ]  # fmt: skip
    return [said, *results]


REASONS = {
    "unknown_effect": "It is not known whether a step happened; a person must say so.",
    "crash_loop": "The run ended its process again and again; a person must let it go on.",
    "diverged": "The run's program is no longer the one that began it.",
}
