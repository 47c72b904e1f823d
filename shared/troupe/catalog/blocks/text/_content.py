"""The main text of a page, and what the page says of itself."""

from typing import Any

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import bounded
from troupe.catalog.contract import Json

ABOUT = ("title", "author", "date", "description", "language")


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
