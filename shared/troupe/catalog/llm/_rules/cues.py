"""The lexicon: ideas that labels are about, the words labels call them by, and what gives them away in a text."""

import re
from dataclasses import dataclass
from functools import cache

from troupe.catalog.llm._rules.words import LEXICON, stem


@dataclass(frozen=True)
class Idea:
    """`names`: words a label may use for it. `cues`: alternatives of a pattern by weight."""

    names: tuple[str, ...]
    cues: dict[float, str]


ALSO: dict[str, dict[str, float]] = LEXICON["also"]  # a label of one name that several ideas speak for, at a share
IDEAS: dict[str, Idea] = {
    name: Idea(tuple(row["names"]), {float(w): "|".join(cues) for w, cues in row["cues"].items()})
    for name, row in LEXICON["ideas"].items()
}


@cache
def pattern(cues: str) -> re.Pattern[str]:
    """The cues as one pattern of whole words."""
    return re.compile(rf"(?<!\w)(?:{cues})(?!\w)|(?:{cues})(?<=[?!$€£ ])", re.IGNORECASE)


@cache
def ideas_of(word: str) -> dict[str, float]:
    """The ideas that a word of a label stands for, with their share."""
    root = stem(word)
    found = {name: 1.0 for name, idea in IDEAS.items() if root in {stem(n) for n in idea.names}}
    for name, more in ALSO.items():
        if root == stem(name):
            found |= {idea: share for idea, share in more.items() if idea not in found}
    return found


def weigh(idea: str, text: str) -> tuple[float, list[str]]:
    """How strongly a text speaks of an idea, and by which words; a cue that comes again counts less."""
    total, seen = 0.0, list[str]()
    for weight, cues in IDEAS[idea].cues.items():
        times: dict[str, int] = {}
        for found in pattern(cues).finditer(text):
            key = found[0].lower().strip()
            times[key] = times.get(key, 0) + 1
            total += weight / times[key] ** 2
        seen += times
    return total, seen
