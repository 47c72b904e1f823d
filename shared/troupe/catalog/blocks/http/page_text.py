"""http.page_text: the main text of a web page."""

from pydantic import Field

from troupe.catalog._pages import page_text
from troupe.catalog.blocks.http._far import Page, get
from troupe.catalog.blocks.text.main_content import PAGE
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, read


class PageText(Block):
    """Fetch a web page and give what it is about, without menus and advertisements. No script of the page is run."""

    title = "Text of a web page"
    effect = read

    class Input(Page):
        """Where the page is."""

        markdown: bool = Field(default=True, description="Keep headings, lists and links as Markdown.")

    class Output(Fields):
        """The main text, what the page says of itself (null where it does not), and its final address."""

        text: str
        title: str | None
        author: str | None
        date: str | None
        description: str | None
        language: str | None
        url: str

    examples = (
        Example(title="An article", given={"url": "{{server}}/tides.html"}, serves={"/tides.html": PAGE}),
        Example(title="As plain text", given={"url": "{{server}}/t", "markdown": False}, serves={"/t": PAGE}),
    )
    refuses = (
        Refusal(given={"url": ""}),
        Refusal(given={"url": "http://169.254.169.254/latest/meta-data"}, code="egress_refused"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        answer = await get(given, ctx, max_bytes=8_000_000)
        asked: dict[str, Json] = {"html": page_text(answer), "url": answer.url[:2000], "markdown": given.markdown}
        return self.Output.model_validate({**await ctx.compute("text.main_content", asked), "url": answer.url})
