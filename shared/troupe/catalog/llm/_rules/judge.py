"""Whether a condition holds for a text: numbers are compared, cues weighed, words looked for."""

import re

from troupe.catalog.llm._rules.cues import ideas_of, weigh
from troupe.catalog.llm._rules.find import amounts, nearest, number_of, numbers
from troupe.catalog.llm._rules.words import stem, stems, words

_OVER = r"(?:over|above|more than|greater than|at least|exceeds?|exceeding|larger than|>=?)"
_UNDER = r"(?:under|below|less than|fewer than|at most|smaller than|lower than|<=?)"
_COMPARE = re.compile(rf"(?i)({_OVER}|{_UNDER})\s*[$€£]?\s*(\d[\d.,]*)")
_NOT = re.compile(r"(?i)\b(?:not|no|never|without|isn['’]t|doesn['’]t|lacks?|none|absent)\b")
_FRAME = {
    stem(word)
    for word in (
        "text", "mail", "message", "email", "customer", "user", "writer", "sender", "author", "mention", "ask", "want",
        "say", "contain", "about", "talk", "express",
    )
}  # fmt: skip


def holds(condition: str, text: str) -> tuple[bool, str]:
    """True or false, and the words it rests on."""
    if (compared := _COMPARE.search(condition)) is not None:
        return _compare(condition, compared, text)
    turned = bool(_NOT.search(condition))
    wanted = [w for w in words(condition) if stem(w) in set(stems(condition)) - _FRAME]
    weights = [
        weigh(idea, text) for w in wanted for idea, share in ideas_of(w).items() if share == 1.0 and idea != "other"
    ]
    seen = [s for total, found in weights if total >= 1.5 for s in found]
    present = set(stems(text))
    said = [w for w in wanted if stem(w) in present]
    yes = bool(seen) or (bool(wanted) and len(said) / len(wanted) >= 0.6)
    return yes != turned, ", ".join(dict.fromkeys([*seen, *said][:5])) or "nothing in the text speaks for it"


def _compare(condition: str, compared: re.Match[str], text: str) -> tuple[bool, str]:
    limit = number_of(compared[2].rstrip(".,"))
    found = nearest(amounts(text) or numbers(text), text, condition[: compared.start()])
    if found is None:
        return False, "no number in the text"
    value = float(found.value)
    sign = compared[1].lower()
    more = re.fullmatch(_OVER, sign) is not None
    inclusive = "least" in sign or "most" in sign or "=" in sign
    yes = (value > limit if more else value < limit) or (inclusive and value == limit)
    return yes != bool(_NOT.search(condition[: compared.start()])), f"{value:g} against {limit:g}"
