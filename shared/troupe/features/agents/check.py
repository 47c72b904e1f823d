"""The checker of agents: every problem of a text at once, each with its place; and what the agent takes and gives."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from troupe.base.errors import BadInput, Problem
from troupe.base.values import Json
from troupe.features.agents.definition import KINDS, SHAPE, Agent, ToolEntry
from troupe.features.definitions.document import Document, in_order
from troupe.features.definitions.schema import inline, wrong_schema
from troupe.features.definitions.structure import structure
from troupe.features.definitions.text import read
from troupe.features.models.choices import ROUTES
from troupe.features.scope import ROLES
from troupe.features.workflows.expressions import Schema, infer
from troupe.features.workflows.scan import Scan

Blocks = Callable[[str], dict[str, Any] | None]
RUN: Schema = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "dry_run": {"type": "boolean"}, "agent": {"type": "string"}},
    "additionalProperties": False,
}
TEXT: Schema = {"type": "string"}
OWN = ("message", "attachments", "history", "conversation", "client")  # what a run's input holds beside the variables
MAX_PROBLEMS = 1_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker found. `definition` is whole only where there are no problems."""

    problems: list[Problem]
    definition: Agent | None = None
    input_schema: Schema = field(default_factory=dict[str, Any])
    output_schema: Schema = field(default_factory=dict[str, Any])


def check(text: str, blocks: Blocks, *, ids: Collection[str] = ()) -> Checked:
    """All problems of a text in its order. `ids` are the blocks there are, for hints."""
    try:
        document = read(text)
    except BadInput as unreadable:
        return Checked(in_order(unreadable.problems))
    agent, problems = structure(document, SHAPE)
    problems = document.problems + problems
    if agent is None:
        return Checked(in_order(problems)[:MAX_PROBLEMS])
    checker = _Checker(document, blocks, ids)
    checker.agent(agent)
    found = in_order([*problems, *checker.problems])[:MAX_PROBLEMS]
    return Checked(found, agent, input_of(agent), output_of(agent))


def input_of(agent: Agent) -> Schema:
    """What a run takes: the variables, and the message."""
    given = agent.input
    own: Schema = {"message": {"type": "string", "description": "What the agent is to answer."}}
    known: dict[str, Any] = given.get("properties") or {}
    required: list[str] = given.get("required") or []
    return {**given, "type": "object", "properties": own | known, "required": [*required, "message"]}


def output_of(agent: Agent) -> Schema:
    """What a run gives: the answer as text, and as data where the agent has an output schema."""
    fields: Schema = {"text": TEXT, "model": TEXT, "turns": {"type": "integer"}}
    if agent.output is not None:
        fields["data"] = inline(agent.output)
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


class _Checker:
    def __init__(self, document: Document, blocks: Blocks, ids: Collection[str]) -> None:
        self.document, self.blocks, self.ids = document, blocks, ids
        self.problems: list[Problem] = []
        self.scan = Scan(lambda path, wrong: self.report(path, wrong.code, wrong.message, wrong.hint, at=wrong.at))
        self.names: dict[str, Schema] = {}

    def report(self, path: str, code: str, message: str, hint: str = "", *, at: int | None = None) -> None:
        line, column = self.document.place(path, at=at)
        self.problems.append(Problem(path, code, message, hint, line, column))

    def agent(self, agent: Agent) -> None:
        """Check it all."""
        self.variables(agent.input)
        if agent.output is not None and (wrong := wrong_schema(agent.output)):
            self.report("/output", "wrong_schema", wrong, "Use JSON Schema 2020-12.")
        self.expressions(agent.instructions, "/instructions")
        if not agent.instructions and not agent.tools:
            self.report("", "empty", "An agent has instructions or tools.", "Say in `instructions` what it is to do.")
        for at, name in enumerate([agent.model, *agent.fallbacks]):
            if name and "/" not in name and name not in ROUTES:
                path = "/model" if at == 0 else f"/fallbacks/{at - 1}"
                self.report(
                    path,
                    "bad_value",
                    f"{name!r} names no model.",
                    "Write provider/model, cheap, fast or best, or leave it empty.",
                )
        for i, name in enumerate(agent.knowledge):
            hint = "Take it out; an agent reads from what its tools give it."
            self.report(f"/knowledge/{i}", "unknown_knowledge", f"There is no knowledge base {name!r}.", hint)
        taken: dict[str, str] = {}
        for i, tool in enumerate(agent.tools):
            self.tool(tool, f"/tools/{i}", taken)

    def variables(self, given: dict[str, Any]) -> None:
        """The schema of the variables: an object's, which leaves our own names alone."""
        wrong = wrong_schema(given)
        if wrong or given.get("type", "object") != "object":
            told = wrong or "The input of an agent is an object of variables."
            self.report("/input", "wrong_schema", told, "Use JSON Schema 2020-12.")
            given = {}
        fields: dict[str, Any] = given.get("properties") or {}
        for name in OWN[1:]:
            if name in fields:
                self.report(f"/input/properties/{name}", "taken", f"{name} is a name of Troupe's own.", "Rename it.")
        self.names = {"input": inline({**given, "properties": {"message": TEXT} | fields}) if given else {}, "run": RUN}

    def expressions(self, value: Json, path: str) -> None:
        """Unknown names and certain mistakes."""
        for place, at, expression in self.scan.texts(value, path):
            for ref in expression.refs:
                if ref.name not in self.names:
                    hint = "An agent's texts see `input` and `run`."
                    self.report(place, "unknown_name", f"There is no {ref.name!r} here.", hint, at=at + ref.at)
            for mistake in infer(expression, self.names.get)[1]:
                self.report(place, mistake.code, mistake.message, mistake.hint, at=at + mistake.at)

    def tool(self, tool: ToolEntry, path: str, taken: dict[str, str]) -> None:
        """One entry: what it names, and that the model can tell it from the others."""
        kind = next(k for k in KINDS if getattr(tool, k) is not None)
        if tool.block is not None and self.blocks(tool.block) is None:
            near = get_close_matches(tool.block, self.ids, 1)
            hint = f"Did you mean {near[0]}?" if near else "`troupe blocks list` names them."
            self.report(f"{path}/block", "unknown_block", f"There is no block {tool.block!r}.", hint)
        if kind in ("connection", "catalogue"):
            for key in ("name", "description"):
                if getattr(tool, key) is not None:
                    self.report(f"{path}/{key}", "not_here", f"A {kind} is many tools; `{key}` is for one.")
        for role in tool.by:
            if role not in ROLES:
                self.report(f"{path}/by", "unknown_role", f"There is no role {role!r}.", f"Use {', '.join(ROLES)}.")
        self.expressions(tool.with_, f"{path}/with")
        name = tool.name or name_of(tool)
        if name and taken.setdefault(name, path) != path:
            hint = "Give one of them another `name`."
            self.report(path, "duplicate", f"Two tools are called {name!r}; the other is {taken[name]}.", hint)


def name_of(tool: ToolEntry) -> str:
    """What the model calls a tool that has no name of its own; empty for many tools."""
    named = tool.block or (tool.workflow or tool.agent or "").partition("@")[0]
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in named)[:64]
