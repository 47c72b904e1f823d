"""http.request: one request to any address."""

from base64 import b64encode
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from pydantic import Field

from troupe.base.errors import BadInput, Rejected
from troupe.base.http import HttpResponse
from troupe.base.http.answers import media_type, refuse, text_of
from troupe.base.values import dump, read_json
from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.blocks.http._far import URL
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, idempotent, once, read
from troupe.ports.run import Effect

Scalar = str | int | float | bool
EFFECTS = {"PUT": idempotent, "DELETE": idempotent, "POST": once, "PATCH": once}


def _answered(url: str, data: Json, length: int) -> dict[str, Any]:
    headers = {"content-type": "application/json", "content-length": str(length)}
    return {"status": 200, "url": url, "headers": headers, "json": data, "text": "", "base64": ""}


class Request(Block):
    """Send an HTTP request and give the answer.

    GET and HEAD read. PUT and DELETE may be repeated and carry an `Idempotency-Key`. POST and PATCH are done once: an
    unclear end is for a person to settle, unless the node says `effect: idempotent` because the far side honours the
    key, which is sent here too. A status of 400 and more is a failure, but for those in `accept`.
    """

    title = "HTTP request"
    timeout = 310.0

    class Input(Fields):
        """The request. At most one of `json`, `form` and `text` is its body."""

        method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field("GET", description="The method.")
        url: str = Field(description=URL, min_length=1, max_length=8000)
        headers: dict[str, str] = Field(default={}, description="Headers to send.", max_length=100)
        params: dict[str, Scalar] = Field(default={}, description="Added to the address after ?.", max_length=200)
        body: Json = Field(default=None, alias="json", description="A body to send as JSON.")
        form: dict[str, Scalar] = Field(default={}, description="A body to send as a form.", max_length=1000)
        text: str = Field("", description="A body to send as it is.", max_length=MAX_TEXT)
        accept: list[int] = Field(default=[], description="Statuses of 400 and more that are results.", max_length=50)
        redirects: int = Field(5, description="How many redirects to follow.", ge=0, le=10)
        timeout: float = Field(30.0, description="Seconds for the whole answer.", gt=0, le=300)
        max_bytes: int = Field(2_000_000, description="The largest answer, in bytes.", ge=1, le=10_000_000)

    class Output(Fields):
        """The answer: `json` where it is JSON, `text` where it is text, else `base64`. Header names are lower case."""

        status: int
        url: str
        headers: dict[str, str]
        body: Json = Field(alias="json")
        text: str
        base64: str

    examples = (
        Example(
            title="Read JSON",
            given={"url": "{{server}}/orders/7", "params": {"full": True}},
            gives=_answered("{{server}}/orders/7?full=true", {"id": 7}, 9),
            serves={"/orders/7": {"id": 7}},
        ),
        Example(
            title="Send JSON",
            given={"method": "POST", "url": "{{server}}/orders", "json": {"item": "tea"}},
            gives=_answered("{{server}}/orders", {"id": 8}, 9),
            serves={"/orders": {"id": 8}},
            simulated=True,
        ),
    )
    refuses = (
        Refusal(given={"url": "ftp://example.com"}, code="bad_url"),
        Refusal(given={"url": "http://127.0.0.1:9/"}, code="egress_refused"),
        Refusal(given={"url": "https://example.com", "method": "POST", "json": 1, "text": "x"}, code="bad_input"),
        Refusal(given={"url": "https://example.com", "headers": {"Host": "x"}}, code="bad_header"),
    )

    def effect_of(self, given: Input) -> Effect:
        return EFFECTS.get(given.method, read)

    async def run(self, given: Input, ctx: Context) -> Output:
        headers = {name.lower(): value for name, value in given.headers.items()}
        content, kind = _body(given)
        if kind:
            headers.setdefault("content-type", kind)
        if self.effect_of(given) is not read and ctx.effect_key:
            headers.setdefault("idempotency-key", ctx.effect_key)
        answer = await ctx.http.request(
            given.method, given.url, headers=headers, params={n: _word(v) for n, v in given.params.items()},
            content=content, timeout=given.timeout, max_bytes=given.max_bytes, redirects=given.redirects,
        )  # fmt: skip
        if answer.status not in given.accept:
            sure = self.effect_of(given) is read or not _moved(given.url, answer.url)
            secrets = [*given.headers.values(), *map(_word, given.params.values())]
            refuse(answer, ctx.now(), secrets=secrets, sure=sure)
        return self.Output.model_construct(status=answer.status, url=answer.url, **_read(answer))  # all of known types


def _body(given: Request.Input) -> tuple[bytes | None, str]:
    """The body and its type. Raises Rejected where there are several."""
    said = {"json": given.body is not None, "form": bool(given.form), "text": bool(given.text)}
    if sum(said.values()) > 1:
        raise Rejected(f"Give one body, not {' and '.join(n for n, is_ in said.items() if is_)}.", code="bad_input")
    if said["json"]:
        return dump(given.body), "application/json"
    if said["form"]:
        return urlencode({n: _word(v) for n, v in given.form.items()}).encode(), "application/x-www-form-urlencoded"
    return (given.text.encode(), "text/plain; charset=utf-8") if given.text else (None, "")


def _word(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moved(asked: str, answered: str) -> bool:
    """Whether a redirect was followed: what the first server did before it sent us on is not known."""
    a, b = urlsplit(asked), urlsplit(answered)
    return (a.hostname, a.path or "/") != (b.hostname, b.path or "/")


def _read(answer: HttpResponse) -> dict[str, Any]:
    found: dict[str, Any] = {"headers": dict(answer.headers), "body": None, "text": "", "base64": ""}
    text = text_of(answer)
    if text is None:
        return found | {"base64": b64encode(answer.content).decode()}
    if media_type(answer.headers).endswith(("/json", "+json")):
        try:
            return found | {"body": read_json(answer.content)}
        except BadInput:
            pass  # it says JSON and is none: the text shows what it is
    return found | {"text": text}
