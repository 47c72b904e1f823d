"""data.feed_parse: the entries of a feed."""

import io
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

RSS = (
    "<rss version='2.0'><channel><title>News</title><link>https://example.com/</link><item><title>One</title>"
    "<link>https://example.com/1</link><guid>1</guid><pubDate>Fri, 20 Nov 2026 09:30:00 +0100</pubDate>"
    "<description>&lt;b&gt;Bold&lt;/b&gt; words</description></item></channel></rss>"
)
ENTRY = {
    "id": "1", "title": "One", "url": "https://example.com/1", "published": "2026-11-20T08:30:00+00:00",
    "author": "", "summary": "<b>Bold</b> words",
}  # fmt: skip


class Entry(Fields):
    """One entry. `published` is an instant in UTC, null where the feed does not say; `summary` is HTML made safe."""

    id: str
    title: str
    url: str
    published: str | None
    author: str
    summary: str


class FeedParse(Block):
    """Read a feed (RSS 0.9 to 2.0, Atom, RDF) that was fetched already. To fetch and read, use http.rss."""

    title = "Read a feed's text"
    effect = pure
    cpu = True
    timeout = 60.0

    class Input(Fields):
        """The feed's text."""

        text: str = Field(description="The XML of the feed.", max_length=5_000_000)
        limit: int = Field(100, description="Entries at most, in the feed's order.", ge=1, le=1000)

    class Output(Fields):
        """The feed and its entries."""

        title: str
        url: str
        entries: list[Entry]

    examples = (
        Example(
            title="RSS", given={"text": RSS}, gives={"title": "News", "url": "https://example.com/", "entries": [ENTRY]}
        ),
        Example(
            title="Atom without entries",
            given={"text": "<feed xmlns='http://www.w3.org/2005/Atom'><title>Quiet</title></feed>"},
            gives={"title": "Quiet", "url": "", "entries": []},
        ),
    )
    refuses = (
        Refusal(given={"text": "<html><body>No feed</body></html>"}, code="no_feed"),
        Refusal(given={"text": "", "limit": 0}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        feedparser: Any = import_module("feedparser")  # it has no types
        raw = io.BytesIO(given.text.encode())  # a text it might take for an address or a path
        found: Any = feedparser.parse(raw, response_headers={"content-type": "application/xml; charset=utf-8"})
        if not found.version:
            raise Rejected("This is no feed that can be read.", code="no_feed", hint="Is it the address of a page?")
        entries = [_entry(entry) for entry in found.entries[: given.limit]]
        return self.Output(title=found.feed.get("title", ""), url=found.feed.get("link", ""), entries=entries)


def _entry(entry: Any) -> Entry:
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    content = entry.get("summary") or next((c.get("value", "") for c in entry.get("content", [])), "")
    return Entry(
        id=entry.get("id") or entry.get("link", ""),
        title=entry.get("title", "")[:2000],
        url=entry.get("link", ""),
        published=datetime(*stamp[:6], tzinfo=UTC).isoformat() if stamp else None,
        author=entry.get("author", "")[:500],
        summary=content[:20_000],
    )
