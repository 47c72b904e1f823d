"""Summaries and answers made of a text's own sentences."""

import math
import re
from collections import Counter

from troupe.catalog.llm._rules.words import sentences, stem, stems, words

_GREETING = re.compile(r"(?i)^(?:hi|hello|dear|hey|good (?:morning|day|afternoon|evening))\b[^.!?]{0,40}[,!.]?\s*")
_HEADER = re.compile(r"(?im)^(?:from|to|cc|date|subject|sent):.*$")


def summarize(text: str, most: int) -> str:
    """At most `most` sentences that share most words with the rest; early ones count a little more. In text order."""
    found = [_GREETING.sub("", s) for s in sentences(_HEADER.sub("", text))]
    found = [s for s in dict.fromkeys(found) if len(s.split()) > 2] or sentences(text) or [" ".join(text.split())]
    if len(found) <= most:
        return " ".join(found)
    often = Counter(root for s in found for root in set(stems(s)))
    scored = sorted(range(len(found)), key=lambda i: -_weight(found[i], i, len(found), often))
    return " ".join(found[i] for i in sorted(scored[:most]))


def _weight(sentence: str, place: int, of: int, often: Counter[str]) -> float:
    roots = set(stems(sentence))
    shared = sum(math.log1p(often[r]) for r in roots) / (len(roots) + 3)
    return shared * (1.0 + 0.3 * (1 - place / of)) + (0.15 if re.search(r"\d", sentence) else 0.0)


def keywords(text: str, most: int) -> list[str]:
    """The words that come most often, as they stand in the text."""
    shown: dict[str, str] = {}
    for word in words(text):
        shown.setdefault(stem(word), word)
    often = Counter(r for r in stems(text) if not r.isdigit())
    return [shown.get(r, r) for r, _ in often.most_common(most)]


def answer(question: str, context: str, most: int = 2) -> str:
    """The sentences of the context that share the rarest words with the question; '' where none does."""
    found = sentences(context) or ([" ".join(context.split())] if context.strip() else [])
    often = Counter(root for s in found for root in set(stems(s)))
    asked = set(stems(question))

    def overlap(sentence: str) -> float:
        return sum(math.log(1 + len(found) / often[r]) for r in asked & set(stems(sentence)))

    scored = sorted(((overlap(s), -i) for i, s in enumerate(found)), reverse=True)
    chosen = [-i for score, i in scored[:most] if score > 0 and score >= scored[0][0] * 0.6]
    return " ".join(found[i] for i in sorted(chosen))
