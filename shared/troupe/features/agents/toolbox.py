"""The toolbox: what an agent may use in a run, found once at its start and the same ever after."""

from typing import Any, Literal, TypedDict, cast

from troupe.base.errors import Rejected
from troupe.base.values import Json
from troupe.catalog.contract import Context, FoundTool, Tool
from troupe.catalog.registry import catalogue
from troupe.features.agents.check import name_of
from troupe.features.agents.definition import Memory, Permission, ToolEntry
from troupe.ports.run import Effect

MOST = 128  # tools that providers take in one request
APPROVAL_EXPIRES = 7 * 86_400.0
RUNS = ("workflow", "agent")  # tools that are runs of their own; taken to do the worst, for nobody has looked inside
Kind = Literal["block", "workflow", "agent", "connection", "catalogue", "memory"]


class Rules(TypedDict):
    """What an entry of the definition says of its tools. `fixed` are arguments that the author gave, which the model
    neither sees nor sets; `expires` is of an approval, in seconds."""

    stricter: str | None
    permission: Permission | None
    by: list[str]
    expires: float
    timeout: float | None
    fixed: dict[str, Json]


class Offered(Rules):
    """One tool as it was at the start of the run. `ref` is what it stands for: a block's id, a version, a tool's name;
    `where` is a definition's subject or a connection; `effect` None where it depends on the arguments."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    kind: Kind
    ref: str
    where: str
    pin: str
    effect: str | None


def shown(tool: Offered) -> Tool:
    """A tool as the model is told of it."""
    return Tool(name=tool["name"], description=tool["description"], input_schema=tool["input_schema"])


async def collect(
    entries: list[ToolEntry], fixed: list[dict[str, Json]], memory: Memory | None, ctx: Context
) -> list[Offered]:
    """Every tool of these entries, by unique names. Raises Rejected where one does not exist or they are too many."""
    found: list[Offered] = _of_memory(memory) if memory is not None else []
    for entry, given in zip(entries, fixed, strict=True):
        if entry.catalogue is None:
            found += await _of(entry, given, ctx)
        else:
            found += _finders(entry)
    if len(found) > MOST:
        hint = "Give the connections as `catalogue`, or name the tools needed by `only`."
        raise Rejected(f"{len(found)} tools are more than a model takes ({MOST}).", code="too_many_tools", hint=hint)
    return _named_apart(found)


def permission_of(tool: Offered, effect: Effect) -> Permission:
    """What the definition says; else `ask` for what must not happen twice, and `allow` for the rest.

    A workflow or an agent is allowed: what it does inside goes by its own rules.
    """
    return tool["permission"] or ("ask" if effect is Effect.ONCE and tool["kind"] not in RUNS else "allow")


def of_connection(rules: Rules, tool: FoundTool) -> Offered:
    """A connection's tool under the rules of an entry, or of a catalogue that it was found by."""
    return _offer(
        rules, kind="connection", name=tool["tool"], title=tool["title"] or tool["tool"], ref=tool["tool"],
        description=tool["description"], input_schema=_without(tool["input_schema"], rules["fixed"]),
        where=tool["connection"], pin=tool["pin"], effect=tool["effect"],
    )  # fmt: skip


async def _of(entry: ToolEntry, fixed: dict[str, Json], ctx: Context) -> list[Offered]:
    rules = _rules(entry, fixed)
    if entry.connection is not None:
        return [of_connection(rules, t) for t in await ctx.tools.find(entry.connection, entry.only)]
    if entry.block is not None:
        return [_block(entry, entry.block, rules)]
    kind: Kind = "workflow" if entry.workflow is not None else "agent"
    definitions = ctx.workflows if kind == "workflow" else ctx.agents
    found = await definitions.find(entry.workflow or entry.agent or "")
    title = found["title"] or found["name"]
    return [
        _offer(
            rules, kind=kind, name=entry.name or name_of(entry), title=title, ref=found["version"],
            description=entry.description or found["title"] or f"The {kind} {found['name']}.",
            input_schema=_without(found["input_schema"], fixed), where=found["subject"], effect=Effect.ONCE.value,
        )
    ]  # fmt: skip


def _block(entry: ToolEntry, id: str, rules: Rules) -> Offered:
    told = catalogue()[id]
    return _offer(
        rules, kind="block", name=entry.name or name_of(entry), title=told["title"], ref=id,
        description=entry.description or told["description"],
        input_schema=_without(told["input_schema"], rules["fixed"]),
        effect=None if told["effect"] == "by_input" else told["effect"],
    )  # fmt: skip


def _offer(rules: Rules, **own: Any) -> Offered:
    return cast(Offered, {**rules, "where": "", "pin": "", **own})


def _rules(entry: ToolEntry, fixed: dict[str, Json]) -> Rules:
    return {
        "stricter": entry.effect, "permission": entry.permission, "by": entry.by,
        "expires": entry.expires or APPROVAL_EXPIRES, "timeout": entry.timeout, "fixed": fixed,
    }  # fmt: skip


def _without(schema: dict[str, Any], fixed: dict[str, Json]) -> dict[str, Any]:
    """The schema of what is left to the model."""
    if not fixed:
        return schema
    fields = {k: v for k, v in schema.get("properties", {}).items() if k not in fixed}
    return {**schema, "properties": fields, "required": [r for r in schema.get("required", []) if r not in fixed]}


def _named_apart(tools: list[Offered]) -> list[Offered]:
    """Two connections may each have a `search`: the later one gets its connection's name in front, or a number."""
    taken: set[str] = set()
    for tool in tools:
        name = tool["name"]
        if name in taken and tool["where"] and tool["kind"] == "connection":
            name = f"{tool['where']}_{name}"[-64:]
        number = 2
        while name in taken:
            name = f"{tool['name'][:60]}_{number}"
            number += 1
        taken.add(name)
        tool["name"] = name
    return tools


# ── a thousand tools by four ────────────────────────────────────────────────────────────────────────────────────────

_TEXT: dict[str, Any] = {"type": "string"}
FINDERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "list_connectors": (
        "List connectors", "The outside services that are connected, and how many tools each has.",
        {"type": "object", "properties": {}, "additionalProperties": False},
    ),
    "search_tools": (
        "Search tools", "Find tools of the connected services by plain words. Gives names, descriptions and inputs.",
        {
            "type": "object", "required": ["words"], "additionalProperties": False,
            "properties": {
                "words": {**_TEXT, "description": "What the tool should do."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 20},
            },
        },
    ),
    "execute_tool": (
        "Execute a tool", "Use a tool that search_tools found, with arguments that fit its input_schema.",
        {
            "type": "object", "required": ["connection", "tool", "arguments"], "additionalProperties": False,
            "properties": {"connection": _TEXT, "tool": _TEXT, "arguments": {"type": "object"}},
        },
    ),
    "request_access": (
        "Request access", "Ask a person to let you use a service or tool that is closed to you or not connected.",
        {
            "type": "object", "required": ["what", "why"], "additionalProperties": False,
            "properties": {
                "what": {**_TEXT, "description": "connection, or connection/tool."},
                "why": {**_TEXT, "description": "What you need it for."},
            },
        },
    ),
}  # fmt: skip


def _finders(entry: ToolEntry) -> list[Offered]:
    only: list[str] = entry.catalogue if isinstance(entry.catalogue, list) else []
    rules = _rules(entry, {"connections": cast(Json, only)})
    return [
        _offer(
            rules, kind="catalogue", name=name, title=title, description=said, input_schema=schema, ref=name,
            effect=Effect.READ.value,
        )
        for name, (title, said, schema) in FINDERS.items()
    ]  # fmt: skip


# ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_SAID: dict[str, Any] = {"type": "object", "required": ["text"], "additionalProperties": False}
MEMORY: dict[str, tuple[str, str, dict[str, Any], Effect]] = {
    "recall": (
        "Recall", "Look up what you remember from earlier conversations, by plain words.",
        {**_SAID, "required": ["words"], "properties": {"words": _TEXT}}, Effect.READ,
    ),
    "remember": (
        "Remember", "Keep one fact for later conversations. Say it so that it is understood by itself.",
        {**_SAID, "properties": {"text": {**_TEXT, "maxLength": 10_000}}}, Effect.IDEMPOTENT,
    ),
    "forget": (
        "Forget", "Take away an entry that is wrong or no longer true, by the id that recall gives.",
        {**_SAID, "required": ["id"], "properties": {"id": _TEXT}}, Effect.IDEMPOTENT,
    ),
}  # fmt: skip


def _of_memory(memory: Memory) -> list[Offered]:
    rules: Rules = {
        "stricter": None, "permission": None, "by": [], "expires": APPROVAL_EXPIRES, "timeout": None, "fixed": {},
    }  # fmt: skip
    return [
        _offer(rules, kind="memory", name=n, title=title, description=said, input_schema=schema, ref=n, effect=e.value)
        for n, (title, said, schema, e) in MEMORY.items()
        if memory.write or n == "recall"
    ]
