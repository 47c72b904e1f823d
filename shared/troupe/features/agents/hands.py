"""Hands: what a call of a tool does. First what holds for every call (arguments, permission, a person), then the doing.

Nothing here trusts the model: what it may use was found at the start, arguments are checked by the tool's schema, and
what must not happen twice waits for a person unless the definition says otherwise.
"""

from collections.abc import Sequence
from typing import Any, cast

from troupe.base.errors import Rejected
from troupe.base.values import Json
from troupe.features.agents.toolbox import Offered, Rules, of_connection, permission_of
from troupe.features.definitions.schema import check_value
from troupe.features.workflows.below import Below
from troupe.features.workflows.graph import Node
from troupe.features.workflows.steps import Action, Means, dump, failure, read_input
from troupe.features.workflows.template import Template
from troupe.ports.run import NO_RETRY, Approval, Attempt, Child, Effect, Retry, RunContext, Step

AGAIN = Retry(attempts=3, first=0.5, max=10.0)  # of what is harmless to repeat
SECONDS = 120.0
FOUND_LIMIT = 10


class Hands:
    """The tools of one run. `granted` is what a person let it use beyond its definition.

    A grant holds from the next turn on (`end_turn`): calls of one turn go side by side, and which of them comes first
    must not decide what another may do.
    """

    def __init__(self, run: RunContext, means: Means, agent: tuple[str, str], programs: tuple[str, str]) -> None:
        self.run, self.means, (self.agent_id, self.agent) = run, means, agent
        self.read_outside = False  # whether anything from outside the conversation has been read so far
        self._graph, self._agent = programs
        self.granted: set[str] = set()
        self._granting: set[str] = set()

    def end_turn(self) -> None:
        """What was granted in this turn holds from now on."""
        self.granted |= self._granting

    async def call(self, key: str, tool: Offered, given: dict[str, Json]) -> Json:
        """What the tool gives. Raises StepFailed: of the tool, or because it may not be used so."""
        args = {**given, **tool["fixed"]} if tool["kind"] != "catalogue" else given
        _check(tool, given)
        if tool["kind"] == "catalogue":
            return await self._find(key, tool, args)
        action = Action(_node(tool), self.means) if tool["kind"] == "block" else None
        effect = self._effect(tool, action, args)
        permission = permission_of(tool, effect)
        if permission == "deny" and not self._granted(tool):
            raise Rejected(f"{tool['name']} may not be used.", code="denied", hint="Ask a person for access.")
        if permission == "ask" and not self._granted(tool) and not self.run.dry_run:
            args = await self._approved(key, tool, effect, args)
        if action is not None:
            return await self._block(key, action, args)
        if tool["kind"] == "connection":
            return await self.run.step(key, self._remote(tool, effect), args)
        if tool["kind"] == "memory":
            return await self.run.step(key, self._memory(tool, effect), args)
        return await self._definition(key, tool, args)

    # ── may it ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _effect(self, tool: Offered, action: Action | None, args: Json) -> Effect:
        if action is not None:
            return action.effect_of(args)
        return Effect(tool["stricter"] or tool["effect"] or Effect.ONCE)

    def _granted(self, tool: Offered) -> bool:
        where = tool["where"]
        return bool(self.granted & {where, f"{where}/{tool['ref']}", tool["name"]})

    async def _approved(self, key: str, tool: Offered, effect: Effect, args: dict[str, Json]) -> dict[str, Json]:
        """The arguments a person let pass, perhaps changed. Raises Rejected where they were not."""
        named = {"block": tool["ref"], "connection": f"{tool['where']}/{tool['ref']}"}
        block = named.get(tool["kind"], f"{tool['kind']}/{tool['name']}")
        asked = Approval(f"{self.agent}: {tool['title']}", args, block, effect, tuple(tool["by"]), tool["expires"])
        decision = cast(dict[str, Any], await self.run.wait(f"{key}/approve", asked))
        if decision["decision"] == "expired":
            raise Rejected("Nobody decided in time, so it was not done.", code="approval_expired")
        if decision["decision"] != "approve":
            why = decision.get("reason")
            raise Rejected(f"A person refused this{f': {why}' if why else '.'}", code="refused_by_person")
        edited: Any = decision.get("arguments")
        if edited is None:
            return args
        if not isinstance(edited, dict):
            raise Rejected("The changed arguments are no JSON object.", code="bad_input")
        changed = cast(dict[str, Json], edited)
        _check(tool, {name: value for name, value in changed.items() if name not in tool["fixed"]})
        return changed

    # ── do it ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _block(self, key: str, action: Action, args: Json) -> Json:
        if not action.is_program:
            return await self.run.step(key, action.step_for(self.run, key, args), args)
        given = read_input(action.node, action.block, args)
        below = Below(self.run, key, action.node.path, action.node.timeout, self.means.contexts)
        try:
            return dump(await action.block.program(given, below))
        except Exception as wrong:
            failed = failure(action.node, wrong)
            raise failed from (None if failed is wrong else wrong)

    def _remote(self, tool: Offered, effect: Effect) -> Step:
        async def act(args: Json, attempt: Attempt) -> Json:
            tools = self.means.contexts(attempt).tools
            return cast(Json, await tools.call(tool["where"], tool["ref"], cast(Any, args), pin=tool["pin"]))

        return Step(
            effect, act, block=f"{tool['where']}/{tool['ref']}", timeout=tool["timeout"] or SECONDS, node=tool["name"],
            retry=NO_RETRY if effect.lasting else AGAIN, simulated={"simulated": True},
        )  # fmt: skip

    def _memory(self, tool: Offered, effect: Effect) -> Step:
        trusted, agent = not self.read_outside, self.agent_id

        async def act(args: Json, attempt: Attempt) -> Json:
            memory, asked = self.means.contexts(attempt).memory, cast(dict[str, Any], args)
            if tool["ref"] == "recall":
                return cast(Json, await memory.recall(agent, asked["words"], FOUND_LIMIT))
            if tool["ref"] == "remember":
                return {"id": await memory.remember(agent, asked["text"], trusted=trusted)}
            return {"forgotten": await memory.forget(agent, asked["id"])}

        return Step(effect, act, block=f"memory/{tool['ref']}", retry=AGAIN, node=tool["name"], simulated={})

    async def _definition(self, key: str, tool: Offered, args: Json) -> Json:
        program = self._graph if tool["kind"] == "workflow" else self._agent
        child = Child(program, args, version=tool["ref"], subject=tool["where"], timeout=tool["timeout"])
        given = await self.run.call(key, child)
        if tool["kind"] == "agent" and isinstance(given, dict):
            return given.get("data") or given.get("text")
        return given

    # ── the catalogue ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _find(self, key: str, tool: Offered, args: dict[str, Json]) -> Json:
        only = cast(list[str], tool["fixed"]["connections"])
        if tool["ref"] == "request_access":
            return await self._request_access(key, tool, args)
        if tool["ref"] == "execute_tool":
            found = await self._found(key, args, only)
            return await self.call(
                key, of_connection(cast(Rules, {**tool, "fixed": {}}), found), cast(Any, args["arguments"])
            )

        async def look(args: Json, attempt: Attempt) -> Json:
            tools, asked = self.means.contexts(attempt).tools, cast(dict[str, Any], args)
            if tool["ref"] == "list_connectors":
                rows = await tools.list_connectors()
                return cast(Json, [r for r in rows if not only or r["connection"] in only])
            limit = asked.get("limit", FOUND_LIMIT)
            return cast(Json, [_brief(t) for t in await tools.search(asked["words"], connections=only, limit=limit)])

        return await self.run.step(key, Step(Effect.READ, look, block=f"catalogue/{tool['ref']}", retry=AGAIN), args)

    async def _found(self, key: str, args: dict[str, Json], only: Sequence[str]) -> Any:
        async def find(args: Json, attempt: Attempt) -> Json:
            asked = cast(dict[str, Any], args)
            if only and asked["connection"] not in only:
                raise Rejected(f"{asked['connection']} is none of this agent's.", code="denied")
            found = await self.means.contexts(attempt).tools.find(asked["connection"], [asked["tool"]])
            return cast(Json, found[0])

        asked: Json = {"connection": args["connection"], "tool": args["tool"]}
        return await self.run.step(f"{key}/find", Step(Effect.READ, find, block="catalogue/find", retry=AGAIN), asked)

    async def _request_access(self, key: str, tool: Offered, args: dict[str, Json]) -> Json:
        """A grant lasts as long as the run; lasting rights are a change of the definition."""
        what = str(args["what"])
        if self.run.dry_run:
            return {"granted": False, "reason": "A dry run asks nobody."}
        asked = Approval(
            f"{self.agent}: access to {what[:200]}", args, "catalogue/request_access", Effect.ONCE, tuple(tool["by"]),
            tool["expires"],
        )  # fmt: skip
        decision = cast(dict[str, Any], await self.run.wait(key, asked))
        granted = decision["decision"] == "approve"
        if granted:
            self._granting.add(what)
        return {"granted": granted, "reason": decision.get("reason") or ""}


def _check(tool: Offered, given: Any) -> None:
    """Raises Rejected with every place where arguments do not fit."""
    problems = check_value(given, tool["input_schema"])
    if problems:
        told = "; ".join(f"{p.path or '/'}: {p.message}" for p in problems[:5])
        raise Rejected(f"These arguments do not fit {tool['name']}: {told}", code="bad_input")


def _brief(tool: Any) -> dict[str, Json]:
    return {k: tool[k] for k in ("connection", "tool", "description", "input_schema", "effect")}


def _node(tool: Offered) -> Node:
    """The one use of a block that a tool is."""
    return Node(
        id=tool["name"], path=tool["name"], kind="block", block=tool["ref"], given=Template(None), when=None, hard=(),
        dependents=(), retry=NO_RETRY, timeout=tool["timeout"],
        effect=Effect(tool["stricter"]) if tool["stricter"] else None, approve=None, lenient=False, title=tool["title"],
    )  # fmt: skip
