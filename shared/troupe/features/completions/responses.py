"""Responses: read a request, write the answer, whole or as semantic events (openresponses.org)."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field, ValidationError

from troupe.base.errors import TroupeError
from troupe.catalog.contract import Message, Tool, ToolCall
from troupe.features.completions.asked import Answer, Asked, check_tools, documented, misread, object_of, refused, sift
from troupe.features.completions.shape import error_of

IGNORED = frozenset(
    ("user", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "reasoning", "include")
)
HARMLESS: dict[str, Any] = {
    "top_p": (1,), "top_logprobs": (0,), "parallel_tool_calls": (True,), "background": (False,),
    "truncation": ("disabled",), "stream_options": ({}, {"include_obfuscation": False}, {"include_obfuscation": True}),
}  # fmt: skip


class _Read(BaseModel):
    """Fields that are not named here say nothing that counts."""


class _Part(_Read):
    type: Literal["input_text", "output_text", "input_image", "refusal", "text"]
    text: str = ""
    image_url: str = ""


class _Item(_Read):
    type: Literal["message", "function_call", "function_call_output", "reasoning"] = "message"
    role: Literal["system", "developer", "user", "assistant"] = "user"
    content: str | list[_Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str | list[_Part] = ""


class _Tool(_Read):
    type: Literal["function"]
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Choice(_Read):
    type: Literal["function"]
    name: str


class _Format(_Read):
    type: Literal["text", "json_object", "json_schema"] = "text"
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")


class _TextOptions(_Read):
    format: _Format = _Format()
    verbosity: str | None = None


class _Request(_Read):
    model: str = Field(min_length=1, max_length=200)
    input: Annotated[str, Field(min_length=1)] | list[_Item]
    instructions: str | None = None
    tools: list[_Tool] = Field(default_factory=list[_Tool])
    tool_choice: Literal["auto", "none", "required"] | _Choice = "auto"
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_output_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    text: _TextOptions = _TextOptions()
    previous_response_id: str | None = None
    store: bool = True
    stream: bool = False
    metadata: dict[str, str] = {}
    variables: dict[str, Any] | None = None


OPENAPI = documented(_Request)
_ECHOED = ("instructions", "tools", "tool_choice", "temperature", "max_output_tokens", "text", "metadata")


class Given(BaseModel, frozen=True):
    """A request that was read; `asked` without what came before it."""

    asked: Asked
    instructions: str | None
    previous: str | None
    store: bool
    echoed: dict[str, Any]

    def door(self) -> dict[str, Any]:
        """What is kept with the run, to show the response again and to go on from it."""
        return {
            "kind": "responses", "store": self.store, "previous_response_id": self.previous, "model": self.asked.model,
            "echoed": self.echoed,
        }  # fmt: skip


def read(body: Any) -> Given:
    """A request. Raises BadInput that names what it cannot be."""
    given = sift(object_of(body), _Request.model_fields, IGNORED, HARMLESS)
    try:
        request = _Request.model_validate(given)
    except ValidationError as wrong:
        raise misread(wrong) from None
    only = request.tool_choice.name if isinstance(request.tool_choice, _Choice) else None
    nothing: dict[str, Any] = {"type": "object", "properties": {}}
    tools = [
        Tool(name=t.name, description=t.description or "", input_schema=t.parameters or nothing) for t in request.tools
    ]
    check_tools(tools, only)
    asked = Asked(
        model=request.model, messages=_messages(request.input), tools=tools, only=only,
        schema_=_schema(request.text.format),
        choice=request.tool_choice if isinstance(request.tool_choice, str) else "required",
        max_tokens=request.max_output_tokens, temperature=request.temperature,
        stream=request.stream, variables=request.variables,
    )  # fmt: skip
    echoed = {name: given[name] for name in _ECHOED if name in given}
    return Given(
        asked=asked, instructions=request.instructions, previous=request.previous_response_id, store=request.store,
        echoed=echoed,
    )  # fmt: skip


def _schema(format: _Format) -> dict[str, Any] | None:
    if format.type == "text":
        return None
    if format.type == "json_schema" and format.schema_ is None:
        raise refused("text.format.schema", "Give the schema.")
    return format.schema_ or {"type": "object"}


def _messages(items: str | list[_Item]) -> list[Message]:
    """Items as messages: the calls that follow an assistant's words are in one message with them."""
    if isinstance(items, str):
        return [Message(role="user", text=items)]
    made: list[Message] = []
    for at, item in enumerate(items):
        if item.type == "reasoning":
            continue
        if item.type == "function_call_output":
            made.append(Message(role="tool", call_id=item.call_id, text=_text(item.output)))
        elif item.type == "message":
            role = "system" if item.role == "developer" else item.role
            made.append(Message(role=role, text=_text(item.content), images=_images(item.content, at)))
        else:
            call = ToolCall(id=item.call_id, name=item.name, arguments=item.arguments)
            before = made.pop() if made and made[-1].role == "assistant" else Message(role="assistant")
            made.append(before.model_copy(update={"calls": [*before.calls, call]}))
    if not made:
        raise refused("input", "There is nothing to answer.")
    return made


def _text(content: str | list[_Part] | None) -> str:
    return content if isinstance(content, str) else "".join(p.text for p in content or [])


def _images(content: str | list[_Part] | None, at: int) -> list[str]:
    images = [p.image_url for p in content if p.type == "input_image"] if isinstance(content, list) else []
    if not all(url.startswith("data:image/") for url in images):
        raise refused(f"input.{at}.content", "Images are taken as data: URLs.")
    return images


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Made:
    """A response object at its various times. Its id is its run's."""

    def __init__(self, run: str, created: int, door: dict[str, Any]) -> None:
        echoed: dict[str, Any] = door["echoed"]
        self.run = run
        self._base: dict[str, Any] = {
            "id": run, "object": "response", "created_at": created, "status": "in_progress", "error": None,
            "incomplete_details": None, "instructions": None, "max_output_tokens": None, "model": door["model"],
            "output": [], "parallel_tool_calls": True, "previous_response_id": door["previous_response_id"],
            "reasoning": {"effort": None, "summary": None}, "store": door["store"], "temperature": None,
            "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 1.0,
            "truncation": "disabled", "usage": None, "user": None, "metadata": {}, **echoed,
        }  # fmt: skip

    def begun(self) -> dict[str, Any]:
        """Before its end."""
        return self._base

    def over(self, answer: Answer) -> dict[str, Any]:
        """With all of its output."""
        cut = {"length": "max_output_tokens", "filtered": "content_filter"}.get(answer.finish)
        given, made = answer.input_tokens, answer.output_tokens
        usage = {
            "input_tokens": given, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": given + made,
        }  # fmt: skip
        return self._base | {
            "status": "incomplete" if cut else "completed", "incomplete_details": {"reason": cut} if cut else None,
            "output": self.output(answer), "usage": usage,
        }  # fmt: skip

    def failed(self, error: dict[str, Any]) -> dict[str, Any]:
        """Of a run that failed. `error` is in OpenAI's shape."""
        known = {"code": error["code"] or "server_error", "message": error["message"]}
        return self._base | {"status": "failed", "error": known}

    def output(self, answer: Answer) -> list[dict[str, Any]]:
        """Its items."""
        items = [self.message(answer.text)] if answer.text or not answer.calls else []
        return [*items, *(self.call(c, c.arguments) for c in answer.calls)]

    def message(self, text: str | None) -> dict[str, Any]:
        """The item of what was said; None while it is still to come."""
        content = [] if text is None else [_part(text)]
        status = "in_progress" if text is None else "completed"
        return {"id": f"msg_{self.run}", "type": "message", "role": "assistant", "status": status, "content": content}

    def call(self, call: ToolCall, arguments: str | None) -> dict[str, Any]:
        """The item of a call; without arguments while they are still to come."""
        return {
            "id": f"fc_{call.id}", "type": "function_call", "call_id": call.id, "name": call.name,
            "arguments": arguments or "", "status": "in_progress" if arguments is None else "completed",
        }  # fmt: skip


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


class Events:
    """The events of a stream."""

    def __init__(self, made: Made) -> None:
        self._made = made
        self._number = -1
        self._said = False

    def begin(self) -> bytes:
        """The first two."""
        begun = self._made.begun()
        return self._event("response.created", response=begun) + self._event("response.in_progress", response=begun)

    def text(self, piece: str) -> bytes:
        """A piece of the answer."""
        return self._open() + self._event("response.output_text.delta", **self._place(), delta=piece, logprobs=[])

    def _open(self) -> bytes:
        if self._said:
            return b""
        self._said = True
        opened = self._event("response.output_item.added", output_index=0, item=self._made.message(None))
        return opened + self._event("response.content_part.added", **self._place(), part=_part(""))

    def end(self, answer: Answer) -> bytes:
        """What closes the items, the calls, and the whole response."""
        last = b"" if answer.calls else self._open()
        if self._said:
            last += self._event("response.output_text.done", **self._place(), text=answer.text, logprobs=[])
            last += self._event("response.content_part.done", **self._place(), part=_part(answer.text))
            last += self._event("response.output_item.done", output_index=0, item=self._made.message(answer.text))
        for at, call in enumerate(answer.calls, int(self._said)):
            last += self._call(at, call)
        whole = self._made.over(answer)
        return last + self._event(f"response.{whole['status']}", response=whole)

    def failed(self, wrong: TroupeError) -> bytes:
        """What ends a stream that began and cannot go on."""
        return self._event("response.failed", response=self._made.failed(error_of(wrong)["error"]))

    def _call(self, at: int, call: ToolCall) -> bytes:
        place: dict[str, Any] = {"item_id": f"fc_{call.id}", "output_index": at}
        return b"".join([
            self._event("response.output_item.added", output_index=at, item=self._made.call(call, None)),
            self._event("response.function_call_arguments.delta", **place, delta=call.arguments),
            self._event("response.function_call_arguments.done", **place, name=call.name, arguments=call.arguments),
            self._event("response.output_item.done", output_index=at, item=self._made.call(call, call.arguments)),
        ])  # fmt: skip

    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{self._made.run}", "output_index": 0, "content_index": 0}

    def _event(self, kind: str, **data: Any) -> bytes:
        self._number += 1
        said = orjson.dumps({"type": kind, "sequence_number": self._number, **data})
        return b"event: " + kind.encode() + b"\ndata: " + said + b"\n\n"
