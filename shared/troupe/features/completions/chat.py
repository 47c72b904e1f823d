"""Chat Completions: read a request, write the answer, whole or in chunks (platform.openai.com, API reference, chat)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Discriminator, Field, ValidationError

from troupe.base.errors import TroupeError
from troupe.catalog.contract import Message, Tool, ToolCall
from troupe.features.completions.asked import (
    Answer,
    Asked,
    check_calls,
    check_tools,
    documented,
    misread,
    object_of,
    refused,
    sift,
)
from troupe.features.completions.shape import error_of

IGNORED = frozenset(
    ("user", "metadata", "seed", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
     "reasoning_effort", "verbosity", "store")
)  # fmt: skip
HARMLESS: dict[str, Any] = {
    "n": (1,), "top_p": (1,), "presence_penalty": (0,), "frequency_penalty": (0,), "logprobs": (False,),
    "top_logprobs": (0,), "logit_bias": ({},), "parallel_tool_calls": (True,), "modalities": (["text"],),
    "tools": ([],),
}  # fmt: skip
FINISH = {"stop": "stop", "length": "length", "tools": "tool_calls", "filtered": "content_filter"}


class _Read(BaseModel):
    """Fields that are not named here say nothing that counts."""


class _Text(_Read):
    type: Literal["text"]
    text: str


class _Url(_Read):
    url: str


class _Image(_Read):
    type: Literal["image_url"]
    image_url: _Url


class _Function(_Read):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = ""
    parameters: dict[str, Any] = {"type": "object", "properties": {}}


class _Tool(_Read):
    type: Literal["function"]
    function: _Function


class _Called(_Read):
    name: str
    arguments: str


class _Call(_Read):
    id: str
    function: _Called


class _Message(_Read):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Annotated[_Text | _Image, Discriminator("type")]] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""


class _Named(_Read):
    name: str


class _Choice(_Read):
    type: Literal["function"]
    function: _Named


class _Shape(_Read):
    schema_: dict[str, Any] = Field(default={"type": "object"}, alias="schema")


class _Format(_Read):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _Shape | None = None


class _Options(_Read):
    include_usage: bool = False


class _Request(_Read):
    model: str = Field(min_length=1, max_length=200)
    messages: list[_Message] = Field(min_length=1, max_length=10_000)
    tools: list[_Tool] = Field(default_factory=list[_Tool])
    tool_choice: Literal["auto", "none", "required"] | _Choice = "auto"
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    stop: str | list[str] = Field(default_factory=list[str])
    response_format: _Format | None = None
    stream: bool = False
    stream_options: _Options = _Options()
    variables: dict[str, Any] | None = None


OPENAPI = documented(_Request)


class Chat(BaseModel, frozen=True):
    """A request that was read."""

    asked: Asked
    with_usage: bool


def read(body: Any) -> Chat:
    """A request. Raises BadInput that names what it cannot be."""
    given = sift(object_of(body), _Request.model_fields, IGNORED, HARMLESS)
    try:
        request = _Request.model_validate(given)
    except ValidationError as wrong:
        raise misread(wrong) from None
    only = request.tool_choice.function.name if isinstance(request.tool_choice, _Choice) else None
    tools = [
        Tool(name=t.function.name, description=t.function.description, input_schema=t.function.parameters)
        for t in request.tools
    ]
    messages = [_message(m, i) for i, m in enumerate(request.messages)]
    check_tools(tools, only)
    check_calls(messages)
    stop = [request.stop] if isinstance(request.stop, str) else request.stop
    asked = Asked(
        model=request.model, messages=messages, tools=tools, only=only, schema_=_schema(request.response_format),
        choice=request.tool_choice if isinstance(request.tool_choice, str) else "required",
        max_tokens=request.max_completion_tokens or request.max_tokens, temperature=request.temperature, stop=stop,
        stream=request.stream, variables=request.variables,
    )  # fmt: skip
    return Chat(asked=asked, with_usage=request.stream_options.include_usage)


def _schema(format: _Format | None) -> dict[str, Any] | None:
    if format is None or format.type == "text":
        return None
    if format.type == "json_schema" and format.json_schema is None:
        raise refused("response_format.json_schema", "Give the schema.")
    return format.json_schema.schema_ if format.json_schema else {"type": "object"}


def _message(message: _Message, at: int) -> Message:
    parts = message.content if isinstance(message.content, list) else []
    images = [p.image_url.url for p in parts if isinstance(p, _Image)]
    for url in images:
        if not url.startswith("data:image/"):
            raise refused(f"messages.{at}.content", "Images are taken as data: URLs.")
    text = (
        message.content if isinstance(message.content, str) else "".join(p.text for p in parts if isinstance(p, _Text))
    )
    calls = [ToolCall(id=c.id, name=c.function.name, arguments=c.function.arguments) for c in message.tool_calls or []]
    role = "system" if message.role == "developer" else message.role
    return Message(role=role, text=text, calls=calls, call_id=message.tool_call_id, images=images)


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


def usage(answer: Answer) -> dict[str, Any]:
    """Tokens, as they are counted for the whole run."""
    given, made = answer.input_tokens, answer.output_tokens
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def _calls(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    return [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in calls]


def whole(run: str, created: int, model: str, answer: Answer) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.calls:
        message |= {"content": answer.text or None, "tool_calls": _calls(answer.calls)}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH.get(answer.finish, "stop")}
    return {
        "id": f"chatcmpl-{run}", "object": "chat.completion", "created": created, "model": model, "choices": [choice],
        "usage": usage(answer),
    }  # fmt: skip


class Chunks:
    """The events of a stream; what is the same in all of them is written once."""

    def __init__(self, run: str, created: int, model: str, *, with_usage: bool) -> None:
        self._base: dict[str, Any] = {
            "id": f"chatcmpl-{run}", "object": "chat.completion.chunk", "created": created, "model": model,
        }  # fmt: skip
        if with_usage:
            self._base["usage"] = None
        self._with_usage = with_usage
        before, after = self._chunk({"content": "\0"}).split(rb'"\u0000"')
        self._before, self._after = before, after

    def begin(self) -> bytes:
        """The first one."""
        return self._chunk({"role": "assistant", "content": ""})

    def text(self, piece: str) -> bytes:
        """A piece of the answer."""
        return self._before + orjson.dumps(piece) + self._after

    def end(self, answer: Answer) -> bytes:
        """The calls, the reason of the end, the usage where it was asked for, and the mark of the end."""
        last = b"".join(
            self._chunk({"tool_calls": [{"index": i, **call}]}) for i, call in enumerate(_calls(answer.calls))
        )
        last += self._chunk({}, FINISH.get(answer.finish, "stop"))
        if self._with_usage:
            last += event({**self._base, "choices": [], "usage": usage(answer)})
        return last + b"data: [DONE]\n\n"

    def failed(self, wrong: TroupeError) -> bytes:
        """What ends a stream that began and cannot go on."""
        return event(error_of(wrong))

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**self._base, "choices": [choice]})


def event(data: dict[str, Any]) -> bytes:
    """One server-sent event without a name."""
    return b"data: " + orjson.dumps(data) + b"\n\n"
