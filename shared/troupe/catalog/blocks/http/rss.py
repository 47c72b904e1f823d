"""http.rss: the entries of a feed."""

from pydantic import Field

from troupe.catalog._pages import page_text
from troupe.catalog.blocks.data.feed_parse import ENTRY, RSS, Entry
from troupe.catalog.blocks.http._far import Page, get
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, read


class Rss(Block):
    """Fetch a feed (RSS, Atom or RDF) and give its entries, in the feed's order: mostly the newest first."""

    title = "Read a feed"
    effect = read

    class Input(Page):
        """Where the feed is."""

        limit: int = Field(100, description="Entries at most.", ge=1, le=1000)

    class Output(Fields):
        """The feed and its entries."""

        title: str
        url: str
        entries: list[Entry]

    examples = (
        Example(
            title="A feed with one entry",
            given={"url": "{{server}}/feed.xml"},
            serves={"/feed.xml": RSS},
            gives={"title": "News", "url": "https://example.com/", "entries": [ENTRY]},
        ),
        Example(
            title="An empty one",
            given={"url": "{{server}}/atom", "limit": 5},
            serves={"/atom": "<feed xmlns='http://www.w3.org/2005/Atom'><title>Quiet</title></feed>"},
            gives={"title": "Quiet", "url": "", "entries": []},
        ),
    )
    refuses = (
        Refusal(given={"url": "feed.xml"}, code="bad_url"),
        Refusal(given={"url": "https://example.com", "limit": 0}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        text = page_text(await get(given, ctx, max_bytes=5_000_000))
        return self.Output.model_validate(await ctx.compute("data.feed_parse", {"text": text, "limit": given.limit}))
