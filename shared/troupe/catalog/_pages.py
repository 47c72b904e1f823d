"""Pages: the text that the far side sent, its main part, and what the page says of itself."""

from typing import Any
from urllib.parse import urlsplit

from troupe.base.errors import Rejected
from troupe.base.http import HttpResponse
from troupe.base.http.answers import media_type, text_of
from troupe.catalog.blocks._limits import MAX_TEXT, bounded
from troupe.catalog.contract import Json

ABOUT = ("title", "author", "date", "description", "language")


def page_text(answer: HttpResponse) -> str:
    """The text of a page. Raises Rejected where it is none, or too long to be read."""
    text = text_of(answer)
    host = urlsplit(answer.url).hostname
    if text is None:
        raise Rejected(f"{host} sent no text but {media_type(answer.headers) or 'bytes'}.", code="not_text")
    if len(text) > MAX_TEXT:
        raise Rejected(f"The page of {host} has more than {MAX_TEXT:,} characters.", code="too_large")
    return text


def main_content(html: str, url: str, *, markdown: bool) -> dict[str, Json]:
    """`text` and the fields of ABOUT, null where the page does not say. Raises Rejected: too_deep, too_large."""
    import trafilatura

    try:
        text = trafilatura.extract(
            html, url=url or None, output_format="markdown" if markdown else "txt", include_links=markdown,
            include_comments=False,
        )  # fmt: skip
        about: Any = trafilatura.extract_metadata(html, default_url=url or None)
    except RecursionError:
        raise Rejected("The elements of this page nest too deep to be read.", code="too_deep") from None
    return {"text": bounded(text or ""), **{name: getattr(about, name, None) or None for name in ABOUT}}
