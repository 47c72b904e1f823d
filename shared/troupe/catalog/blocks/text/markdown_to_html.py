"""text.markdown_to_html: a page out of Markdown."""

from pydantic import Field

from troupe.catalog.blocks._limits import bounded
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class MarkdownToHtml(Block):
    """Turn Markdown (CommonMark, with tables and strikethrough) into HTML that is safe to show.

    HTML inside the Markdown is shown as text; links lead to http, https or mail addresses only.
    """

    title = "Markdown to HTML"
    effect = pure
    cpu = True

    class Input(Fields):
        """Markdown."""

        markdown: str = Field(description="The text in Markdown.", max_length=500_000)

    class Output(Fields):
        """A piece of HTML."""

        html: str

    examples = (
        Example(
            title="A heading and a link",
            given={"markdown": "# Hi\n\nSee [us](https://example.com)."},
            gives={"html": '<h1>Hi</h1>\n<p>See <a href="https://example.com" rel="noopener noreferrer">us</a>.</p>\n'},
        ),
        Example(
            title="No script comes through",
            given={"markdown": "<script>alert(1)</script> [x](javascript:alert(1))"},
            gives={"html": "<p>&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1))</p>\n"},
        ),
    )
    refuses = (Refusal(given={"markdown": None}), Refusal(given={"markdown": "x" * 500_001}))

    async def run(self, given: Input, ctx: Context) -> Output:
        import nh3
        from markdown_it import MarkdownIt

        made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(given.markdown)
        return self.Output(html=bounded(nh3.clean(made, url_schemes={"http", "https", "mailto"})))
