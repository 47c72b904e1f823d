"""What a client asks, in Troupe's words; and the answer that its run came to."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, cast

from pydantic import BaseModel, Field, ValidationError

from troupe.base.errors import BadInput, Problem
from troupe.catalog.contract import Message, ModelRequest, Tool, ToolCall

DEFAULT_MAX_TOKENS = 4096


class Asked(BaseModel, frozen=True):
    """One question to a model or an agent. `only`: the one tool that must be called."""

    model: str
    messages: list[Message]
    tools: list[Tool] = Field(default_factory=list[Tool])
    choice: Literal["auto", "none", "required"] = "auto"
    only: str | None = None
    schema_: dict[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    stop: list[str] = Field(default_factory=list[str])
    stream: bool = False
    variables: dict[str, Any] | None = None  # of an agent

    def request(self) -> ModelRequest:
        """As one call of a model."""
        tools = [t for t in self.tools if self.only in (None, t.name)]
        return ModelRequest(
            model=self.model, messages=self.messages, tools=tools,
            tool_choice="required" if self.only else self.choice if tools else "auto", output_schema=self.schema_,
            max_tokens=self.max_tokens or DEFAULT_MAX_TOKENS, temperature=self.temperature, stop=self.stop,
            whole=not self.stream or self.schema_ is not None,
        )  # fmt: skip

    def client(self) -> dict[str, Any]:
        """As what a client brings to an agent (features/agents/client)."""
        return {
            "tools": [t.model_dump() for t in self.tools], "choice": self.choice, "only": self.only,
            "schema": self.schema_, "max_tokens": self.max_tokens, "temperature": self.temperature, "stop": self.stop,
        }  # fmt: skip


class Answer(BaseModel, frozen=True):
    """What a run came to: text, calls for the client to do, and what it used in tokens."""

    text: str
    calls: list[ToolCall] = Field(default_factory=list[ToolCall])
    finish: str = "stop"
    input_tokens: int = 0
    output_tokens: int = 0


def sift(body: Mapping[str, Any], read: Collection[str], ignored: Collection[str], harmless: Mapping[str, Any]) -> Any:
    """The parameters that a door reads. Raises BadInput that names the first other one which asks for something."""
    for name, value in body.items():
        if name in read or name in ignored or value is None or (name in harmless and value in harmless[name]):
            continue
        known = "only as " + " or ".join(map(repr, harmless[name])) if harmless.get(name) else "not"
        raise BadInput(problems=[Problem(name, "unsupported_parameter", f"{name!r} is supported here {known}.")])
    return {name: value for name, value in body.items() if name in read and value is not None}


def refused(param: str, message: str, code: str = "invalid_value") -> BadInput:
    """One parameter that cannot be used as it is."""
    return BadInput(problems=[Problem(param, code, message)])


def misread(wrong: ValidationError) -> BadInput:
    """Every place that is not as the wire form says."""
    return BadInput(
        problems=[Problem(".".join(map(str, e["loc"])), "invalid_value", e["msg"]) for e in wrong.errors()[:20]]
    )


def object_of(body: Any) -> dict[str, Any]:
    """The body as an object. Raises BadInput."""
    if not isinstance(body, dict):
        raise BadInput("The body must be a JSON object.")
    return body  # pyright: ignore[reportUnknownVariableType]  a JSON object has text for keys


def check_tools(tools: list[Tool], only: str | None) -> None:
    """Raises BadInput where two tools have one name, or the one that must be called is none of them."""
    names = [t.name for t in tools]
    if len(names) > 128:
        raise refused("tools", f"At most 128 tools; these are {len(names)}.")
    if twice := {n for n in names if names.count(n) > 1}:
        raise refused("tools", f"Two tools are called {sorted(twice)[0]!r}.")
    if only is not None and only not in names:
        raise refused("tool_choice", f"There is no tool {only!r} among `tools`.")


def check_calls(messages: list[Message]) -> None:
    """Raises BadInput where a result answers no call that was made before it."""
    called: set[str] = set()
    for i, message in enumerate(messages):
        called |= {c.id for c in message.calls}
        if message.role == "tool" and message.call_id not in called:
            raise refused(f"messages.{i}.tool_call_id", f"No call {message.call_id!r} comes before this result.")


def documented(model: type[BaseModel]) -> dict[str, Any]:
    """A request body for the OpenAPI document: whole, for a `$ref` there is looked up in the document, not in here."""
    schema = model.model_json_schema()
    named: dict[str, Any] = schema.pop("$defs", {})

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(one) for one in cast("list[Any]", part)]
        if not isinstance(part, dict):
            return part
        given = cast("dict[str, Any]", part)
        if "$ref" in given:
            return whole(named[given["$ref"].rpartition("/")[2]])
        return {key: whole(value) for key, value in given.items() if key != "discriminator"}

    return {"requestBody": {"content": {"application/json": {"schema": whole(schema)}}, "required": True}}
