"""text.main_content: what a page is about, without its frame."""

from pydantic import Field

from troupe.catalog._pages import main_content
from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

PAGE = (
    "<html><head><title>Tides</title></head><body><nav><a href='/'>Home</a><a href='/more'>More</a></nav><article>"
    "<h1>Tides</h1><p>The moon moves the sea twice a day, and the sun helps it at new moon and full moon.</p>"
    "<p>Where the coast is flat, the water goes out for miles and comes back within a few hours.</p></article>"
    "<footer>© us</footer></body></html>"
)
TEXT = (
    "Tides\nThe moon moves the sea twice a day, and the sun helps it at new moon and full moon.\n"
    "Where the coast is flat, the water goes out for miles and comes back within a few hours."
)


class MainContent(Block):
    """Take the main text out of a page of HTML, without menus, footers and advertisements.

    What a page's main text is, is a guess by its structure; a page without running text gives an empty one.
    """

    title = "Main text of a page"
    effect = pure
    cpu = True
    timeout = 60.0

    class Input(Fields):
        """A page."""

        html: str = Field(description="The whole page.", max_length=MAX_TEXT)
        url: str = Field("", description="Where the page is from; links are completed by it.", max_length=2000)
        markdown: bool = Field(default=True, description="Keep headings, lists and links as Markdown.")

    class Output(Fields):
        """The main text and what the page says of itself; a date is YYYY-MM-DD, and null what it does not say."""

        text: str
        title: str | None
        author: str | None
        date: str | None
        description: str | None
        language: str | None

    examples = (
        Example(
            title="An article",
            given={"html": PAGE, "markdown": False},
            gives={"text": TEXT, "title": "Tides", "author": None, "date": None, "description": None, "language": None},
        ),
        Example(
            title="No text",
            given={"html": "<html><body></body></html>"},
            gives={"text": "", "title": None, "author": None, "date": None, "description": None, "language": None},
        ),
    )
    refuses = (Refusal(given={"html": None}), Refusal(given={"html": "<p>x", "url": "x" * 2001}))

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output.model_validate(main_content(given.html, given.url, markdown=given.markdown))
