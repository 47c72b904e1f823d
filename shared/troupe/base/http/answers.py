"""Answers of a far side: which are failures of a step, which text they hold, which type they say they have."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from troupe.base.errors import RateLimited, Refused, ServerFailed, StepFailed, TimedOut
from troupe.base.http.client import HttpResponse

SHOWN = 300  # characters of an answer that a failure shows
_DECLARED = re.compile(
    rb"<\?xml[^>]{0,100}encoding=[\"']([\w.-]{1,40})|<meta[^>]{1,200}charset=[\"']?([\w.-]{1,40})", re.I
)
HINTS = {
    401: "The far side wants to know who asks: check the authorization header or the connection.",
    403: "Whoever asks may not do this there.",
    404: "Check the address.",
    413: "Send less at a time.",
}


def refuse(answer: HttpResponse, now: datetime, *, secrets: Iterable[str] = (), sure: bool = True) -> None:
    """Raises what the status stands for; nothing below 400. `sure`: a 4xx means that nothing happened.

    `secrets` are left out of the message, should the far side repeat what it was sent.
    """
    if answer.status >= 400:
        raise failure(answer.status, answer.headers, answer.url, _excerpt(answer, secrets), now, sure=sure)


def failure(
    status: int, headers: Mapping[str, str], url: str, said: str, now: datetime, *, sure: bool = True
) -> StepFailed:
    """The step's failure that a status stands for."""
    host = urlsplit(url).hostname or "The far side"
    message = f"{host} answered {status}{f': {said}' if said else '.'}"
    if status == 429:
        return RateLimited(message, retry_after=retry_after(headers.get("retry-after", ""), now))
    if status == 408:
        return TimedOut(message)
    if status >= 500:
        return ServerFailed(message)
    return Refused(message, hint=HINTS.get(status, "")) if sure else StepFailed(message, code="refused")


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait, from seconds or a date (RFC 9110, 10.2.3); None where it does not say."""
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _excerpt(answer: HttpResponse, secrets: Iterable[str]) -> str:
    text = " ".join((text_of(answer) or "").split())
    for secret in secrets:
        for part in {secret, *secret.split()}:  # the token alone, without its scheme
            text = text.replace(part, "•••") if len(part) >= 6 else text
    return text[:SHOWN]


def media_type(headers: Mapping[str, str]) -> str:
    """The type of the content, in small letters, without parameters."""
    return headers.get("content-type", "").split(";", 1)[0].strip().lower()


def text_of(answer: HttpResponse) -> str | None:
    """The content as text; None where it is none."""
    kind = media_type(answer.headers)
    binary = kind.startswith(("image/", "audio/", "video/", "font/")) or kind in ("application/pdf", "application/zip")
    if binary or b"\x00" in answer.content[:1000]:
        return None
    said = Message()
    said["content-type"] = answer.headers.get("content-type", "")
    declared = _DECLARED.search(answer.content[:2000])
    charset = said.get_content_charset() or (declared and (declared[1] or declared[2]).decode()) or ""
    try:
        return answer.content.decode(charset or "utf-8-sig", "replace" if charset else "strict")
    except UnicodeDecodeError:
        return answer.content.decode("latin-1") if kind.startswith("text/") else None
    except LookupError:
        return answer.content.decode("utf-8", "replace")
