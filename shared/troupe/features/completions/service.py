"""Completions: list what answers, start a question as a run, end one that nobody waits for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from pydantic import JsonValue

from troupe.base.errors import BadInput, NotFound, Rejected, TroupeError
from troupe.catalog.contract import Message
from troupe.features.agents import service as agents
from troupe.features.completions import program
from troupe.features.completions.asked import Asked, refused
from troupe.features.definitions import service as definitions
from troupe.features.definitions import store as versions
from troupe.features.definitions.store import VersionRow
from troupe.features.idempotency.service import Key
from troupe.features.runs import service as runs
from troupe.features.runs.models import Run
from troupe.features.scope import Caller, Scope
from troupe.ports.realtime import News

LOOK = 2.0  # seconds without news after which the journal is looked at: another process may be at it


@dataclass(frozen=True)
class Started:
    """A run under way, and its news from before its first step. `whole`: its answer is shown when it is whole; `again`:
    the same request started it before; `lasting`: it goes on though nobody listens."""

    run: Run
    news: News
    agent: bool
    whole: bool
    again: bool = False
    lasting: bool = False


# ── what answers ────────────────────────────────────────────────────────────────────────────────────────────────────


async def list_models(scope: Scope) -> list[dict[str, Any]]:
    """The workspace's agents, each with its aliases, then the models that can be named."""
    found: list[dict[str, Any]] = []
    for row in await versions.list_newest(scope.db, agents.AGENT.name, None, 1000):
        names = [row.name or "", *await versions.list_aliases(scope.db, row.definition_id or "")]
        found += [_agent(row, name if i == 0 else f"{row.name}@{name}") for i, name in enumerate(names)]
    return found + [_model(name) for name in (await scope.parts.models(scope.workspace)).names()]


async def get_model(scope: Scope, id: str) -> dict[str, Any]:
    """One agent or model. Raises NotFound."""
    if "/" not in id:
        return _agent(await _resolve(scope, id), id)
    await _check_model(scope, id)
    return _model(id)


def _agent(row: VersionRow, id: str) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": int(row.created_at.timestamp()), "owned_by": "workspace"}


def _model(id: str) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": 0, "owned_by": id.partition("/")[0]}


async def _resolve(scope: Scope, name: str) -> VersionRow:
    try:
        return await definitions.resolve(scope.db, agents.AGENT, name)
    except NotFound:
        hint = "Name an agent of this workspace, like name or name@production, or a model as provider/model."
        raise NotFound(f"There is no agent {name[:100]!r}.", code="model_not_found", hint=hint) from None


async def _check_model(who: Scope | Caller, name: str) -> None:
    try:
        (await who.parts.models(who.workspace, name)).find(name)
    except Rejected as wrong:
        raise NotFound(wrong.message, code="model_not_found", hint=wrong.hint) from None
    except TroupeError as wrong:
        raise BadInput(wrong.message, code=wrong.code, hint=wrong.hint) from None


# ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def start(who: Caller, asked: Asked, door: dict[str, Any], key: Key) -> Started:
    """A run that answers, and its news; `door` is kept with its input. Raises NotFound, BadInput, Conflict."""
    if "/" in asked.model:
        return await _ask_model(who, asked, door, key)
    async with who.acting("editor") as scope:
        version = await _resolve(scope, asked.model)
        given = _agent_input(version, asked, door)
        whole = asked.schema_ is not None or "data" in version.output_schema.get("properties", {})

        async def launch() -> Run:
            return await runs.launch(scope, agents.PROGRAM, given, version=version)

        return await _once(scope, asked, door, key, launch, agent=True, whole=whole)


async def _ask_model(who: Caller, asked: Asked, door: dict[str, Any], key: Key) -> Started:
    if asked.variables:
        raise refused("variables", "An agent has variables; a model has none.", "unsupported_parameter")
    await _check_model(who, asked.model)
    given = cast(JsonValue, {"request": asked.request().model_dump(exclude_defaults=True), "door": door})
    whole = asked.schema_ is not None
    if key.key is None:
        run, go = await runs.launch_apart(who, program.NAME, given)
        started = Started(run, who.parts.realtime.listen(run.id, LOOK), agent=False, whole=whole)
        go()
        return started
    async with who.acting("editor") as scope:

        async def launch() -> Run:
            return await runs.launch(scope, program.NAME, given)

        return await _once(scope, asked, door, key, launch, agent=False, whole=whole)


async def _once(
    scope: Scope, asked: Asked, door: dict[str, Any], key: Key, launch: Callable[[], Awaitable[Run]], *, agent: bool,
    whole: bool,
) -> Started:  # fmt: skip
    """Started now, or by the same request with the same key before."""
    made: list[Run] = []

    async def start_now() -> str:
        made.append(await launch())
        return made[0].id

    before = await key.run(scope, f"POST /v1 {door['kind']}", asked, start_now)
    run = made[0] if before is None else await runs.get(scope, before)
    news = scope.parts.realtime.listen(run.id, LOOK)
    return Started(run, news, agent, whole, again=before is not None, lasting=agent or key.key is not None)


def _agent_input(version: VersionRow, asked: Asked, door: dict[str, Any]) -> JsonValue:
    """The last words of the user are the message; all before them is history."""
    said, last = asked.messages[:-1], asked.messages[-1]
    if last.role != "user" or last.images or not last.text:
        said, last = asked.messages, Message(role="user")
    variables = asked.variables or {}
    agents.refuse_own(variables, "variables")
    definitions.check_input(version, {"message": last.text, **variables})
    history = [m.model_dump(exclude_defaults=True) for m in said]
    own = {"message": last.text, "history": history, "client": asked.client() | {"door": door}}
    return runs.clean_input(cast(JsonValue, {**variables, **own}))


async def stop(who: Caller, run: str) -> None:
    """End a run that nobody waits for any more."""
    async with who.acting("editor") as scope:
        await runs.terminate(scope, run, "The client went away.")
