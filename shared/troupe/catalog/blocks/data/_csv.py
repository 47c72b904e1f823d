"""Cells that a spreadsheet would take for a formula, made harmless and back again.

A text that starts so gets an apostrophe before it (OWASP, CSV Injection). So does one that starts with apostrophes
followed by such a character, so that taking one away again always gives the text as it was.
"""

import re

_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def neutral(text: str) -> str:
    """The cell as no spreadsheet calculates it."""
    return "'" + text if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The cell as it was before `neutral`."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text
