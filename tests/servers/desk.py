"""A help desk with an OpenAPI document: what a connection is made to in tests. It keeps what it was sent."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "canary-7f3a91c2-token-of-the-desk"


@dataclass
class Asked:
    """One request. Header names are lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What is said: a value as JSON, or bytes of a type."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Route = Callable[[Asked], Answer]


def document(**more: Any) -> dict[str, Any]:
    """Four operations on tickets."""
    ticket = {"type": "object", "required": ["title"], "properties": {
        "title": {"type": "string"}, "labels": {"type": "array", "items": {"type": "string"}},
        "parent": {"$ref": "#/components/schemas/Ticket"}, "id": {"type": "integer", "readOnly": True},
    }}  # fmt: skip
    id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ticket"}}}}
    return {
        "openapi": "3.1.0", "info": {"title": "Desk", "version": "1"}, "servers": [{"url": "/api"}],
        "components": {"schemas": {"Ticket": ticket}},
        "paths": {
            "/tickets": {
                "get": {"operationId": "listTickets", "summary": "List tickets", "parameters": [
                    {"name": "label", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}]},
                "post": {"operationId": "createTicket", "summary": "Create a ticket", "requestBody": body},
            },
            "/tickets/{id}": {
                "parameters": [id],
                "get": {"operationId": "getTicket", "summary": "Get a ticket"},
                "delete": {"operationId": "deleteTicket", "summary": "Delete a ticket"},
            },
        },
        **more,
    }  # fmt: skip


class Desk:
    """The server, on a thread; a test may give `routes` for paths of its own. Wants `token` where one is set."""

    def __init__(self, token: str = "") -> None:
        self.token, self.asked = token, list[Asked]()
        self.targets: list[str] = []  # path and query as they came
        self.document: dict[str, Any] = document()
        self.routes: dict[str, Route] = {}
        desk = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body)
                desk.asked.append(asked)
                desk.targets.append(self.path)
                answer = desk.answer(asked)
                content = answer.value if isinstance(answer.value, bytes) else json.dumps(answer.value).encode()
                self.send_response(answer.status)
                for name, value in {"content-type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.at = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.at}"

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/openapi.json":
            return Answer(self.document)
        if asked.path in self.routes:
            return self.routes[asked.path](asked)
        if self.token and self.token not in asked.headers.get("authorization", ""):
            return Answer({"message": "Who are you?"}, 401)
        if asked.method == "POST":
            return Answer({"id": 8, **json.loads(asked.body)}, 201)
        return Answer({"path": asked.path, "query": asked.query, "said": asked.headers.get("authorization", "")})

    def __enter__(self) -> "Desk":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
