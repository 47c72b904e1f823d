"""Search: the tools that plain words mean, best first. BM25F over what Postgres has stemmed (Robertson 2009, 3.6)."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence

from troupe.base.db import Db
from troupe.features.connections import store
from troupe.features.connections.words import ASKED, also, is_deed

K1 = 1.2
WEIGHT = {"A": 6.0, "B": 2.0, "C": 1.0}  # of a name, of tags and hints, of a description
B = {"A": 0.6, "B": 0.4, "C": 0.5}  # how much a long field counts less
DESCRIBED = 600  # characters of a description that are searched
MOST_WORDS = 32
NAMED = 0.5  # of a score that hangs on how much of the name was asked for
IDLE = frozenset(
    [
        "a",
        "an",
        "the",
        "to",
        "for",
        "of",
        "in",
        "on",
        "by",
        "with",
        "and",
        "or",
        "from",
        "is",
        "are",
        "be",
        "as",
        "at",
        "it",
        "its",
        "that",
        "this",
    ]
)
Meaning = dict[str, float]  # lexemes, each with its share
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


def split(text: str) -> list[str]:
    """Words in small letters; `createIssue` and `create_issue` are two."""
    return [word.lower()[:60] for word in _WORD.findall(_CAMEL.sub(" ", text))]


def fields_of(name: str, title: str, tags: Sequence[str], hints: str, description: str) -> tuple[str, str, str]:
    """What is searched of a tool: its names, its tags and hints, what it says of itself."""
    tagged = " ".join([*tags[:20], hints[:1000]])
    parts = (f"{name} {title}", tagged, description[:DESCRIBED])
    a, b, c = (" ".join(word for word in split(part) if word not in IDLE) for part in parts)
    return a, b, c


async def search(
    db: Db, words: str, connections: Sequence[str] | None, limit: int, *, approved: bool = True
) -> list[str]:
    """Ids of tools that fit the words, best first."""
    asked = list(dict.fromkeys(split(words)))[:MOST_WORDS]
    stems = await store.stem(db, sorted({w for word in asked for w in (word, *also(word))} | ASKED.keys()))
    meant = _meanings(asked, stems)
    if not meant:
        return []
    lexemes = sorted({lexeme for one in meant for lexeme in one})
    found = await store.match(db, lexemes, connections, approved=approved)
    return rank(found, meant, await store.measure(db, connections))[:limit]


def _meanings(asked: list[str], stems: dict[str, list[str]]) -> list[Meaning]:
    """What each word may mean; words that mean the same are one."""
    found: list[Meaning] = []
    for word in asked:
        own = dict.fromkeys(stems[word], 1.0)
        like = {lexeme: share for other, share in also(word).items() for lexeme in stems[other]}
        meaning = {**like, **own}
        if meaning and not any(like and like.keys() == set(one) - own.keys() for one in found):
            found.append(meaning)
    if found and not is_deed(asked):
        found.append({lexeme: share for word, share in ASKED.items() for lexeme in stems[word]})
    return found


def rank(found: list[store.Matched], meant: list[Meaning], size: dict[str, float]) -> list[str]:
    """Ids by score: the sum over what was meant, times how much of a tool's name is about it."""
    by_tool: dict[str, dict[str, store.Matched]] = defaultdict(dict)
    for one in found:
        by_tool[one.id][one.lexeme] = one
    count, total, named = max(int(size["count"]), 1), dict.fromkeys(by_tool, 0.0), dict.fromkeys(by_tool, 0)
    for meaning in meant:
        often = {id: _often(matched, meaning, size) for id, matched in by_tool.items()}
        having = sum(1 for frequency, _ in often.values() if frequency)
        rarity = math.log(1 + (count - having + 0.5) / (having + 0.5))
        for id, (frequency, times) in often.items():
            total[id] += rarity * frequency * (K1 + 1) / (frequency + K1)
            named[id] += times
    scored = {id: score * (1 - NAMED + NAMED * _share(named[id], by_tool[id])) for id, score in total.items()}
    return sorted(scored, key=lambda one: (-scored[one], one))


def _often(matched: dict[str, store.Matched], meaning: Meaning, size: dict[str, float]) -> tuple[float, int]:
    """How often a meaning stands in a tool, by its best word, fields weighed; and how often that is in the name."""
    best, times = 0.0, 0
    for word, share in meaning.items():
        if word in matched and (frequency := share * _frequency(matched[word], size)) > best:
            best, times = frequency, matched[word].weights.count("A")
    return best, times


def _frequency(one: store.Matched, size: dict[str, float]) -> float:
    sum_ = 0.0
    for number, letter in enumerate("ABC"):
        times = one.weights.count(letter)
        if times:
            average = max(size[letter.lower()] or 1.0, 1.0)
            sum_ += WEIGHT[letter] * times / (1 - B[letter] + B[letter] * one.lengths[number] / average)
    return sum_


def _share(words: int, matched: dict[str, store.Matched]) -> float:
    """How much of a name so many words of it are, 0 to 1."""
    return min(1.0, words / max(next(iter(matched.values())).lengths[0], 1))
