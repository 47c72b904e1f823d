"""Typed values in a text: dates, numbers, amounts, addresses, names. Each comes with where it stands."""

import re
from dataclasses import dataclass
from datetime import date

from troupe.catalog.llm._rules.words import stem, stems

_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = (
    (re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"), "ymd"),
    (re.compile(rf"(?i)\b(\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{_MONTH},?\s+(\d{{4}})\b"), "dny"),
    (re.compile(rf"(?i)\b{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b"), "ndy"),
    (re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b"), "dmy"),
)
EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
URL = re.compile(r"\bhttps?://[^\s<>\"')\]]+")
PHONE = re.compile(r"(?<!\w)\+?\d[\d\s().-]{6,18}\d(?!\w)")
_NUMBER = re.compile(
    r"(?<![\w.,#-])-?\d{1,3}(?:[,. ]\d{3})+(?:[.,]\d{1,2})?(?![\d])|(?<![\w#])-?\d+(?:[.,]\d+)?(?![\w/:-]|\.\d)"
)
AMOUNT = re.compile(
    r"(?i)(?:[$€£]|\b(?:usd|eur|gbp|chf)\s?)\s?(\d[\d.,]*\d|\d)|(\d[\d.,]*\d|\d)\s?(?:[$€£]|(?:usd|eur|gbp|chf|dollars?|euros?|pounds?)\b)"
)
CODE = re.compile(
    r"(?<![\w@.])(?:#\s?\d{2,}|[A-Z]{1,6}[-_ ]?\d{2,}(?:-\d+)*|\d+-\d{3,}(?:-\d+)*)(?![\w@])"
    r"|(?<=order )\d{3,}|(?<=number )\d{3,}|(?<=no\. )\d{3,}"
)
_CURRENCY = {"$": "USD", "€": "EUR", "£": "GBP", "dollar": "USD", "euro": "EUR", "pound": "GBP"}
_NAME = r"[A-Z][\w'’-]+(?: (?:van |de |von |der |bin )*[A-Z][\w'’.-]*){0,3}"
_PERSON = (
    re.compile(rf"(?m)^(?:From|Name|Customer|Sender|Contact):\s*\"?({_NAME})"),
    re.compile(rf"\b(?:[Mm]y name is|I am|I['’]m|[Tt]his is)\s+({_NAME})"),
    re.compile(
        r"(?m)^(?:.*\b)?(?i:regards|thanks|thank you|cheers|sincerely|best|wishes|yours\s\w+|greetings)"
        rf"[,.!]*\s*\n+\s*[-–]?\s*({_NAME})"
    ),
    re.compile(rf"\n\s*[-–—]+\s*({_NAME})\s*\Z"),
    re.compile(rf"\b(?:Mr|Ms|Mrs|Dr|Prof)\.?\s+({_NAME})"),
    re.compile(rf"\b({_NAME}) (?:said|wrote|asked|called|ordered|bought|reported|complained)\b"),
)
_BY = re.compile(
    r"\b(?:by|from|for|with|contact|to)\s+((?!The |This |Our |Your |My )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){1,2})"
)
_PLACE = re.compile(rf"\b(?:in|to|from|near|at|for|visit)\s+({_NAME})")
_COMPANY = re.compile(
    r"\b((?:[A-Z][\w&'-]+ ){1,4}(?:Inc|Ltd|LLC|GmbH|AG|Corp|Corporation|Company|Co|BV|SA|SE|PLC|Group|Labs)\b\.?)"
)
_AT = re.compile(rf"\b(?:at|from|of|with|for) ({_NAME})")


@dataclass(frozen=True)
class Found:
    """A value and the place where it begins."""

    value: str
    at: int


def dates(text: str) -> list[Found]:
    """Dates as ISO 8601; day before month where only digits say it and both are possible."""
    found: dict[int, str] = {}
    for pattern, order in _DATES:
        for m in pattern.finditer(text):
            part = dict(zip(order, m.groups(), strict=True))
            month = _MONTHS[part["n"][:3].lower()] if "n" in part else int(part["m"])
            day = int(part["d"])
            if order == "dmy" and month > 12:
                day, month = month, day
            try:
                found.setdefault(m.start(), date(int(part["y"]), month, day).isoformat())
            except ValueError:
                continue
    return [Found(v, at) for at, v in sorted(found.items())]


def number_of(text: str) -> float:
    """The number that digits with separators spell: the last separator before one or two digits is the decimal one."""
    text = text.replace(" ", "")
    if tail := re.search(r"[.,](\d{1,2})$", text):
        return float(re.sub(r"[.,]", "", text[: tail.start()]) + "." + tail[1])
    return float(re.sub(r"[,.](?=\d{3})", "", text).replace(",", "."))


def numbers(text: str) -> list[Found]:
    """Plain numbers; not those inside dates, codes or addresses."""
    hidden = [m.span() for p, _ in _DATES for m in p.finditer(text)] + [m.span() for m in EMAIL.finditer(text)]
    return [
        Found(str(number_of(m[0])), m.start())
        for m in _NUMBER.finditer(text)
        if not any(a <= m.start() < b for a, b in hidden)
    ]


def amounts(text: str) -> list[Found]:
    """Sums of money, as numbers."""
    return [Found(str(number_of(m[1] or m[2])), m.start()) for m in AMOUNT.finditer(text)]


def currency(text: str) -> str:
    """The ISO 4217 code of the first sum, or ''."""
    if (m := AMOUNT.search(text)) is None:
        return ""
    said = m[0].lower()
    for sign, code in _CURRENCY.items():
        if sign in said:
            return code
    return "".join(c for c in said if c.isalpha())[:3].upper()


def matches(pattern: re.Pattern[str], text: str) -> list[Found]:
    """What a pattern finds."""
    return [Found(m[m.lastindex or 0].strip(), m.start()) for m in pattern.finditer(text)]


def people(text: str) -> list[Found]:
    """Names of people, by how mails introduce, sign and address them."""
    return [f for p in _PERSON for f in matches(p, text)] or matches(_BY, text)


def places(text: str) -> list[Found]:
    """Names that follow a word of place."""
    return matches(_PLACE, text)


def companies(text: str) -> list[Found]:
    """Names of companies, by legal form, else what follows `at`, `from`, `with`."""
    return matches(_COMPANY, text) or [f for f in matches(_AT, text) if f.value not in {"I", "The", "We"}]


def nearest(found: list[Found], text: str, about: str) -> Found | None:
    """The value that stands nearest after (or else before) a word of `about`; the first where no such word occurs."""
    wanted = set(stems(about))
    places = [(m.start(), m.end()) for m in re.finditer(r"[^\W_]+", text) if stem(m[0].lower()) in wanted]
    if not places or not found:
        return found[0] if found else None
    return min(found, key=lambda f: min(f.at - b if f.at >= b else 2 * (a - f.at) + 10 for a, b in places))


def stated(text: str, name: str) -> str | None:
    """What stands after `name:` on a line of its own."""
    tail = r"\s*(?:\([^)\n]*\))?\s*[:=]\s*(\S[^\n]*)"
    spaced = r"[\s_-]+".join(re.escape(w) for w in name.split())
    m = re.search(rf"(?im)^[\s*\-•|>]*(?:\w+ )?{spaced}{tail}", text)
    return m[1].strip().strip("*|").strip() if m else None
