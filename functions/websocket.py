"""WebSocket: $connect, $disconnect and what a socket says, from API Gateway → answers go to the socket by its id.

The sub-protocols are `troupe.v1, bearer.TOKEN`; a browser may show its cookie instead.
"""

from typing import Any

from starlette.requests import HTTPConnection

from functions.kept import kept
from functions.observed import observed
from troupe.app import calls
from troupe.base.errors import TroupeError
from troupe.features.runs.socket import secret_of_socket
from troupe.features.sockets import service as sockets

PROTOCOL = "troupe.v1"


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door."""
    about = event["requestContext"]
    socket = about["connectionId"]
    if about["routeKey"] == "$connect":
        return _connect(socket, event, context)
    if about["routeKey"] == "$disconnect":
        kept.run(lambda troupe: sockets.closed(troupe.parts, socket), context)
    else:
        kept.run(lambda troupe: calls.heard(troupe, socket, event.get("body") or ""), context)
    return {"statusCode": 200}


def _connect(socket: str, event: dict[str, Any], context: Any) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    offered = [p.strip() for p in headers.get("sec-websocket-protocol", "").split(",")]
    workspace = (event.get("queryStringParameters") or {}).get("workspace", "")
    try:
        secret = secret_of_socket(_request(headers))
        kept.run(lambda troupe: sockets.opened(troupe.parts, socket, secret, workspace), context)
    except TroupeError as wrong:
        return {"statusCode": wrong.status, "body": wrong.message}
    chosen = {"Sec-WebSocket-Protocol": PROTOCOL} if PROTOCOL in offered else {}
    return {"statusCode": 200, "headers": chosen}


def _request(headers: dict[str, str]) -> HTTPConnection:
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    return HTTPConnection({"type": "websocket", "headers": raw})
