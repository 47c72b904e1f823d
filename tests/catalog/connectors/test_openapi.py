"""OpenAPI services over real HTTP: how arguments are written, who we say we are, and documents of every kind."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.connectors.harness import opened
from tests.servers.desk import Answer, Asked, Desk
from troupe.base.errors import Refused, Rejected, StepFailed
from troupe.catalog.connectors._openapi import document as documents
from troupe.catalog.connectors.openapi import OpenApi
from troupe.catalog.contract import Action

API = OpenApi()


def operation(parameters: list[Any] | None = None, body: Any = None, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"operationId": "go", "summary": "Go", **more}
    if parameters:
        said["parameters"] = parameters
    return said | ({"requestBody": {"required": True, "content": body}} if body else {})


def paths(path: str, method: str, said: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {method: said}}, **more}


async def sent(
    folder: Path, document: Any, arguments: dict[str, Any], *, credential: Any = None, desk: Desk | None = None,
    **config: Any,
) -> Asked:  # fmt: skip
    """What the service was sent by a call of the first operation, and by which address."""
    with desk or Desk() as far:
        far.routes["/api/x"] = lambda _: Answer({"ok": True})
        given = {"document": document, "base_url": f"{far.url}/api", **config}
        async with opened(folder, "openapi", given, credential) as link:
            action = (await API.actions(link))[0]
            await API.call(link, action, arguments)
        far.asked[-1].headers["target"] = far.targets[-1]
        return far.asked[-1]


LIST, OBJECT = [3, "a b", "x,y"], {"r": 1, "g": "a&b"}


@pytest.mark.parametrize(
    ("style", "explode", "value", "query"),
    [
        ("form", True, LIST, "c=3&c=a%20b&c=x%2Cy"),
        ("form", False, LIST, "c=3,a%20b,x%2Cy"),
        ("spaceDelimited", False, LIST, "c=3%20a%20b%20x%2Cy"),
        ("pipeDelimited", False, LIST, "c=3%7Ca%20b%7Cx%2Cy"),
        ("form", True, OBJECT, "r=1&g=a%26b"),
        ("form", False, OBJECT, "c=r,1,g,a%26b"),
        ("deepObject", True, OBJECT, "c%5Br%5D=1&c%5Bg%5D=a%26b"),
        ("deepObject", True, {"a": {"b": [1, 2]}}, "c%5Ba%5D%5Bb%5D=1&c%5Ba%5D%5Bb%5D=2"),
        ("form", True, "ü/?#&=+", "c=%C3%BC%2F%3F%23%26%3D%2B"),
        ("form", True, True, "c=true"),
        ("form", True, 2.0, "c=2"),
    ],
)
async def test_query_styles(tmp_path: Path, style: str, explode: bool, value: Any, query: str) -> None:
    one = {"name": "c", "in": "query", "style": style, "explode": explode, "schema": {}}
    asked = await sent(tmp_path, paths("/x", "get", operation([one])), {"c": value})
    assert asked.headers["target"] == f"/api/x?{query}"


@pytest.mark.parametrize(
    ("style", "explode", "value", "segment"),
    [
        ("simple", False, LIST, "3,a%20b,x%2Cy"),
        ("simple", False, OBJECT, "r,1,g,a%26b"),
        ("simple", True, OBJECT, "r=1,g=a%26b"),
        ("label", False, LIST, ".3,a%20b,x%2Cy"),
        ("label", True, LIST, ".3.a%20b.x%2Cy"),
        ("label", True, OBJECT, ".r=1.g=a%26b"),
        ("matrix", False, "v", ";c=v"),
        ("matrix", False, LIST, ";c=3,a%20b,x%2Cy"),
        ("matrix", True, LIST, ";c=3;c=a%20b;c=x%2Cy"),
        ("matrix", True, OBJECT, ";r=1;g=a%26b"),
        ("simple", False, "../../admin?x#y", "..%2F..%2Fadmin%3Fx%23y"),
    ],
)
async def test_path_styles(tmp_path: Path, style: str, explode: bool, value: Any, segment: str) -> None:
    one = {"name": "c", "in": "path", "required": True, "style": style, "explode": explode, "schema": {}}
    asked = await sent(tmp_path, paths("/x/{c}/end", "get", operation([one])), {"c": value})
    assert asked.headers["target"] == f"/api/x/{segment}/end"


async def test_headers_cookies_and_json_parameters(tmp_path: Path) -> None:
    given = [
        {"name": "X-List", "in": "header", "schema": {"type": "array"}},
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
        {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
    ]
    arguments = {"X-List": ["a", 2], "session": "a;b=c", "filter": {"a": [1]}}
    asked = await sent(tmp_path, paths("/x", "get", operation(given)), arguments)
    assert (asked.headers["x-list"], asked.headers["cookie"]) == ("a,2", "session=a%3Bb%3Dc")
    assert json.loads(asked.query["filter"][0]) == {"a": [1]}


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "é", "\x00"])
async def test_a_header_holds_one_line(tmp_path: Path, value: str) -> None:
    one = {"name": "X-A", "in": "header", "schema": {"type": "string"}}
    with pytest.raises(Rejected):
        await sent(tmp_path, paths("/x", "get", operation([one])), {"X-A": value})


async def test_a_form_is_written(tmp_path: Path) -> None:
    fields = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "array"}}}
    said = operation(body={"application/x-www-form-urlencoded": {"schema": fields}})
    asked = await sent(tmp_path, paths("/x", "post", said), {"a": "1 & 2", "b": ["x", "y"]})
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body == b"a=1+%26+2&b=x&b=y"


async def test_several_parts_are_written(tmp_path: Path) -> None:
    fields = {"type": "object", "properties": {"a": {"type": "string"}, "meta": {"type": "object"}, "f": {}}}
    said = operation(body={"multipart/form-data": {"schema": fields}})
    with Desk() as far:
        async with opened(tmp_path, "openapi", {"document": paths("/x", "post", said), "base_url": far.url}) as link:
            file = await link.files.write('my "file".txt', b"\x00content", "text/plain")
            far.routes["/x"] = lambda _: Answer({"ok": True})
            await API.call(link, (await API.actions(link))[0], {"a": 'x"y', "meta": {"k": 1}, "f": file})
        body = far.asked[-1].body
    assert b'name="a"\r\n\r\nx"y\r\n' in body
    assert b'name="meta"\r\nContent-Type: application/json\r\n\r\n{"k":1}\r\n' in body
    assert b'filename="my %22file%22.txt"' in body
    assert b"\x00content" in body


WAYS: list[tuple[dict[str, str], dict[str, str], str, str]] = [
    ({"auth": "bearer"}, {"token": "a-secret"}, "authorization", "Bearer a-secret"),
    ({"auth": "header", "auth_name": "X-Key"}, {"token": "a-secret"}, "x-key", "a-secret"),
    ({"auth": "basic"}, {"username": "ann", "password": "p:w"}, "authorization",
     "Basic " + base64.b64encode(b"ann:p:w").decode()),
    ({"auth": "query", "auth_name": "key"}, {"token": "a&secret"}, "target", "/api/x?key=a%26secret"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "credential", "where", "value"), WAYS)
async def test_ways_to_say_who_we_are(
    tmp_path: Path, config: dict[str, str], credential: dict[str, str], where: str, value: str
) -> None:
    asked = await sent(tmp_path, paths("/x", "get", operation()), {}, credential=credential, **config)
    assert asked.headers[where] == value


class Tokens:
    """A token endpoint and a service that takes the last token alone."""

    def __init__(self, **said: Any) -> None:
        self.given, self.said, self.forms = 0, said, list[bytes]()

    def token(self, asked: Asked) -> Answer:
        self.given += 1
        self.forms.append(asked.body)
        return Answer({"access_token": f"token-number-{self.given}", **self.said})

    def serve(self, asked: Asked) -> Answer:
        known = asked.headers.get("authorization") == f"Bearer token-number-{self.given}"
        return Answer({"ok": True}) if known else Answer({"error": "who"}, 401)


@pytest.mark.parametrize(("seconds", "tokens"), [(3600, 1), (20, 3), ("NaN", 3), (None, 1), (-5, 3)])
async def test_an_access_token_is_kept_as_long_as_it_holds(tmp_path: Path, seconds: Any, tokens: int) -> None:
    side = Tokens(expires_in=seconds)
    with Desk() as far:
        far.routes |= {"/token": side.token, "/api/x": side.serve}
        given = {"document": paths("/x", "get", operation()), "base_url": f"{far.url}/api", "auth": "oauth2",
                 "token_url": f"{far.url}/token", "scope": "read"}  # fmt: skip
        async with opened(tmp_path, "openapi", given, {"client_id": "me", "client_secret": "s/cret"}) as link:
            action = (await API.actions(link))[0]
            for _ in range(3):
                assert await API.call(link, action, {}) == {"ok": True}
    assert side.given == tokens
    assert side.forms[0] == b"grant_type=client_credentials&scope=read"


async def test_a_token_that_is_refused_is_fetched_anew_once(tmp_path: Path) -> None:
    side = Tokens(expires_in=3600)
    with Desk() as far:
        far.routes |= {"/token": side.token, "/api/x": side.serve}
        given = {"document": paths("/x", "get", operation()), "base_url": f"{far.url}/api", "auth": "oauth2",
                 "token_url": f"{far.url}/token"}  # fmt: skip
        async with opened(tmp_path, "openapi", given, {"client_id": "me", "client_secret": "secret"}) as link:
            action = (await API.actions(link))[0]
            await API.call(link, action, {})
            side.given = 5  # the service forgets what it gave before
            assert await API.call(link, action, {}) == {"ok": True}
            assert side.given == 6
            far.routes["/api/x"] = lambda _: Answer({}, 401)
            with pytest.raises(Refused):
                await API.call(link, action, {})
            assert side.given == 7, "once, and no more"


@pytest.mark.parametrize("said", [{"access_token": None}, {"access_token": "a\nb"}, {"access_token": ""}, [], "x"])
async def test_what_is_no_token_is_told(tmp_path: Path, said: Any) -> None:
    with Desk() as far:
        far.routes["/token"] = lambda _: Answer(said)
        given = {"document": paths("/x", "get", operation()), "base_url": far.url, "auth": "oauth2",
                 "token_url": f"{far.url}/token"}  # fmt: skip
        async with opened(tmp_path, "openapi", given, {"client_id": "me", "client_secret": "secret"}) as link:
            with pytest.raises(StepFailed) as failed:
                await API.call(link, (await API.actions(link))[0], {})
    assert failed.value.code == "no_token"


YAML = """\
openapi: 3.0.3
info: {title: Yaml, version: "1"}
servers:
  - url: https://{where}.example/{base}
    variables: {where: {default: eu}, base: {default: v1}}
paths:
  /days/{day}:
    get:
      operationId: day
      parameters:
        - {name: day, in: path, required: true, schema: {type: string, example: 2026-01-01}}
        - {name: level, in: query, schema: {type: integer, nullable: true, minimum: 0, exclusiveMinimum: true}}
"""


def read(text: str, base: str = "", url: str = "", **variables: str) -> list[Action]:
    return documents.actions(documents.parse(text), base, url, variables)


def test_yaml_is_read_and_a_server_has_variables() -> None:
    action = read(YAML, where="us")[0]
    assert (action.name, action.locator["server"]) == ("day", "https://us.example/v1")
    assert action.input_schema["required"] == ["day"]
    level = action.input_schema["properties"]["level"]
    assert (level["type"], level["exclusiveMinimum"]) == (["integer", "null"], 0)


@pytest.mark.parametrize(
    ("server", "where"),
    [("/v2", "https://a.example/v2"), ("v2", "https://a.example/docs/v2"), ("../v2", "https://a.example/v2"),
     ("https://b.example", "https://b.example")],
)  # fmt: skip
def test_servers_may_be_relative(server: str, where: str) -> None:
    made = paths("/x", "get", operation(), servers=[{"url": server}])
    assert read(json.dumps(made), url="https://a.example/docs/openapi.json")[0].locator["server"] == where


def test_schemas_of_3_1_circles_and_parts_of_a_whole() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "v": {"type": "string"}}}
    both = {"allOf": [{"$ref": "#/components/schemas/Node"}, {"properties": {"w": {"type": ["integer", "null"]}}}]}
    made = paths(
        "/x", "post", operation(body={"application/json": {"schema": both}}),
        components={"schemas": {"Node": node, "Self": {"$ref": "#/components/schemas/Self"}}},
    )  # fmt: skip
    body = read(json.dumps(made), "https://a.example")[0].input_schema["properties"]["body"]
    assert body["allOf"][0]["properties"]["v"] == {"type": "string"}
    assert body["allOf"][0]["properties"]["next"] == {}, "a circle is any value"
    assert body["allOf"][1]["properties"]["w"] == {"type": ["integer", "null"]}
    made["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {
        "$ref": "#/components/schemas/Self"
    }
    assert read(json.dumps(made), "https://a.example")[0].input_schema["properties"]["body"] == {}


@pytest.mark.parametrize("text", ["a: &x [1]\nb: *x", "openapi: 3.0.0\n\t- x", "swagger: '2.0'", "[]", "", "{" * 5000])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(text)
    assert caught.value.code == "bad_document"
