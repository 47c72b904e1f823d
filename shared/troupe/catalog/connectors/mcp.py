"""mcp: any MCP server, by the official SDK, which is imported at first use."""

import asyncio
import base64
import importlib
import os
import shlex
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

from pydantic import Field, SecretStr

from troupe.base.errors import Problem, Refused, Rejected, ServerFailed, StepFailed, TimedOut, TroupeError
from troupe.base.http.hosts import host_of
from troupe.base.values import clean
from troupe.catalog.contract import Action, Connector, Fields, Json, Link, idempotent, once, read
from troupe.ports.run import Effect

MOST, PAGES = 5_000, 100  # tools of a server, and pages that it lists them on
ANSWER = 5_000_000  # bytes of one answer of a server
TEXT = 100_000  # characters of a result
NOT_DONE = {-32601, -32602}  # method not found, invalid params: JSON-RPC 2.0, 5.1


class Mcp(Connector):
    """An MCP server over Streamable HTTP, of the stateless revision (2026-07-28) or an older one.

    What a server says of its own tools is believed only where `trust_annotations` is set: without it, each is taken for
    one that must not happen twice.
    """

    title = "MCP server"
    category = "developer"

    class Config(Fields):
        """Where the server is: one of `url` and `command`."""

        url: str = Field("", description="The address of the server.", max_length=2000)
        command: str = Field("", description="A program to start here, as the operator lists it.", max_length=1000)
        auth_name: str = Field(
            "Authorization", description="The header (or variable of a program) with the token.", max_length=100
        )
        trust_annotations: bool = Field(
            default=False, description="Believe what the server says about the effects of its tools."
        )

    class Credential(Fields):
        """What the server wants to see."""

        token: SecretStr = Field(description="The token; in `Authorization`, after Bearer.", min_length=1)

    def check(self, config: Any, credential: Any) -> list[Problem]:
        if bool(config.url) == bool(config.command):
            return [Problem("/config", "one_place", "Give a url or a command.")]
        if config.url and not host_of(config.url):
            return [Problem("/config/url", "bad_url", "An address starts with https:// or http://.")]
        return []

    def hosts(self, config: Any) -> list[str]:
        return [host_of(config.url)] if config.url else []

    async def sign(self, link: Link) -> dict[str, str]:
        token = link.credential.token.get_secret_value()
        name = link.config.auth_name
        return {name: f"Bearer {token}" if name.lower() == "authorization" else token}

    async def actions(self, link: Link) -> list[Action]:
        found: list[Action] = []
        async with self._client(link) as client:
            cursor: str | None = None
            for _ in range(PAGES):
                page = await client.list_tools(cursor=cursor)
                found += [_action(tool, trusted=link.config.trust_annotations) for tool in page.tools]
                cursor = page.next_cursor
                if not cursor or len(found) >= MOST:
                    break
        return found[:MOST]

    async def call(self, link: Link, action: Action, arguments: dict[str, Any]) -> Json:
        async with self._client(link) as client:
            result = await client.call_tool(action.locator["name"], arguments)
        if result.is_error:
            said = "\n".join(_texts(result.content))[:1000]
            # MCP says of `isError` that the tool failed, not that nothing was done: half of it may have been. So a tool
            # that must not be repeated is unknown then, and a person looks; any other one has failed.
            raise StepFailed(said or "The tool says that it failed.", code="tool_failed")
        return await _value(result, link, action.name)

    async def test(self, link: Link) -> str:
        async with self._client(link) as client:
            about = client.server_info
            return f"{about.name} {about.version}, protocol {client.protocol_version}" if about else "An MCP server"

    @asynccontextmanager
    async def _client(self, link: Link) -> AsyncGenerator[Any]:
        """A session with the server. Whatever goes wrong is an error of the step tree."""
        sdk = await asyncio.to_thread(importlib.import_module, "mcp.client.client")
        try:
            async with asyncio.timeout(link.seconds_left), AsyncExitStack() as stack:
                where = await self._transport(link, stack)
                client = sdk.Client(where, cache=None, read_timeout_seconds=link.seconds_left)
                yield await stack.enter_async_context(client)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as wrong:
            raise _read(wrong) from None

    async def _transport(self, link: Link, stack: AsyncExitStack) -> Any:
        config, signed = link.config, await self.sign(link) if link.credential is not None else {}
        if config.command:
            if config.command not in link.commands:
                hint = "The operator lists them in TROUPE_MCP_COMMANDS."
                raise Rejected("This program may not be started here.", code="command_refused", hint=hint)
            stdio = importlib.import_module("mcp.client.stdio")
            program, *args = shlex.split(config.command)
            quiet = stack.enter_context(open(os.devnull, "w"))  # noqa: PTH123, ASYNC230, SIM115
            return stdio.stdio_client(stdio.StdioServerParameters(command=program, args=args, env=signed), quiet)
        import httpx2

        keyed = {"idempotency-key": link.effect_key} if link.effect_key else {}
        capped = _Capped(link.http.transport)
        http = httpx2.AsyncClient(
            transport=cast(Any, capped), trust_env=False, headers={**signed, **keyed}, timeout=link.seconds_left
        )
        streamable = importlib.import_module("mcp.client.streamable_http")
        return streamable.streamable_http_client(config.url, http_client=http, max_sse_event_size=ANSWER)


class _Capped:
    """The guarded transport, with a limit on each answer. It outlives the client that is given it."""

    def __init__(self, guarded: Any) -> None:
        self._guarded = guarded

    async def handle_async_request(self, request: Any) -> Any:
        request.extensions["max_bytes"] = ANSWER
        return await self._guarded.handle_async_request(request)

    async def aclose(self) -> None:
        pass

    async def __aenter__(self) -> "_Capped":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def _action(tool: Any, *, trusted: bool) -> Action:
    notes = tool.annotations
    return Action(
        name=tool.name[:64], title=tool.title or (notes.title if notes else None) or "",
        description=tool.description or tool.name, input_schema=tool.input_schema,
        effect=_effect(notes) if trusted and notes else once, locator={"name": tool.name},
    )  # fmt: skip


def _effect(notes: Any) -> Effect:
    if notes.read_only_hint:
        return read
    return idempotent if notes.idempotent_hint else once


def _texts(content: list[Any]) -> list[str]:
    return [one.text for one in content if one.type == "text"]


async def _value(result: Any, link: Link, name: str) -> Json:
    """What is structured as it is, else the text; images and sounds as files beside it."""
    if result.structured_content is not None:
        return cast(Json, clean(result.structured_content))
    text = "\n".join(_texts(result.content))
    files = [
        await link.files.write(f"{name}-{number}", base64.b64decode(one.data), one.mime_type)
        for number, one in enumerate(result.content[:20])
        if one.type in ("image", "audio")
    ]
    cut = text if len(text) <= TEXT else text[:TEXT] + "…"
    return cast(Json, {"text": cut} | ({"files": files} if files else {}))


def _read(wrong: BaseException) -> BaseException:
    """The error of the step tree that stands for what the SDK raised; groups of them hold one that says most."""
    while isinstance(wrong, BaseExceptionGroup):
        inner = cast("tuple[BaseException, ...]", wrong.exceptions)
        wrong = next((one for one in inner if isinstance(one, TroupeError)), inner[0])
    if isinstance(wrong, (TroupeError, KeyboardInterrupt, SystemExit)):
        return wrong
    if isinstance(wrong, TimeoutError):
        return TimedOut("The MCP server did not answer in time.")
    error: Any = getattr(wrong, "error", None)
    if isinstance(getattr(error, "code", None), int):
        said = f"The MCP server answered: {str(error.message)[:500]}"
        return Refused(said) if error.code in NOT_DONE else StepFailed(said, code="mcp_error")
    if isinstance(wrong, OSError):
        return ServerFailed(f"The MCP server cannot be spoken to: {str(wrong)[:300]}")
    said = f"{type(wrong).__name__}: {str(wrong)[:300]}"
    return StepFailed(f"The MCP server answered something that is no MCP: {said}", code="bad_answer")
