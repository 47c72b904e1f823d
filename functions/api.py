"""REST: an API Gateway or function URL event → the HTTP application → its answer."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.kept import kept, seconds_left
from functions.observed import observed
from troupe.app.http import http_app

if TYPE_CHECKING:
    from fastapi import FastAPI

TEXT = ["text/", "application/json", "application/problem+json"]  # anything else crosses as base64


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door. What the request set going has ended when the answer leaves."""
    from mangum import Mangum

    parts = kept.troupe(seconds_left(context)).parts
    app = _app()
    app.state.parts = parts
    try:
        return Mangum(app, lifespan="off", text_mime_types=TEXT)(event, context)
    finally:
        kept.settle()


@cache
def _app() -> "FastAPI":
    """Made once, for its routes take long to make; its parts are those of the call."""
    return http_app(kept.troupe().parts)
