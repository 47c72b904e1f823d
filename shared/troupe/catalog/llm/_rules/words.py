"""Words, stems and sentences of English text, by simple rules."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

LEXICON: dict[str, Any] = json.loads(Path(__file__).with_name("lexicon.json").read_text(encoding="utf-8"))
STOP = frozenset(LEXICON["stop"])
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])|\n\s*\n|\n(?=\s*[-*•\d])|(?<=:)\n")
_SUFFIXES = (
    "ations", "ation", "ments", "ment", "ingly", "ness", "ings", "ing", "edly", "ies", "ied", "ers", "er", "ed", "ly",
    "es", "s", "e", "y",
)  # fmt: skip


def words(text: str) -> list[str]:
    """The words in lower case, in order."""
    return _WORD.findall(text.lower())


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its ending, so that `charged`, `charges` and `charging` meet."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)].rstrip("i") or word
    return word


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return [stem(w) for w in words(text) if w not in STOP and (len(w) > 1 or w.isdigit())]


def sentences(text: str) -> list[str]:
    """The sentences, lines of a list counted as such."""
    return [" ".join(s.split()) for s in _SENTENCE.split(text) if s and len(s.split()) > 1]


def spelled(name: str) -> str:
    """A name of a field or a label as words: `orderNumber`, `order_number` → `order number`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_\-/.]+", " ", name).lower().strip()
