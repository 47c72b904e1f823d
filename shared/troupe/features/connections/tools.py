"""Tools: what the connections of a workspace can do, for one attempt of a step. The Tools of catalog/contract."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic import JsonValue

from troupe.base.db import Database
from troupe.base.errors import BadInput, Rejected, StepFailed, TroupeError
from troupe.base.values import Json, clean
from troupe.catalog.contract import Action, FoundTool
from troupe.features.connections import search, store
from troupe.features.connections.lines import Lines
from troupe.features.connections.link import Use, open_row
from troupe.features.connections.store import ConnectionRow, ToolRow
from troupe.ports.run import Effect

SEARCHED = 50  # tools that one search gives at most


class WorkspaceTools:
    """The tools that one attempt may use; `use` says until when, and under which effect key."""

    def __init__(self, database: Database, lines: Lines, use: Use) -> None:
        self._database, self._lines, self._use = database, lines, use

    async def find(self, connection: str, tools: Sequence[str] = ()) -> list[FoundTool]:
        """Its approved tools, or those whose names match. Raises Rejected where one of the names matches none."""
        async with self._database.workspace(self._use.workspace) as db:
            row = await _row(db, connection)
            found = await store.find_tools(db, row.id, [_like(name) for name in tools or ("*",)])
        usable = [tool for tool in found if tool.approved]
        for name in tools:
            if not any(_matches(tool.name, name) for tool in usable):
                _refuse(row, name, withheld=any(_matches(tool.name, name) for tool in found))
        return [_found(tool) for tool in usable]

    async def search(self, words: str, *, connections: Sequence[str] = (), limit: int = 10) -> list[FoundTool]:
        """Approved tools that fit plain words, best first."""
        async with self._database.workspace(self._use.workspace) as db:
            among = await store.find_ids(db, connections) if connections else None
            ids = await search.search(db, words, among, max(1, min(limit, SEARCHED)))
            found = {tool.id: tool for tool in await store.get_tools(db, ids)}
        return [_found(found[id]) for id in ids if id in found]

    async def list_connectors(self) -> list[dict[str, JsonValue]]:
        """Connections, each with what it is and how many tools it offers."""
        from troupe.catalog.registry import connectors

        async with self._database.workspace(self._use.workspace) as db:
            rows = await store.list_overviews(db)
        told = {id: entry["title"] for id, entry in connectors().items()}
        return [
            {
                "connection": row.name, "connector": row.connector, "tools": row.tools,
                "description": ": ".join(p for p in (told.get(row.connector, ""), row.account) if p),
            }
            for row in rows
        ]  # fmt: skip

    async def call(self, connection: str, tool: str, arguments: dict[str, JsonValue], *, pin: str = "") -> JsonValue:
        """Use it. Raises Rejected before anything is sent, and what its service answers."""
        async with self._database.workspace(self._use.workspace) as db:
            row = await _row(db, connection)
            found = await store.find_tools(db, row.id, [_like(tool, literal=True)])
            if not found:
                _refuse(row, tool, withheld=False)
            one = found[0]
            if pin and pin != one.hash:
                hint = "Look for the tool again, and see what it has become."
                raise Rejected(f"{tool} has changed since it was found.", code="tool_changed", hint=hint)
            if not one.approved:
                _refuse(row, tool, withheld=True)
            _check(one, arguments)
            await store.touch(db, row.id)
        return await self._do(row, one, arguments)

    async def _do(self, row: ConnectionRow, tool: ToolRow, arguments: dict[str, JsonValue]) -> JsonValue:
        from troupe.catalog.registry import get_connector

        effect = Effect(tool.effect)
        key = self._use.effect_key if effect.lasting else ""
        link = await open_row(self._lines, replace(self._use, effect_key=key), row)
        action = Action(
            name=tool.name, title=tool.title, description=tool.description, input_schema=tool.input_schema,
            effect=effect, tags=tool.tags, locator=tool.locator,
        )  # fmt: skip
        try:
            given = await get_connector(row.connector).call(link, action, arguments)
        except TroupeError as wrong:
            raise link.hide_in(wrong) from None
        try:
            return cast(JsonValue, link.hide(clean(cast(Json, given))))
        except BadInput as wrong:  # it happened, but what came back nests too deep or is no JSON
            raise StepFailed(f"{tool.name} gave what is no value: {wrong.message}", code="bad_answer") from None


async def _row(db: Any, connection: str) -> ConnectionRow:
    row = await store.find_row(db, connection)
    if row is None:
        hint = "Name one of this workspace's connections."
        raise Rejected(f"There is no connection {connection!r}.", code="no_such_connection", hint=hint)
    return row


def _refuse(row: ConnectionRow, name: str, *, withheld: bool) -> None:
    if withheld:
        hint = "A person sees what it has become, and approves it at the connection."
        raise Rejected(f"{row.name}/{name} waits for approval.", code="needs_approval", hint=hint)
    raise Rejected(f"{row.name} has no tool {name!r}.", code="no_such_tool")


def _check(tool: ToolRow, arguments: dict[str, JsonValue]) -> None:
    from troupe.features.definitions.schema import check_value

    problems = check_value(cast(Json, arguments), cast(Json, tool.input_schema))
    if problems:
        told = "; ".join(f"{p.path or '/'}: {p.message}" for p in problems[:5])
        raise Rejected(f"These arguments do not fit {tool.name}: {told}", code="bad_input")


def _found(tool: ToolRow) -> FoundTool:
    return {
        "connection": tool.connection, "connector": tool.connector, "tool": tool.name, "title": tool.title,
        "description": tool.description, "input_schema": tool.input_schema, "effect": tool.effect, "pin": tool.hash,
    }  # fmt: skip


def _like(name: str, *, literal: bool = False) -> str:
    """A name with `*` as a pattern of LIKE."""
    escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped if literal else escaped.replace("*", "%")


def _matches(name: str, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
