"""Errors at the door: the one renderer of RFC 9457 problems, and what is refused before any route sees it."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, cast

import orjson
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from troupe.base.errors import BadInput, Problem, StepFailed, TooLarge, TooManyRequests, TroupeError, Unavailable
from troupe.base.ids import new_id
from troupe.base.values import clean, read_json
from troupe.features.completions import shape

log = logging.getLogger("troupe.http")

MAX_JSON = 5_000_000
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]


def problem(request: Request, wrong: TroupeError, status: int | None = None) -> Response:
    """The one form of every error."""
    if request.scope["path"].startswith("/v1/"):
        return _openai(wrong, status)
    code = status or wrong.status
    errors = [
        {k: v for k, v in vars(p).items() if v is not None}
        for p in (wrong.problems if isinstance(wrong, BadInput) else [])
    ]
    body = {
        "type": "about:blank", "title": HTTPStatus(code).phrase, "status": code, "code": wrong.code,
        "detail": wrong.message, "errors": errors, "trace_id": request.scope.get("trace_id", ""),
        "retryable": wrong.retryable,
    } | ({"hint": wrong.hint} if wrong.hint else {})  # fmt: skip
    return JSONResponse(body, code, _retry(wrong, code), "application/problem+json")


def _openai(wrong: TroupeError, status: int | None) -> Response:
    """The same at the doors of OpenAI's clients, in their form."""
    code = shape.status_of(wrong, status)
    return JSONResponse(shape.error_of(wrong, status), code, _retry(wrong, code) | shape.headers_of(wrong))


def _retry(wrong: TroupeError, code: int) -> dict[str, str]:
    headers = {"retry-after": "1"} if isinstance(wrong, (Unavailable, TooManyRequests)) else {}
    return headers | ({"www-authenticate": "Bearer"} if code == 401 else {})


def install(app: FastAPI) -> None:
    """Let every error of the app leave as a problem."""

    @app.exception_handler(TroupeError)
    async def ours(request: Request, wrong: TroupeError) -> Response:  # pyright: ignore[reportUnusedFunction]
        if wrong.status >= 500 and not wrong.retryable and not isinstance(wrong, StepFailed):
            log.error("%s", wrong.message, exc_info=wrong)
        return problem(request, wrong)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, wrong: RequestValidationError) -> Response:  # pyright: ignore[reportUnusedFunction]
        return problem(request, BadInput(problems=[_problem_of(e) for e in wrong.errors()]))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, wrong: HTTPException) -> Response:  # pyright: ignore[reportUnusedFunction]
        code = {404: "not_found", 405: "method_not_allowed"}.get(wrong.status_code, "http_error")
        known = TroupeError(str(wrong.detail), code=code)
        if wrong.status_code == 404:
            known = TroupeError(f"There is nothing at {request.url.path}.", code=code)
        return problem(request, known, wrong.status_code)

    @app.exception_handler(psycopg.DataError)
    async def unstorable(request: Request, wrong: psycopg.DataError) -> Response:  # pyright: ignore[reportUnusedFunction]
        log.warning("The database refused a value: %s", wrong)
        return problem(
            request, BadInput("A value of this request cannot be stored: a number is too large or a text holds NUL.")
        )


def _problem_of(error: Any) -> Problem:
    """A pydantic error as ours: the path without FastAPI's `body`, `query` …"""
    where = [str(part) for part in error["loc"]]
    path = ".".join(where[1:] if len(where) > 1 else where)
    return Problem(path, error["type"], str(error["msg"]))


class Door:
    """ASGI middleware: a trace id, sizes, JSON that Postgres can keep, headers that protect.

    JSON is parsed strictly (no NaN, no 1e999, no lone surrogates, bounded depth) and handed on in canonical text, NUL
    removed, so that no route and no library behind it meets anything else.
    """

    def __init__(self, app: AsgiApp) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["trace_id"] = new_id().replace("-", "")

        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *_protection(scope)]
            await send(message)

        try:
            self._check(scope)
            if _is_json(scope):
                receive = await _checked(scope, receive)
        except TroupeError as wrong:
            await problem(Request(cast(dict[str, Any], scope)), wrong)(scope, receive, answer)
            return
        try:
            await self.app(scope, receive, answer)
        except Exception as wrong:
            log.error("A request failed: %s %s", scope["method"], scope["path"], exc_info=wrong)
            if begun:
                raise
            hidden = TroupeError("Troupe failed here; the trace id finds it in the log.")
            await problem(Request(cast(dict[str, Any], scope)), hidden)(scope, receive, answer)

    def _check(self, scope: Message) -> None:
        raw = cast(bytes, scope.get("raw_path") or b"") + cast(bytes, scope.get("query_string") or b"")
        if b"%00" in raw:
            raise BadInput("The address holds a NUL character.", code="nul_character")
        if len(raw) > 16_000:
            raise BadInput("The address is longer than 16,000 bytes.", code="too_long")


def _header(scope: Message, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _is_json(scope: Message) -> bool:
    kind = _header(scope, b"content-type").split(b";")[0].strip().lower()
    return scope["method"] in ("POST", "PUT", "PATCH", "DELETE") and (
        kind == b"application/json" or kind.endswith(b"+json")
    )


async def _checked(scope: Message, receive: Receive) -> Receive:
    """The body, read whole and parsed. Raises TooLarge, BadInput."""
    length = _header(scope, b"content-length")
    if length.isdigit() and int(length) > MAX_JSON:
        raise TooLarge
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_JSON:
            raise TooLarge
    if body:
        value = read_json(body)
        body = orjson.dumps(clean(value) if b"\\u0000" in body else value)
    scope["headers"] = [(k, v) for k, v in scope["headers"] if k != b"content-length"]
    scope["headers"].append((b"content-length", str(len(body)).encode()))
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _protection(scope: Message) -> list[tuple[bytes, bytes]]:
    common = [
        (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"x-frame-options", b"DENY"),
        (b"x-trace-id", scope["trace_id"].encode()),
    ]  # fmt: skip
    if scope["path"].startswith("/api/") or scope["path"] == "/":
        common.append((b"cache-control", b"no-store"))
    return common
