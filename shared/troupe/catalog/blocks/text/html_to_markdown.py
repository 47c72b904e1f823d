"""text.html_to_markdown: the text of a page, with its structure."""

from typing import Any

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_TEXT, bounded
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class HtmlToMarkdown(Block):
    """Turn HTML into Markdown: headings, lists, links, tables. Scripts and styles are left out."""

    title = "HTML to Markdown"
    effect = pure
    cpu = True

    class Input(Fields):
        """HTML."""

        html: str = Field(description="The page, or a piece of one.", max_length=MAX_TEXT)
        links: bool = Field(default=True, description="Keep links; without, only their text remains.")

    class Output(Fields):
        """Markdown."""

        markdown: str

    examples = (
        Example(
            title="A small page",
            given={"html": "<h1>Hi</h1><p>See <a href='https://example.com'>us</a>.</p><script>x()</script>"},
            gives={"markdown": "# Hi\n\nSee [us](https://example.com)."},
        ),
        Example(
            title="A list without links",
            given={"html": "<ul><li>one<li><a href='/x'>two</a></ul>", "links": False},
            gives={"markdown": "* one\n* two"},
        ),
    )
    refuses = (Refusal(given={"html": 7}), Refusal(given={"html": "<div>" * 3000}, code="too_deep"))

    async def run(self, given: Input, ctx: Context) -> Output:
        import markdownify
        import nh3

        options: dict[str, Any] = {"heading_style": "atx"} | ({} if given.links else {"strip": ["a"]})
        try:
            text: str = markdownify.markdownify(nh3.clean(given.html), **options)
        except RecursionError:
            raise Rejected("The elements of this page nest too deep to be read.", code="too_deep") from None
        return self.Output(markdown=bounded(text).strip())
