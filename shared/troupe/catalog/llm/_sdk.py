"""What the providers share: loading an SDK without holding up the loop, and its errors as those of the step tree."""

import asyncio
import importlib
import logging
import math
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

from troupe.base.errors import (
    ConnectionLost,
    RateLimited,
    Refused,
    ServerFailed,
    StepFailed,
    TimedOut,
    TroupeError,
)
from troupe.base.log import redact

LONGEST_WAIT = 3600.0
SHORTEST_KEY = 6
MOST_MODELS = 1000
_HINTS = {
    401: "Check the key of this provider.",
    403: "The key may not use this model.",
    404: "Check the model's name and the provider's base_url.",
}


_loaded: dict[str, Any] = {}


async def load(name: str) -> Any:
    """Import an SDK in a thread: the first import of one takes up to 1.6 s of CPU. Its debug log would hold secrets."""
    for logger in (name.partition(".")[0], "google_genai"):
        logging.getLogger(logger).setLevel(logging.INFO)
    if name not in _loaded:  # sys.modules holds a module from the beginning of its import
        _loaded[name] = await asyncio.to_thread(importlib.import_module, name)
    return _loaded[name]


def many(items: Any) -> list[Any]:
    """The items of a field that SDKs leave None when it is empty."""
    return list(items or [])


def whole(number: object) -> int:
    """A count of tokens that a server reported, made usable: no less than 0, no more than 10^9."""
    return max(0, min(int(number), 10**9)) if isinstance(number, (int, float)) and math.isfinite(number) else 0


@contextmanager
def spoken(where: str, key: str = "") -> Generator[None]:
    """Whatever an SDK raises, as an error of the step tree. SDKs raise anything on answers they cannot read.

    Servers repeat the key that they refuse: it is struck out.
    """
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except TroupeError as wrong:
        without(wrong, key)
        raise
    except Exception as error:
        raise without(read_error(error, where), key) from error


def without(wrong: TroupeError, key: str) -> TroupeError:
    """The error without this key in what it says; shorter ones would strike out words that mean nothing."""
    if len(key) >= SHORTEST_KEY:
        wrong.message = wrong.message.replace(key, "[redacted]")
        wrong.args = (wrong.message,)
    return wrong


def names(models: list[str]) -> list[str]:
    """Names of models as a server gave them, some of them at most."""
    return [name[:200] for name in models[:MOST_MODELS]]


def read_error(error: BaseException, where: str) -> TroupeError:
    """The error of the step tree that an SDK's error stands for."""
    if (ours := _ours(error)) is not None:
        return ours
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int) and status >= 300:
        return status_error(status, _headers(error), _words(error), where)
    if isinstance(error, TimeoutError):
        return TimedOut(f"{where} did not answer in time.")
    if isinstance(error, (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError)):
        return StepFailed(
            f"{where} sent something that is no model's answer: {_words(error)}",
            code="bad_answer",
            hint="Check the provider's base_url; a proxy or another service may answer there.",
        )
    return ServerFailed(f"{where} failed while answering: {_words(error)}")


def status_error(status: int, headers: Mapping[str, str], words: str, where: str) -> StepFailed:
    """The error that a status means. 429 and 529 vouch that nothing was done; a used-up quota does not heal."""
    said = f"{where} answered {status}: {words}"
    if status in (429, 529) and "insufficient_quota" not in words:
        return RateLimited(said, retry_after=retry_after(headers, words))
    if status == 408:
        return TimedOut(said)
    if status >= 500:
        return ServerFailed(said)
    return Refused(said, hint=_HINTS.get(status, ""))


def retry_after(headers: Mapping[str, str], words: str = "", now: datetime | None = None) -> float | None:
    """Seconds to wait, 0 to 3600: a number, a date (RFC 9110 section 10.2.3) or Google's retryDelay; None if unsaid."""
    if (text := headers.get("retry-after-ms", "").strip()) and (ms := _number(text)) is not None:
        return _bounded(ms / 1000)
    if text := headers.get("retry-after", "").strip():
        if (seconds := _number(text)) is not None:
            return _bounded(seconds)
        try:
            then = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError):
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return _bounded((then - (now or datetime.now(UTC))).total_seconds())
    if said := re.search(r"retryDelay\W{1,6}(\d+(?:\.\d+)?)s", words):
        return _bounded(float(said[1]))
    return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else LONGEST_WAIT


def _bounded(seconds: float) -> float:
    return max(0.0, min(seconds, LONGEST_WAIT))


def _ours(error: BaseException | None) -> TroupeError | None:
    for _ in range(10):
        if error is None or isinstance(error, TroupeError):
            return error
        if type(error).__name__ == "IncompleteRead":
            return ConnectionLost()
        error = error.__cause__ or error.__context__
    return None


def _headers(error: BaseException) -> Mapping[str, str]:
    return cast(Mapping[str, str], getattr(getattr(error, "response", None), "headers", None) or {})


def _words(error: BaseException) -> str:
    details = getattr(error, "details", None)  # Google keeps its retryDelay there
    text = str(getattr(error, "message", "") or error)
    if "retryDelay" in str(details):
        text = f"{text} {details}"
    return redact(" ".join(text.split()))[:300]
