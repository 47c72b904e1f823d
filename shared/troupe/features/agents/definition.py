"""The definition of an agent, `troupe: agent/v1`: every key that its text may have."""

from typing import Any, Literal

from pydantic import Field, model_validator

from troupe.base.values import Json, hash_of
from troupe.features.definitions.keys import DAY, DEFINITION_NAME, Duration, Keys
from troupe.features.definitions.structure import Shape

TOOL_NAME = r"^[A-Za-z0-9_-]{1,64}$"
Permission = Literal["allow", "ask", "deny"]
KINDS = ("block", "workflow", "agent", "connection", "catalogue")


class ToolEntry(Keys):
    """One entry of `tools`: exactly one of block, workflow, agent, connection (all its tools, or `only` some),
    catalogue (every tool of these connections by four tools that find and use them; `true`: of all)."""

    block: str | None = None
    workflow: str | None = None
    agent: str | None = None
    connection: str | None = None
    catalogue: bool | list[str] | None = None
    only: list[str] = Field(default=[], max_length=200)
    name: str | None = Field(default=None, pattern=TOOL_NAME)
    description: str | None = Field(default=None, max_length=4000)
    with_: dict[str, Any] = Field(default={}, alias="with")
    permission: Permission | None = None
    by: list[str] = []
    expires: Duration | None = Field(default=None, gt=0, le=366 * DAY)
    effect: Literal["once", "idempotent"] | None = None
    timeout: Duration | None = Field(default=None, gt=0, le=30 * DAY)

    @model_validator(mode="after")
    def _one(self) -> "ToolEntry":
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"name exactly one of {', '.join(KINDS)}")
        return self


class Limits(Keys):
    """Where a run of the agent ends, whatever its model says. `repeated_calls`: equal calls of one tool in a run."""

    turns: int = Field(default=25, ge=1, le=1000)
    tokens: int = Field(default=500_000, ge=1, le=100_000_000)
    cost_usd: float | None = Field(default=None, gt=0, le=100_000, strict=False)
    time: Duration = Field(default=3600.0, gt=0, le=366 * DAY)
    repeated_calls: int = Field(default=3, ge=1, le=100)
    calls_at_once: int = Field(default=16, ge=1, le=64)


class Context(Keys):
    """What of a long run the model is shown. `result`: characters of one tool result; `results`: newest results that
    are always kept whole; `window`: tokens, less than the model's own where it is given."""

    result: int = Field(default=20_000, ge=200, le=1_000_000)
    results: int = Field(default=4, ge=1, le=100)
    window: int | None = Field(default=None, ge=1000, le=10_000_000)


class Memory(Keys):
    """`recall`: entries that fit the message and are given with it; `write`: the agent may remember and forget."""

    recall: int = Field(default=5, ge=0, le=50)
    write: bool = True


class Agent(Keys):
    """A whole definition. `input` are the variables of the instructions; a message is always taken beside them.

    `cache`: how long an equal question may be answered as before; only where no tool has an effect.

    `when_busy`: what becomes of a message that comes while the conversation's last one is being answered.
    """

    troupe: Literal["agent/v1"]
    name: str = Field(pattern=DEFINITION_NAME)
    title: str = ""
    note: str = ""
    tags: list[str] = []
    goals: list[str] = []
    input: dict[str, Any] = {}
    model: str = ""
    fallbacks: list[str] = Field(default=[], max_length=2)
    temperature: float | None = Field(default=None, ge=0, le=2, strict=False)
    max_tokens: int = Field(default=4096, ge=1, le=200_000)
    cache: Duration = Field(default=0.0, ge=0, le=30 * DAY)
    instructions: str = Field(default="", max_length=200_000)
    tools: list[ToolEntry] = Field(default=[], max_length=128)
    knowledge: list[str] = []
    memory: Memory | None = None
    limits: Limits = Limits()
    context: Context = Context()
    output: dict[str, Any] | None = None
    when_busy: Literal["reject", "queue", "interrupt"] = "reject"
    starters: list[str] = Field(default=[], max_length=20)
    view: Any = None


_PARTS: dict[str, type[Keys]] = {"limits": Limits, "context": Context, "memory": Memory}


def _part_of(steps: list[str]) -> type[Keys]:
    if not steps:
        return Agent
    return ToolEntry if steps[0] == "tools" else _PARTS.get(steps[-1], Agent)


SHAPE = Shape(Agent, _part_of, {"troupe": "agent/v1", "name": "unnamed"})


def meaning(value: Json) -> dict[str, Any]:
    """The definition as JSON, without `view` and without what says no more than a default."""
    return _meaning(Agent.model_validate(value))


def version_hash(agent: Agent) -> str:
    """SHA-256 of the meaning, 64 hex digits."""
    return hash_of(_meaning(agent))


def _meaning(agent: Agent) -> dict[str, Any]:
    return agent.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"view"})
