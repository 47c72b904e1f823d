"""An AG-UI client: reads a stream by the official models, holds it to the protocol's order, and builds the messages."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from ag_ui.core.events import Event
from pydantic import TypeAdapter

EVENT: TypeAdapter[Any] = TypeAdapter(Event)


@dataclass
class Screen:
    """What a person sees after these events. `last` is the id after which a stream goes on."""

    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    last: str = ""
    open: set[str] = field(default_factory=set)
    headers: Any = None
    begun: bool = False
    on: dict[str, Callable[[], object]] = field(default_factory=dict)

    def read(self, answer: httpx2.Response, *, until: str | None = None) -> "Screen":
        """A stream to its end, or to the first event of this type."""
        assert answer.status_code == 200, answer.read()
        self.headers = answer.headers
        self.begun = False
        id = ""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                id = line[4:]
            elif line.startswith("data: "):
                self.take(json.loads(line[6:]))
                self.last, id = id or self.last, ""
                self.on.get(self.events[-1]["type"], lambda: None)()
                if until is not None and self.events[-1]["type"] == until:
                    return self
        assert not self.open, self.open
        return self

    def take(self, event: dict[str, Any]) -> None:
        """One event."""
        EVENT.validate_python(event)
        self.events.append(event)
        kind = event["type"]
        assert self.begun or kind in ("RUN_STARTED", "RUN_ERROR"), kind
        self.begun = True
        if kind == "RUN_STARTED":
            self.open.clear()  # what a cut stream had left open
        elif kind == "STEP_STARTED":
            self._open(event["stepName"])
        elif kind == "STEP_FINISHED":
            self.open.remove(event["stepName"])
        elif kind == "TEXT_MESSAGE_START":
            self._open(event["messageId"])
            self.messages.append({"id": event["messageId"], "role": event["role"], "content": ""})
        elif kind == "TEXT_MESSAGE_CONTENT":
            assert event["messageId"] in self.open
            self._find(event["messageId"])["content"] += event["delta"]
        elif kind == "TEXT_MESSAGE_END":
            self.open.remove(event["messageId"])
        elif kind == "TOOL_CALL_START":
            self._open(event["toolCallId"])
            said = self._find(event["parentMessageId"])
            call = {"id": event["toolCallId"], "name": event["toolCallName"], "arguments": ""}
            said.setdefault("toolCalls", []).append(call)
        elif kind == "TOOL_CALL_END":
            self.open.remove(event["toolCallId"])
        elif kind == "TOOL_CALL_RESULT":
            assert event["toolCallId"] not in self.open
            self.messages.append({"id": event["messageId"], "role": "tool", "content": event["content"]})
        elif kind == "MESSAGES_SNAPSHOT":
            self.messages = [dict(m) for m in event["messages"]]

    def _open(self, id: str) -> None:
        assert id not in self.open, id
        self.open.add(id)

    def _find(self, id: str) -> dict[str, Any]:
        for message in self.messages:
            if message["id"] == id:
                return message
        self.messages.append({"id": id, "role": "assistant", "content": ""})
        return self.messages[-1]

    def said(self, role: str = "assistant") -> list[str]:
        """What was said, without what is empty."""
        return [m["content"] for m in self.messages if m["role"] == role and m.get("content")]

    def types(self) -> list[str]:
        return [e["type"] for e in self.events]

    def only(self, type: str) -> Iterator[dict[str, Any]]:
        return (e for e in self.events if e["type"] == type)
