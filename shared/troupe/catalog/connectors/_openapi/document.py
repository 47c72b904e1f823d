"""A document (OpenAPI 3.0 and 3.1) as actions: one for each operation, in the order in which it has them."""

import json
import re
from typing import Any, TypedDict, cast
from urllib.parse import urljoin

from troupe.base.errors import Rejected
from troupe.catalog.connectors._openapi.schemas import Schemas
from troupe.catalog.contract import Action
from troupe.ports.run import Effect

METHODS = {
    "get": Effect.READ, "head": Effect.READ, "options": Effect.READ, "put": Effect.IDEMPOTENT,
    "delete": Effect.IDEMPOTENT, "post": Effect.ONCE, "patch": Effect.ONCE,
}  # fmt: skip
VERBS = {"put": "update set", "delete": "delete remove", "post": "create", "patch": "update"}
MOST = 5_000
DESCRIBED = 1_000
OURS = {"accept", "content-type", "authorization", "host", "content-length", "idempotency-key"}
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


class Place(TypedDict):
    """Where an argument goes. `name` is what the far side calls it, `key` what our schema does."""

    key: str
    name: str
    at: str
    style: str
    explode: bool
    json: bool


class Body(TypedDict):
    """What the body is made of: the argument `key`, or the arguments `fields` as one object."""

    type: str
    key: str
    fields: list[str]


class Locator(TypedDict):
    """All that a call needs of an operation."""

    method: str
    server: str
    path: str
    places: list[Place]
    body: Body | None


def parse(text: str) -> dict[str, Any]:
    """The document of a text, JSON or YAML. Raises Rejected where it is no OpenAPI 3."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        found = _yaml(text)
    if not isinstance(found, dict) or not str(cast("dict[str, Any]", found).get("openapi", "")).startswith("3."):
        hint = "OpenAPI 3.0 and 3.1 are read; Swagger 2 is not."
        raise Rejected("This is no OpenAPI document.", code="bad_document", hint=hint)
    return cast("dict[str, Any]", found)


def _yaml(text: str) -> Any:
    import yaml

    loader: Any = type("Plain", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    loader.yaml_implicit_resolvers = {  # a date stays the text that it is
        first: [(tag, how) for tag, how in known if not tag.endswith(":timestamp")]
        for first, known in cast("dict[str, list[Any]]", loader.yaml_implicit_resolvers).items()
    }
    scan: Any = vars(yaml)["scan"]
    try:
        if any(isinstance(token, yaml.AliasToken) for token in scan(text, loader)):  # a few grow beyond any memory
            raise Rejected("A document with YAML aliases is not read; write them out.", code="bad_document")
        return yaml.load(text, loader)  # noqa: S506  a safe loader
    except (yaml.YAMLError, RecursionError, ValueError) as wrong:
        raise Rejected(f"This is neither JSON nor YAML: {str(wrong)[:200]}", code="bad_document") from None


def actions(document: dict[str, Any], base: str, url: str, variables: dict[str, str]) -> list[Action]:
    """Every operation. `base` is where to send requests, or empty for the document's own servers; `url` its own."""
    schemas, found = Schemas(document), list[Action]()
    paths: Any = document.get("paths")
    for path, item in cast("dict[Any, Any]", paths if isinstance(paths, dict) else {}).items():
        entry = schemas.resolve(item)
        for method, effect in METHODS.items():
            operation = schemas.resolve(entry.get(method))
            if not operation or not str(path).startswith("/") or len(found) >= MOST:
                continue
            server = base or _server([operation, entry, document], url, variables)
            found.append(_action(schemas, str(path), entry, method, operation, server, effect))
    return found


def _action(
    schemas: Schemas, path: str, entry: dict[str, Any], method: str, operation: dict[str, Any], server: str,
    effect: Effect,
) -> Action:  # fmt: skip
    fields: dict[str, Any] = {}
    needed: list[str] = []
    places = _places(schemas, [entry, operation], fields, needed)
    body = _body(schemas, operation, fields, needed)
    known = operation.get("operationId")
    name = _UNSAFE.sub("_", known if isinstance(known, str) and known else f"{method}_{path}").strip("_")[:64]
    said = _text(operation.get("description")) or _text(operation.get("summary"))
    deprecated = "Deprecated. " if operation.get("deprecated") is True else ""
    tags: Any = operation.get("tags")
    locator: Locator = {"method": method.upper(), "server": server, "path": path, "places": places, "body": body}
    return Action(
        name=name or "operation", title=_text(operation.get("summary"))[:200] or f"{method.upper()} {path}",
        description=f"{deprecated}{said or f'{method.upper()} {path}'}"[:DESCRIBED],
        input_schema={
            "type": "object", "properties": fields, "required": needed, "additionalProperties": False,
        },
        effect=effect, tags=[str(t)[:100] for t in cast("list[Any]", tags)] if isinstance(tags, list) else [],
        hints=f"{re.sub(r'[{}]', ' ', path)} {VERBS.get(method, '')}", locator=cast("dict[str, Any]", locator),
    )  # fmt: skip


def _places(schemas: Schemas, owners: list[dict[str, Any]], fields: dict[str, Any], needed: list[str]) -> list[Place]:
    """The parameters of a path and its operation; the operation's win."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for owner in owners:
        listed: Any = owner.get("parameters")
        for one in cast("list[Any]", listed) if isinstance(listed, list) else []:
            parameter = schemas.resolve(one)
            name, at = str(parameter.get("name", "")), str(parameter.get("in", ""))
            if name and at in ("path", "query", "header", "cookie") and not (at == "header" and name.lower() in OURS):
                found[at, name] = parameter
    places: list[Place] = []
    for (at, name), parameter in found.items():
        key = name if name not in fields else f"{name}_{at}"
        content: Any = parameter.get("content")
        inner: Any = next(iter(content.values()), {}) if isinstance(content, dict) else parameter  # pyright: ignore
        schema = schemas.write(schemas.resolve(inner).get("schema"))
        if told := _text(parameter.get("description")):
            schema["description"] = told[:300]
        fields[key] = schema
        if parameter.get("required") is True or at == "path":
            needed.append(key)
        style = str(parameter.get("style") or ("form" if at in ("query", "cookie") else "simple"))
        explode = parameter.get("explode")
        spread = explode if isinstance(explode, bool) else style == "form"
        places.append(
            {"key": key, "name": name, "at": at, "style": style, "explode": spread, "json": isinstance(content, dict)}
        )
    return places


def _body(schemas: Schemas, operation: dict[str, Any], fields: dict[str, Any], needed: list[str]) -> Body | None:
    """The body: its fields beside the parameters where it is a plain object, else one argument `body`."""
    asked = schemas.resolve(operation.get("requestBody"))
    content: Any = asked.get("content")
    if not isinstance(content, dict) or not content:
        return None
    kinds = {str(k).split(";")[0].strip().lower(): v for k, v in cast("dict[Any, Any]", content).items()}
    kind = next((k for k in kinds if k == "application/json" or k.endswith("+json")), next(iter(kinds)))
    schema = schemas.write(schemas.resolve(kinds[kind]).get("schema"))
    inner: dict[str, Any] = schema.get("properties", {})
    spread = (
        bool(inner)
        and not any(k in schema for k in ("oneOf", "anyOf", "allOf"))
        and not (schema.get("additionalProperties") or inner.keys() & fields.keys())
    )
    if spread and not kind.startswith(("text/", "application/octet-stream")):
        fields.update(inner)
        if asked.get("required") is True:
            needed.extend(schema.get("required", []))
        return {"type": kind, "key": "", "fields": list(inner)}
    key = "body" if "body" not in fields else "body_"
    fields[key] = schema
    if asked.get("required") is True:
        needed.append(key)
    return {"type": kind, "key": key, "fields": []}


def _server(owners: list[dict[str, Any]], url: str, variables: dict[str, str]) -> str:
    """The first server of the nearest owner, its variables filled in, relative to the document's own address."""
    for owner in owners:
        servers: Any = owner.get("servers")
        first: Any = cast("list[Any]", servers)[0] if isinstance(servers, list) and servers else None
        if isinstance(first, dict) and isinstance(cast("dict[str, Any]", first).get("url"), str):
            server = cast("dict[str, Any]", first)
            known: Any = server.get("variables")
            defaults = {
                str(k): str(cast("dict[str, Any]", v).get("default", "")) if isinstance(v, dict) else ""
                for k, v in cast("dict[Any, Any]", known if isinstance(known, dict) else {}).items()
            }
            filled = {**defaults, **variables}
            named = str(server["url"])
            for name, value in filled.items():
                named = named.replace(f"{{{name}}}", value)
            return urljoin(url, named) if url else named
    return urljoin(url, "/") if url else ""


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
