"""The client: what the sender of a message brings with it, tools that it does itself and how it wants the answer."""

from dataclasses import dataclass, field
from typing import Any, Literal, cast

from troupe.catalog.contract import ModelRequest, Tool

NOT_ALONE = "Not done: this tool is the user's. Call it again, with no other tool beside it, once you have the others."
Choice = Literal["auto", "none", "required"]


@dataclass(frozen=True, slots=True)
class Client:
    """`only`: the one tool that the first turn must call. What is None is as the agent's definition says."""

    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    choice: Choice = "auto"
    only: str | None = None
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()

    @staticmethod
    def of(given: dict[str, Any] | None) -> "Client":
        """As a run's input holds it."""
        if not given:
            return Client()
        tools = [Tool.model_validate(t) for t in cast(list[Any], given.get("tools") or [])]
        return Client(
            {t.name: t for t in tools}, given.get("choice") or "auto", given.get("only"), given.get("schema"),
            given.get("max_tokens"), given.get("temperature"), tuple(given.get("stop") or ()),
        )  # fmt: skip

    def adapt(self, request: ModelRequest, turn: int) -> ModelRequest:
        """The agent's request with what the client brings; what it asks of tools holds in the first turn."""
        own = {"max_tokens": min(request.max_tokens, self.max_tokens or request.max_tokens), "stop": list(self.stop)}
        given: dict[str, Any] = {"temperature": self.temperature, "output_schema": self.schema}
        request = request.model_copy(update=own | {k: v for k, v in given.items() if v is not None})
        if request.tool_choice == "none":
            return request
        offered = [*request.tools, *(self.tools.values() if self.choice != "none" else ())]
        if turn == 1 and self.only is not None:
            return request.model_copy(update={"tools": [self.tools[self.only]], "tool_choice": "required"})
        required = turn == 1 and self.choice == "required" and offered
        return request.model_copy(update={"tools": offered, "tool_choice": "required" if required else "auto"})
