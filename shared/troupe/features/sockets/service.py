"""Sockets: what the gateway tells of them."""

from typing import Any

from pydantic import ValidationError

from troupe.base.errors import TroupeError, Unauthorized
from troupe.base.ids import WorkspaceId
from troupe.base.values import read_json
from troupe.features.accounts import service as accounts
from troupe.features.runs.spoken import MAX_MESSAGE, MAX_SUBSCRIPTIONS, Ping, Said, Subscribe, Unsubscribe
from troupe.features.runs.stream import check_run
from troupe.features.scope import Caller, Parts
from troupe.features.sockets import store
from troupe.features.sockets.followers import Say
from troupe.features.sockets.store import Socket


async def opened(parts: Parts, id: str, secret: str, workspace: str = "") -> None:
    """A socket was opened with this secret. Raises Unauthorized, Forbidden."""
    who = await accounts.identify(parts, secret, workspace)
    async with parts.database.workspace(who.workspace_id) as db:
        await store.insert_socket(db, id, who.kind, who.id)


async def closed(parts: Parts, id: str) -> None:
    """A socket is gone; one that nobody knows is forgotten already."""
    if (socket := await _find(parts, id)) is not None:
        async with parts.database.workspace(WorkspaceId(socket.workspace)) as db:
            await store.remove_socket(db, id)


async def heard(parts: Parts, id: str, text: str, say: Say) -> str | None:
    """A socket said something; the run it wants to follow, whose events are then to be told. Raises Unauthorized."""
    try:
        said = Said.validate_python(read_json(text[: MAX_MESSAGE + 1]))
    except (ValidationError, TroupeError):
        await say(id, _error("bad_message", "Send subscribe, unsubscribe or ping as JSON."))
        return None
    who = await _caller(parts, id)
    if isinstance(said, Ping):
        await say(id, {"type": "pong"})
    elif isinstance(said, Unsubscribe):
        await _unsubscribe(who, id, said)
    else:
        return await _subscribe(who, id, said, say)
    return None


async def _subscribe(who: Caller, id: str, said: Subscribe, say: Say) -> str | None:
    try:
        await check_run(who, said.run_id)
    except TroupeError as wrong:
        await say(id, _error(wrong.code, wrong.message) | {"run_id": said.run_id})
        return None
    await say(id, {"type": "subscribed", "run_id": said.run_id})
    async with who.parts.database.workspace(who.workspace) as db:
        follows = await store.insert_following(db, id, said.run_id, said.after, MAX_SUBSCRIPTIONS)
    if not follows:
        await say(id, _error("too_many", f"At most {MAX_SUBSCRIPTIONS} runs a socket."))
    return said.run_id if follows else None


async def _unsubscribe(who: Caller, id: str, said: Unsubscribe) -> None:
    try:
        await check_run(who, said.run_id)
    except TroupeError:
        return
    async with who.parts.database.workspace(who.workspace) as db:
        await store.remove_following(db, id, said.run_id)


async def _find(parts: Parts, id: str) -> Socket | None:
    async with parts.database.bearer(id) as connection:
        return await store.find_socket(connection, id)


async def _caller(parts: Parts, id: str) -> Caller:
    """Who speaks through a socket, with the rights of now. Raises Unauthorized."""
    socket = await _find(parts, id)
    if socket is None:
        raise Unauthorized("This socket is not known any more; connect again.")
    async with parts.database.workspace(WorkspaceId(socket.workspace)) as db:
        role = await store.find_role(db, socket)
    if role is None:
        raise Unauthorized("The token is not valid any more.")
    return Caller(parts, WorkspaceId(socket.workspace), role, f"{socket.kind}:{socket.bearer}")


def _error(code: str, message: str) -> dict[str, Any]:
    return {"type": "error", "code": code, "message": message}
