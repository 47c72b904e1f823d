"""Which label fits a text: the label's own words, what it is known to be called, and cues."""

import re
from dataclasses import dataclass, field

from troupe.catalog.llm._rules.cues import ideas_of, weigh
from troupe.catalog.llm._rules.words import spelled, stem, stems, words

# The commonest words of a language give it away (frequency lists of the Leipzig corpora).
_TONGUES = {
    "english": "the and of to in is that for with you are this have not",
    "german": "der die und das ist nicht ich sie ein zu mit für auf den",
    "french": "le la les des et est que une pour dans pas vous je nous",
    "spanish": "el los las que de y en un por para con una no es",
    "italian": "il che di e la per un non sono con una del ho",
    "dutch": "de het een en van ik niet dat is voor op met zijn je",
    "portuguese": "o os as que de e não uma para com um do da em",
}
_CODES = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
}
_SIGN_OFF = re.compile(
    r"(?im)^\s*(?:many thanks|thanks(?: in advance| a lot| again)?|thank you(?: in advance)?|"
    r"(?:kind|best|warm)? ?regards|cheers|sincerely|best(?: wishes)?|yours \w+)[,.!]*\s*$|"
    r"thanks in advance|thank you in advance|"
    r"thank you for your (?:help|time|assistance|support)\b|thanks for your (?:help|time|assistance)\b|"
    r"(?:hope|have) (?:you|a) (?:\w+ ){0,3}(?:well|day|week\w*)"
)
CLEAR = 3.0
_SUBJECT = re.compile(r"(?im)\A\s*(?:from:.*\n|to:.*\n|date:.*\n)*\s*subject:\s*(.+)$")


@dataclass
class Choice:
    """The label chosen, how sure the rules are (0 to 1), and the words that spoke for it."""

    label: str
    sure: float
    why: list[str] = field(default_factory=list[str])


def classify(text: str, labels: dict[str, str]) -> Choice:
    """The label whose evidence weighs most; `labels` maps each to its description or ''."""
    body = _SIGN_OFF.sub(" ", text)
    subject = found[1] if (found := _SUBJECT.search(body)) else body.strip().split("\n")[0][:120]
    scores = {label: _score(label, about, body, subject) for label, about in labels.items()}
    _yield_form(scores)
    ranked = sorted(scores, key=lambda label: -scores[label][0])
    best = ranked[0]
    top = scores[best][0]
    if top <= 0:
        return Choice(_neutral(list(labels), asks="?" in text), 0.1)
    second = scores[ranked[1]][0] if len(ranked) > 1 else 0.0
    return Choice(best, round(min(0.95, 0.4 + 0.6 * (top - second) / (top + 1)), 2), scores[best][1][:5])


def _score(label: str, about: str, body: str, subject: str) -> tuple[float, list[str]]:
    name = spelled(label)
    tongue = _CODES.get(name, name)
    if tongue in _TONGUES:
        common = set(_TONGUES[tongue].split())
        return sum(w in common for w in words(body)) / 3, [tongue]
    total, why = 0.0, list[str]()
    shares: dict[str, float] = {}
    for word in name.split():
        for idea, share in ideas_of(word).items():
            shares[idea] = max(share, shares.get(idea, 0.0))
    for idea, share in shares.items():
        whole, seen = weigh(idea, body)
        first, _ = weigh(idea, subject)
        total += share * (whole + 0.5 * first)
        why += seen
    present = set(stems(body))
    own = [w for w in name.split() if stem(w) in present and stem(w) not in {"oth", "general"}]
    told = [w for w in dict.fromkeys(stems(about)) if w in present]
    return total + 1.5 * len(own) + 0.7 * len(told), why + own + told


def _yield_form(scores: dict[str, tuple[float, list[str]]]) -> None:
    """A question is a form, not a topic: where a topic is clear, the form counts half."""
    asking = [label for label in scores if any("question" in ideas_of(w) for w in spelled(label).split())]
    topic = max((score for label, (score, _) in scores.items() if label not in asking), default=0.0)
    if topic >= CLEAR:
        scores.update({label: (scores[label][0] / 2, scores[label][1]) for label in asking})


def _neutral(labels: list[str], *, asks: bool) -> str:
    """The label for a text that nothing speaks for: what asks nothing is rather a report than a question."""
    for wanted in ("other", "question", "bug") if asks else ("other", "bug", "question"):
        for label in labels:
            if any(wanted in ideas_of(word) for word in spelled(label).split()):
                return label
    return labels[0]
