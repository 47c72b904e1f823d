"""Arguments as a request, by the rules of OpenAPI for styles and bodies; an answer as a value."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote, urlencode

from troupe.base.errors import BadInput, Rejected
from troupe.base.http import HttpResponse
from troupe.base.http.answers import media_type, text_of
from troupe.base.values import dump, read_json
from troupe.catalog.connectors._openapi.document import Body, Locator, Place
from troupe.catalog.contract import FileStore, Json

TEXT = 100_000  # characters of an answer that is a text
BETWEEN = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


@dataclass
class Request:
    """What is sent. `query` goes into the address, its names and values coded already."""

    url: str = ""
    query: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None

    @property
    def address(self) -> str:
        """The URL with its query."""
        sign = "&" if "?" in self.url else "?"
        return (
            f"{self.url}{sign}{'&'.join(f'{name}={value}' for name, value in self.query)}" if self.query else self.url
        )


async def build(locator: Locator, arguments: dict[str, Any], files: FileStore) -> Request:
    """The request of an operation. Raises Rejected where an argument cannot be sent."""
    path, made, cookies = locator["path"], Request(headers={"accept": "application/json, */*;q=0.5"}), list[str]()
    for place in locator["places"]:
        if place["key"] not in arguments:
            continue
        value = arguments[place["key"]]
        if place["at"] == "path":
            path = path.replace("{" + place["name"] + "}", _in_path(place, value))
        elif place["at"] == "query":
            made.query += _in_query(place, value)
        elif place["at"] == "header":
            made.headers[place["name"]] = _in_header(place, value)
        else:
            cookies.append(f"{place['name']}={_joined(value, ',')}")
    if cookies:
        made.headers["cookie"] = "; ".join(cookies)
    made.url = locator["server"].rstrip("/") + path
    body = locator["body"]
    if body is not None:
        fields = {name: arguments[name] for name in body["fields"] if name in arguments}
        value = arguments.get(body["key"]) if body["key"] else fields or None
        if value is not None:
            made.content, made.headers["content-type"] = await _content(body, value, files)
    return made


def _in_path(place: Place, value: Any) -> str:
    """A value within its own segment, whatever it holds: it leads to no other path and no other host."""
    style, named = place["style"], f";{place['name']}="
    between = {"label": ".", "matrix": named if isinstance(value, list) else ";"}.get(style, ",")
    text = _joined(value, between if place["explode"] else ",", paired=place["explode"])
    if text in ("", ".", ".."):
        raise Rejected(f"{place['name']} cannot be {text!r} in an address.", code="bad_input")
    spread = style == "matrix" and place["explode"] and isinstance(value, dict)
    return {"label": ".", "matrix": ";" if spread else named}.get(style, "") + text


def _in_header(place: Place, value: Any) -> str:
    """A value of one line. Raises Rejected for what would begin another."""
    text = _flat(value, ",", paired=place["explode"])
    if not text.isascii() or not text.isprintable():
        raise Rejected(f"{place['name']} is a header: it takes printable ASCII.", code="bad_input")
    return text


def _in_query(place: Place, value: Any) -> list[tuple[str, str]]:
    name = quote(place["name"], safe="")
    if place["json"]:
        return [(name, quote(dump(value), safe=""))]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if place["style"] == "deepObject":
            return [pair for key, one in fields.items() for pair in _deep(f"{place['name']}[{key}]", one)]
        if place["explode"]:
            return [(quote(key, safe=""), quote(_word(one), safe="")) for key, one in fields.items()]
    if isinstance(value, list) and place["explode"]:
        return [(name, quote(_word(one), safe="")) for one in cast("list[Any]", value)]
    return [(name, _joined(value, BETWEEN.get(place["style"], ",")))]


def _deep(name: str, value: Any) -> list[tuple[str, str]]:
    """`filter[a][b]=1`; OpenAPI leaves open what is deeper than one level, and this is what most servers read."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return [pair for key, one in fields.items() for pair in _deep(f"{name}[{key}]", one)]
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [(quote(name, safe=""), quote(_word(one), safe="")) for one in items]


def _joined(value: Any, between: str, *, paired: bool = False) -> str:
    """The parts of a value, each coded by itself, so that what stands between them is seen (RFC 6570, 3.2)."""
    return _flat(value, between, paired=paired, code=lambda text: quote(text, safe=""))


def _flat(value: Any, between: str, *, paired: bool = False, code: Callable[[str], str] = str) -> str:
    if isinstance(value, list):
        return between.join(code(_word(one)) for one in cast("list[Any]", value))
    if isinstance(value, dict):
        fields, sign = cast("dict[str, Any]", value), "=" if paired else between
        return between.join(f"{code(key)}{sign}{code(_word(one))}" for key, one in fields.items())
    return code(_word(value))


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return dump(value).decode()


async def _content(body: Body, value: Any, files: FileStore) -> tuple[bytes, str]:
    kind = body["type"]
    if kind == "application/json" or kind.endswith("+json"):
        return dump(value), kind
    if kind == "application/x-www-form-urlencoded" and isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        pairs = [
            (key, _word(one))
            for key, given in fields.items()
            for one in cast("list[Any]", given if isinstance(given, list) else [given])
        ]
        return urlencode(pairs).encode(), kind
    if kind == "multipart/form-data" and isinstance(value, dict):
        return await _multipart(cast("dict[str, Any]", value), files)
    if isinstance(value, dict) and "$file" in value:
        return (await files.read(cast(Json, value)))[1], kind
    return (value if isinstance(value, str) else dump(value).decode()).encode(), kind


async def _multipart(fields: dict[str, Any], files: FileStore) -> tuple[bytes, str]:
    """RFC 7578; a file is a value of the form {"$file": id}."""
    line = os.urandom(16).hex()
    parts = b""
    for key, given in fields.items():
        for one in cast("list[Any]", given if isinstance(given, list) else [given]):
            head = f'form-data; name="{_quoted(key)}"'
            if isinstance(one, dict) and "$file" in one:
                name, content = await files.read(cast(Json, one))
                head += f'; filename="{_quoted(name)}"\r\nContent-Type: application/octet-stream'
            else:
                content = _word(one).encode()
                head += "\r\nContent-Type: application/json" if isinstance(one, (dict, list)) else ""
            parts += f"--{line}\r\nContent-Disposition: {head}\r\n\r\n".encode() + content + b"\r\n"
    return parts + f"--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def value_of(answer: HttpResponse, name: str, files: FileStore) -> Json:
    """JSON as it is, a text cut to size, anything else as a file; what is empty as its status."""
    if not answer.content:
        return {"status": answer.status}
    text = text_of(answer)
    if text is None:
        return await files.write(name, answer.content, media_type(answer.headers))
    try:
        return cast(Json, read_json(answer.content))
    except BadInput:
        return text if len(text) <= TEXT else text[:TEXT] + "…"
