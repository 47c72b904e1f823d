"""Asking the far side for a page, with a limit on size."""

from pydantic import Field

from troupe.base.http import HttpResponse
from troupe.base.http.answers import refuse
from troupe.catalog.contract import Context, Fields

URL = "An address that starts with http:// or https://."


class Page(Fields):
    """Where to get something, with which headers, how long to wait."""

    url: str = Field(description=URL, min_length=1, max_length=8000)
    headers: dict[str, str] = Field(default={}, description="Headers to send.", max_length=100)
    timeout: float = Field(30.0, description="Seconds for the whole answer.", gt=0, le=300)


async def get(given: Page, ctx: Context, *, max_bytes: int) -> HttpResponse:
    """A page that is there. Raises the step's failure for every status of 400 and more."""
    answer = await ctx.http.request("GET", given.url, headers=given.headers, timeout=given.timeout, max_bytes=max_bytes)
    refuse(answer, ctx.now(), secrets=given.headers.values())
    return answer
