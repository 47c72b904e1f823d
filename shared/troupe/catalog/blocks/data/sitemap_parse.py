"""data.sitemap_parse: the addresses in a sitemap."""

from xml.etree.ElementTree import Element, ParseError

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure

MAP = (
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc> https://example.com/a </loc>"
    "<lastmod>2026-11-20</lastmod></url><url><loc>https://example.com/b</loc></url></urlset>"
)


class Page(Fields):
    """An address, and when it changed last as the sitemap says it (null where it does not)."""

    url: str
    changed: str | None


class SitemapParse(Block):
    """Read a sitemap (sitemaps.org 0.9) that was fetched already. To fetch and read, use http.sitemap."""

    title = "Read a sitemap's text"
    effect = pure
    cpu = True

    class Input(Fields):
        """The sitemap's text."""

        text: str = Field(description="The XML of the sitemap, or one address a line.", max_length=50_000_000)

    class Output(Fields):
        """The pages, or the sitemaps where it is an index of such."""

        pages: list[Page]
        sitemaps: list[str]

    examples = (
        Example(
            title="Two pages",
            given={"text": MAP},
            gives={
                "pages": [
                    {"url": "https://example.com/a", "changed": "2026-11-20"},
                    {"url": "https://example.com/b", "changed": None},
                ],
                "sitemaps": [],
            },
        ),
        Example(
            title="One address a line",
            given={"text": "https://example.com/a\n\nhttps://example.com/b\n"},
            gives={
                "pages": [
                    {"url": "https://example.com/a", "changed": None},
                    {"url": "https://example.com/b", "changed": None},
                ],
                "sitemaps": [],
            },
        ),
    )
    refuses = (
        Refusal(given={"text": "<html/>"}, code="no_sitemap"),
        Refusal(given={"text": '<!DOCTYPE a [<!ENTITY b "c">]><urlset/>'}, code="no_sitemap"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        text = given.text.removeprefix("\ufeff").strip()
        if not text.startswith("<"):
            lines = [line.strip() for line in text.splitlines()]
            return self.Output(pages=[Page(url=x, changed=None) for x in lines if _is_url(x)], sitemaps=[])
        root = _root(text)
        found = [Page(url=url, changed=_inner(x, "lastmod")) for x in root if _is_url(url := _inner(x, "loc") or "")]
        if root.tag.endswith("sitemapindex"):
            return self.Output(pages=[], sitemaps=[page.url for page in found])
        return self.Output(pages=found, sitemaps=[])


def _root(text: str) -> Element:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as wrong:
        raise Rejected(f"This sitemap cannot be read: {str(wrong)[:200]}", code="no_sitemap") from None
    if root.tag.rpartition("}")[2] not in ("urlset", "sitemapindex"):
        raise Rejected("This is no sitemap.", code="no_sitemap", hint="It often stands at /sitemap.xml.")
    return root


def _inner(element: Element, name: str) -> str | None:
    text = element.findtext("{*}" + name)
    return text.strip() if text and text.strip() else None


def _is_url(text: str) -> bool:
    return text.startswith(("http://", "https://")) and len(text) <= 2048
