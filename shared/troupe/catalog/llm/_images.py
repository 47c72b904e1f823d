"""Images as they come in messages: data: URLs (RFC 2397)."""

import re

from troupe.base.errors import Rejected

_DATA = re.compile(r"data:(image/[a-z0-9.+-]{1,40});base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)


def picture(url: str) -> tuple[str, str]:
    """Media type and base64 text. Raises Rejected for anything but a data: URL of an image."""
    if (found := _DATA.fullmatch(url)) is None:
        raise Rejected("An image is a data: URL of an image in base64.", code="bad_image")
    return found[1].lower(), "".join(found[2].split())
