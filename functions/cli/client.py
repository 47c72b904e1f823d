"""Troupe over HTTP, as the commands use it. Errors of the far side come back as the tree they left as."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import orjson

from troupe.base.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    TroupeError,
    Unauthorized,
    Unavailable,
)
from troupe.base.ids import new_id

KINDS: dict[int, type[TroupeError]] = {
    401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 413: TooLarge, 422: BadInput, 429: TooManyRequests,
    503: Unavailable,
}  # fmt: skip
SECONDS = 60.0  # for one answer
SSE = "text/event-stream"
Told = tuple[str, dict[str, Any]]


class Api:
    """One Troupe. `private`: it lives in this process and ends with the command."""

    def __init__(self, url: str, token: str, *, private: bool = False) -> None:
        self.url, self.private = url.rstrip("/"), private
        headers = {"authorization": f"Bearer {token}", "user-agent": "troupe-cli"}
        try:
            self.http = httpx2.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=SECONDS, trust_env=False)
        except (httpx2.InvalidURL, UnicodeEncodeError, ValueError):
            raise BadInput(f"{url!r} with this token cannot be used; see TROUPE_URL and TROUPE_TOKEN.") from None

    def close(self) -> None:
        """Give the connections back."""
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        """What stands at a path; parameters that are None are left out."""
        return self._ask("GET", path, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body: Any = None, *, once: bool = False) -> Any:
        """Send. `once`: the far side does it once however often the connection breaks."""
        headers = {"content-type": "application/json"} | ({"idempotency-key": new_id()} if once else {})
        return self._ask("POST", path, content=orjson.dumps(body), headers=headers, tries=4 if once else 1)

    def put(self, path: str, body: Any) -> Any:
        """Put."""
        return self._ask("PUT", path, content=orjson.dumps(body), headers={"content-type": "application/json"})

    def delete(self, path: str) -> Any:
        """Remove."""
        return self._ask("DELETE", path)

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file; as a value in an input."""
        file = self._ask("POST", "files", files={"file": (name, content)})
        return {"$file": file["id"], **{k: file[k] for k in ("name", "size", "sha256", "type")}}

    def events(self, run: str, after: int, seconds: float) -> Iterator[dict[str, Any] | None]:
        """Events of a run, live; None for each sign of life; ends with the stream or after `seconds` of silence."""
        headers = {"accept": SSE, "last-event-id": str(after)}
        for line in self._lines("GET", f"runs/{run}/events", headers, max(seconds, 0.05)):
            if line.startswith("data: "):
                yield orjson.loads(line[6:])
            elif line.startswith(":"):
                yield None

    def told(self, path: str, body: Any, key: str, last: str) -> Iterator[Told]:
        """AG-UI events with their ids: of a message that is sent, or, without a body, after the event `last`."""
        headers = {"accept": SSE}
        if body is None:
            sent, method = {}, "GET"
            headers |= {"last-event-id": last} if last else {}
        else:
            sent, method = {"content": orjson.dumps(body)}, "POST"
            headers |= {"content-type": "application/json", "idempotency-key": key}
        id = ""
        for line in self._lines(method, path, headers, SECONDS, **sent):
            if line.startswith("id: "):
                id = line[4:]
            elif line.startswith("data: "):
                yield id, orjson.loads(line[6:])
                id = ""

    def _lines(self, method: str, path: str, headers: dict[str, str], seconds: float, **more: Any) -> Iterator[str]:
        """The lines of a stream, until it ends or breaks, or is silent for so long."""
        limits = httpx2.Timeout(SECONDS, read=seconds)
        try:
            with self.http.stream(method, path, headers=headers, timeout=limits, **more) as answer:
                if answer.status_code != 200:
                    answer.read()
                    raise error_of(answer)
                yield from answer.iter_lines()
        except (httpx2.ReadTimeout, httpx2.RemoteProtocolError, httpx2.ReadError):
            return
        except httpx2.TransportError as wrong:
            raise self._unreachable(wrong) from None

    def _ask(self, method: str, path: str, *, tries: int = 1, **more: Any) -> Any:
        while True:
            tries -= 1
            try:
                answer = self.http.request(method, path, **more)
            except httpx2.TransportError as wrong:
                if tries <= 0:
                    raise self._unreachable(wrong) from None
            else:
                if answer.status_code != 503 or tries <= 0:
                    return _body(answer)
            time.sleep(0.5)

    def _unreachable(self, wrong: Exception) -> Unavailable:
        why = "does not answer in time" if isinstance(wrong, httpx2.TimeoutException) else "cannot be reached"
        return Unavailable(f"Troupe at {self.url} {why}.", code="unreachable", hint="Start it with `troupe up`.")


def _body(answer: httpx2.Response) -> Any:
    if answer.is_error or answer.is_redirect:
        raise error_of(answer)
    if not answer.content:
        return None
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise Unavailable(f"What answers at {answer.url.host} is no Troupe.", code="not_troupe") from None


def error_of(answer: httpx2.Response) -> TroupeError:
    """A problem document as the error it was."""
    try:
        said = orjson.loads(answer.content)
        message, code = str(said["detail"]), str(said["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return Unavailable(f"What answers at {answer.url.host} is no Troupe ({answer.status_code}).", code="not_troupe")
    hint = str(said.get("hint") or "")
    kind = KINDS.get(answer.status_code, TroupeError)
    if issubclass(kind, BadInput):
        known = ("path", "code", "message", "hint", "line", "column")
        problems = [Problem(**{k: p[k] for k in known if k in p}) for p in said.get("errors") or []]
        return kind(message, code=code, hint=hint, problems=problems)
    return kind(message, code=code, hint=hint)
