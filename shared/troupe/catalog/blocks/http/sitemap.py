"""http.sitemap: the pages of a site."""

import asyncio
import zlib
from typing import Any

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.base.http import HttpResponse
from troupe.catalog.blocks.data.sitemap_parse import MAP
from troupe.catalog.blocks.data.sitemap_parse import Page as Listed
from troupe.catalog.blocks.http._far import Page, get
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, read

LARGEST = 50_000_000  # bytes: what sitemaps.org allows one to have
MOST = 50_000
AT_ONCE = 4


class Sitemap(Block):
    """Fetch a sitemap and give the pages it lists. Where it is an index, the sitemaps it names are fetched too.

    Compressed sitemaps (.xml.gz) are read. An index inside an index is left out.
    """

    title = "Read a sitemap"
    effect = read
    timeout = 310.0

    class Input(Page):
        """Where the sitemap is, and how much of it to read."""

        limit: int = Field(5000, description="Pages at most.", ge=1, le=MOST)
        contains: str = Field("", description="Only addresses that contain this.", max_length=500)
        sitemaps: int = Field(20, description="Sitemaps of an index to fetch at most.", ge=0, le=100)

    class Output(Fields):
        """The pages, and whether there are more than were read."""

        pages: list[Listed]
        more: bool

    examples = (
        Example(
            title="Two pages, one wanted",
            given={"url": "{{server}}/sitemap.xml", "contains": "/b"},
            serves={"/sitemap.xml": MAP},
            gives={"pages": [{"url": "https://example.com/b", "changed": None}], "more": False},
        ),
        Example(
            title="An index",
            given={"url": "{{server}}/index.xml", "limit": 1},
            serves={
                "/index.xml": "<sitemapindex><sitemap><loc>{{server}}/one.xml</loc></sitemap></sitemapindex>",
                "/one.xml": MAP,
            },
            gives={"pages": [{"url": "https://example.com/a", "changed": "2026-11-20"}], "more": True},
        ),
    )
    refuses = (
        Refusal(given={"url": "//example.com"}, code="bad_url"),
        Refusal(given={"url": "https://example.com", "limit": 0}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        top = await _parsed(given, given.url, ctx)
        pages: list[dict[str, Any]] = top["pages"]
        named: list[str] = top["sitemaps"][: given.sitemaps]
        more = len(top["sitemaps"]) > len(named)
        for start in range(0, len(named), AT_ONCE):
            some = await _together(given, named[start : start + AT_ONCE], ctx)
            pages += [page for one in some for page in one["pages"] if given.contains in page["url"]]
            if len(pages) > given.limit:
                more = True
                break
        wanted = [page for page in pages if given.contains in page["url"]]
        return self.Output.model_validate({"pages": wanted[: given.limit], "more": more or len(wanted) > given.limit})


async def _together(given: Sitemap.Input, urls: list[str], ctx: Context) -> list[dict[str, Any]]:
    """Several sitemaps at once; the first failure is the step's, and the others are given up."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_parsed(given, url, ctx)) for url in urls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


async def _parsed(given: Sitemap.Input, url: str, ctx: Context) -> dict[str, Any]:
    # Headers go to the address they were given for, not to those that an index names.
    asked = given.model_copy(update={"url": url} | ({} if url == given.url else {"headers": {}}))
    text = await _text(await get(asked, ctx, max_bytes=LARGEST))
    return await ctx.compute("data.sitemap_parse", {"text": text})


async def _text(answer: HttpResponse) -> str:
    raw = answer.content
    if raw[:2] == b"\x1f\x8b":
        raw = await asyncio.to_thread(_unpacked, raw)  # zlib does not hold the interpreter
    return raw.decode("utf-8", "replace")


def _unpacked(raw: bytes) -> bytes:
    """The content of a gzip file, up to 50 MB. Raises Rejected."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        made = unpacker.decompress(raw, LARGEST)
    except zlib.error as wrong:
        raise Rejected(f"The compressed sitemap cannot be unpacked: {wrong}.", code="no_sitemap") from None
    if unpacker.unconsumed_tail:
        raise Rejected(f"The sitemap has more than {LARGEST:,} bytes when unpacked.", code="too_large")
    return made
