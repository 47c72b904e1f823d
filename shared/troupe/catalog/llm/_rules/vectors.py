"""Vectors of hashed words and letter groups (Weinberger et al. 2009): near for like spelling, not for like meaning."""

import math
from zlib import crc32

from troupe.catalog.llm._rules.words import STOP, stem, words

SIZE = 256


def embed(text: str) -> list[float]:
    """256 numbers of length one; the same text always gives the same ones. All zero for a text without words."""
    vector = [0.0] * SIZE
    for word in words(text)[:5000]:
        if word in STOP:
            continue
        root = stem(word)
        _add(vector, "w" + root, 1.0)
        marked = f"<{root}>"
        for i in range(len(marked) - 2):
            _add(vector, marked[i : i + 3], 0.4)
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector] if length else vector


def _add(vector: list[float], feature: str, weight: float) -> None:
    mark = crc32(feature.encode())
    vector[mark % SIZE] += weight if mark & 0x8000_0000 else -weight
