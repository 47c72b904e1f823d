"""Runs over one WebSocket: subscribe to as many as one likes, resume each after a seq."""

import asyncio
import contextlib
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from troupe.base.errors import TroupeError, Unauthorized
from troupe.base.values import read_json
from troupe.features.accounts import service as accounts
from troupe.features.accounts.deps import secret_of
from troupe.features.runs.spoken import (
    MAX_MESSAGE,
    MAX_SUBSCRIPTIONS,
    Ping,
    Said,
    Subscribe,
    Unsubscribe,
    message_of,
)
from troupe.features.runs.stream import follow
from troupe.features.scope import Caller, Parts

router = APIRouter()


@router.websocket("/ws")
async def socket(ws: WebSocket) -> None:
    """Sub-protocols `troupe.v1, bearer.TOKEN`, or the browser's cookie; `?workspace=` for a member of several."""
    parts: Parts = ws.app.state.parts
    try:
        secret = secret_of_socket(ws)
        who = await accounts.identify(parts, secret, ws.query_params.get("workspace", ""))
    except TroupeError:
        await ws.close(1008, "Sign in first.")
        return
    offered = [p.strip() for p in ws.headers.get("sec-websocket-protocol", "").split(",")]
    await ws.accept("troupe.v1" if "troupe.v1" in offered else None)
    session = _Session(ws, Caller(parts, who.workspace_id, who.role, f"{who.kind}:{who.id}"), secret)
    try:
        await session.serve()
    finally:
        await session.close()


def secret_of_socket(ws: HTTPConnection) -> str:
    """The secret that a request for a socket shows. Raises Unauthorized, Forbidden."""
    for offered in ws.headers.get("sec-websocket-protocol", "").split(","):
        if offered.strip().startswith("bearer."):
            return offered.strip()[7:]
    return secret_of(ws)


class _Session:
    def __init__(self, ws: WebSocket, who: Caller, secret: str) -> None:
        self.ws, self.who, self.secret = ws, who, secret
        self.following: dict[str, asyncio.Task[None]] = {}
        self.sending = asyncio.Lock()

    async def serve(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self.hear(await self.ws.receive_text())

    async def hear(self, text: str) -> None:
        try:
            said = Said.validate_python(read_json(text[: MAX_MESSAGE + 1]))
        except (ValidationError, TroupeError):
            await self.say(
                {"type": "error", "code": "bad_message", "message": "Send subscribe, unsubscribe or ping as JSON."}
            )
            return
        if isinstance(said, Ping):
            await self.say({"type": "pong"})
        elif isinstance(said, Unsubscribe):
            if task := self.following.pop(said.run_id, None):
                task.cancel()
        elif len(self.following) >= MAX_SUBSCRIPTIONS:
            await self.say(
                {"type": "error", "code": "too_many", "message": f"At most {MAX_SUBSCRIPTIONS} runs a socket."}
            )
        elif said.run_id not in self.following:
            self.following[said.run_id] = asyncio.create_task(self.follow(said))

    async def follow(self, said: Subscribe) -> None:
        try:
            await self.say({"type": "subscribed", "run_id": said.run_id})
            async for event in follow(self.who, said.run_id, said.after, self.secret):
                if event is not None:
                    await self.say(message_of(event))
        except Unauthorized as wrong:
            await self.say({"type": "error", "code": wrong.code, "message": wrong.message})
            await self.ws.close(1008, "The token is not valid any more.")
        except TroupeError as wrong:
            await self.say({"type": "error", "code": wrong.code, "message": wrong.message, "run_id": said.run_id})
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self.following.pop(said.run_id, None)

    async def say(self, message: dict[str, Any]) -> None:
        async with self.sending:
            await self.ws.send_json(message)

    async def close(self) -> None:
        tasks = list(self.following.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
