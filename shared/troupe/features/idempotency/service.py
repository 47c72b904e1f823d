"""Answer a request once per key."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Header
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from troupe.base.errors import BadInput, Problem
from troupe.base.values import canonical
from troupe.features.idempotency import store
from troupe.features.scope import Scope

Work = Callable[[], Awaitable[tuple[int, BaseModel, dict[str, str]]]]


class Key:
    """What the request carried, if anything."""

    def __init__(self, key: str | None) -> None:
        self.key = key

    async def kept(self, scope: Scope, route: str, body: BaseModel) -> Response | None:
        """The answer given before, where there is one. Raises BadInput where that was to another body, Conflict."""
        if self.key is None:
            return None
        before = await _find(scope, self.key, route, body)
        if before is None:
            return None
        return JSONResponse(before["answer"]["body"], before["status"], before["answer"]["headers"])

    async def answer(self, scope: Scope, route: str, body: BaseModel, work: Work) -> Response:
        """The answer of `work`, done now or before."""
        if self.key is None:
            return _response(*await work())
        if (before := await self.kept(scope, route, body)) is not None:
            return before
        status, model, headers = await work()
        answer = {"body": model.model_dump(mode="json"), "headers": headers}
        await store.insert_answer(scope.db, self.key, route, _digest(body), status, answer)
        return _response(status, model, headers)

    async def run(self, scope: Scope, route: str, body: BaseModel, launch: Callable[[], Awaitable[str]]) -> str | None:
        """The id of the run that this request started before; None where `launch` did so now."""
        before = await _find(scope, self.key, route, body) if self.key is not None else None
        if before is not None:
            return before["answer"]["body"]["run"]
        made = {"body": {"run": await launch()}, "headers": {}}
        if self.key is not None:
            await store.insert_answer(scope.db, self.key, route, _digest(body), 202, made)
        return None


async def _find(scope: Scope, key: str, route: str, body: BaseModel) -> dict[str, Any] | None:
    before = await store.find_answer(scope.db, key, route)
    if before is not None and before["body_hash"] != _digest(body):
        raise BadInput("This Idempotency-Key was used with another body.", code="idempotency_key_reused")
    return before


def _digest(body: BaseModel) -> str:
    return hashlib.sha256(canonical(body.model_dump(mode="json"))).hexdigest()


def _response(status: int, model: BaseModel, headers: dict[str, str]) -> Response:
    return JSONResponse(model.model_dump(mode="json"), status, headers)


async def key(idempotency_key: Annotated[str | None, Header()] = None) -> Key:
    """The header. Raises BadInput where it is empty or longer than 255 characters."""
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= 255:
        raise BadInput(problems=[Problem("Idempotency-Key", "bad_key", "Use 1 to 255 characters.")])
    return Key(idempotency_key)


Idempotency = Annotated[Key, Depends(key)]
