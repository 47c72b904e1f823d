"""Runs a block the way its examples say: a scripted model, a local server for the far side, files and mail in memory.

The model goes through the real service (routing, repair, prices), the far side through the real guarded client.
"""

import hashlib
import json
import mimetypes
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ValidationError

from tests.servers.raw import Seen, raw_server, reply
from troupe.adapters.embedded.sandbox import MontySandbox
from troupe.app.context import Cel
from troupe.base.errors import BadInput, Problem, Rejected
from troupe.base.http import Http
from troupe.base.settings import read_settings
from troupe.catalog.contract import Block, Example, Json, ModelEvent, ModelRequest
from troupe.catalog.llm.demo import Demo
from troupe.catalog.registry import get_block
from troupe.features.models.service import ModelService
from troupe.features.workflows.expressions import evaluate
from troupe.features.workflows.steps import run_alone
from troupe.ports.mail import Message
from troupe.ports.run import Usage

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class ScriptedModel:
    """A provider that says the given texts, one a call."""

    def __init__(self, says: list[str]) -> None:
        self.says = list(says)
        self.asked: list[ModelRequest] = []

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.asked.append(request)
        assert self.says, "the block asked its model more often than model_says has answers"
        yield ModelEvent(text=self.says.pop(0))
        yield ModelEvent(usage=Usage(10, 5), finish="stop")

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        return await Demo().embed(model, texts)


class MemoryFiles:
    """A FileStore that forgets."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[dict[str, Json], bytes]] = {}

    async def read(self, ref: Json) -> tuple[str, bytes]:
        found = self.kept.get(str(ref.get("$file"))) if isinstance(ref, dict) else None
        if found is None:
            raise Rejected("This is no file of this workspace.", code="no_such_file")
        return str(found[0]["name"]), found[1]

    async def write(self, name: str, content: bytes, type: str = "") -> dict[str, Json]:
        digest = hashlib.sha256(content).hexdigest()
        about: dict[str, Json] = {"$file": f"file-{len(self.kept) + 1}", "name": name, "size": len(content)}
        about |= {"sha256": digest, "type": type or mimetypes.guess_type(name)[0] or "application/octet-stream"}
        self.kept[str(about["$file"])] = (about, content)
        return about

    async def list(self, prefix: str = "") -> "list[dict[str, Json]]":
        return [about for about, _ in reversed(self.kept.values()) if str(about["name"]).startswith(prefix)]


class MemoryMail:
    """Mail that nobody gets."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, str]] = []

    async def send(self, message: Message, key: str) -> str:
        self.sent.append((message, key))
        return f"<{key}@example.test>"


class InProcess:
    """What a worker process does, done here: the same code without the limits."""

    async def expression(self, source: str, variables: dict[str, Any]) -> Any:
        return evaluate(source, variables)

    async def expressions(self, source: str, items: list[Any], variables: dict[str, Any]) -> Any:
        return [evaluate(source, {**variables, "item": item, "index": i}) for i, item in enumerate(items)]


class NamedWorkflows:
    """One workflow that is there."""

    async def resolve(self, ref: str, input: Json) -> dict[str, str]:
        if ref.partition("@")[0] != "child":
            raise Rejected(f"There is no workflow {ref!r}.", code="no_such_workflow")
        return {"version": "version-1", "subject": "workflow:child"}


@dataclass
class BenchContext:
    """A Context with everything in memory; what the block did can be read off it."""

    http: Http
    model: Any
    files: MemoryFiles = field(default_factory=MemoryFiles)
    mail: MemoryMail = field(default_factory=MemoryMail)
    sandbox: Any = None
    expressions: Cel = field(default_factory=lambda: Cel(cast(Any, InProcess())))
    workflows: NamedWorkflows = field(default_factory=NamedWorkflows)
    workspace_id: str = "00000000-0000-7000-8000-000000000001"
    run_id: str = "00000000-0000-7000-8000-000000000002"
    step: str = "step"
    effect_key: str = "key-1"
    seconds_left: float = 60.0
    used: Usage = field(default_factory=Usage)
    told: list[tuple[str, Any]] = field(default_factory=list)

    async def compute(self, block: str, given: dict[str, Json]) -> Any:
        return await run_alone(get_block(block), given)

    def now(self) -> datetime:
        return NOW

    def meter(self, used: Usage) -> None:
        self.used = self.used + used

    def tell(self, kind: str, data: Any) -> None:
        self.told.append((kind, data))


@asynccontextmanager
async def bench(example: Example) -> AsyncIterator[tuple[BenchContext, dict[str, Any]]]:
    """A context for one example, and its `given` with `{{server}}` filled in."""
    sandbox = MontySandbox()
    says = [example.model_says] if isinstance(example.model_says, str) else example.model_says
    async with _far_side(example.serves or {}) as at, Http([at] if at else []) as http:
        scripted = {"script": ScriptedModel(says)} if says is not None else {}
        service = ModelService(read_settings({}), http, extra=scripted)
        context = BenchContext(http, None, sandbox=sandbox)
        context.model = service.bind(context.meter, context.tell, default="script/model" if scripted else "")
        for id, file in (example.files or {}).items():
            content = file["text"].encode() if "text" in file else b64decode(file["base64"])
            assert (await context.files.write(file["name"], content))["$file"] == id
        if example.gives is not None:
            example.gives.update(_filled(example.gives, f"http://{at}"))
        try:
            yield context, _filled(example.given, f"http://{at}")
        finally:
            await sandbox.close()
        assert not any(s.says for s in scripted.values()), "model_says has answers that nobody asked for"


async def run_block(block: Block, given: dict[str, Any], context: BenchContext) -> dict[str, Any]:
    """The output as JSON. Raises BadInput for what the input's fields refuse, else what the block raises."""
    try:
        read = block.Input.model_validate(given)
    except ValidationError as wrong:
        problems = [Problem("/".join(map(str, e["loc"])), "bad_value", e["msg"]) for e in wrong.errors()]
        raise BadInput(problems=problems) from None
    if block.paid:
        reserved = block.price(read, context)
        assert reserved is not None, "a paid block says what it can cost"
        assert reserved >= 0
    made = await block.run(read, cast(Any, None) if block.cpu else context)
    if block.paid:
        assert context.used.cost_usd <= reserved + 1e-12, "the block spent more than it reserved"
    return json.loads(type(made).model_validate(made).model_dump_json(by_alias=True))


@asynccontextmanager
async def _far_side(serves: dict[str, Any]) -> AsyncIterator[str]:
    """A local server with these bodies by path; its `host:port`, or '' where nothing is served."""
    if not serves:
        yield ""
        return

    def answer(request: Seen, _writer: object) -> bytes:
        path = request.path.partition("?")[0]
        if path not in serves:
            return reply(404, "not found", content_type="text/plain")
        body = serves[path]
        if not isinstance(body, str):
            return reply(200, json.dumps(body), content_type="application/json")
        return reply(200, body, content_type=mimetypes.guess_type(path)[0] or "text/plain; charset=utf-8")

    async with raw_server(answer) as server:
        for path, body in serves.items():
            serves[path] = _filled(body, server.url)
        yield server.at


def _filled(value: Any, server: str) -> Any:
    if isinstance(value, str):
        return value.replace("{{server}}", server)
    if isinstance(value, dict):
        return {k: _filled(v, server) for k, v in value.items()}
    return [_filled(v, server) for v in value] if isinstance(value, list) else value
