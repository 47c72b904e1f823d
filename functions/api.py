"""REST: an API Gateway or function URL event → the HTTP application → its answer."""

from functools import cache
from typing import TYPE_CHECKING, Any

from functions.kept import kept
from troupe.app.http import http_app

if TYPE_CHECKING:
    from mangum import Mangum

TEXT = ["text/", "application/json", "application/problem+json"]  # anything else crosses as base64


@cache
def _app() -> "Mangum":
    from mangum import Mangum

    return Mangum(http_app(kept.troupe().parts), lifespan="off", text_mime_types=TEXT)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door."""
    return _app()(event, context)
