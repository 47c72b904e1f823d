"""A value that fits a JSON Schema, found in a text; where nothing is found, the emptiest value the schema admits."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from troupe.catalog.llm._rules import find
from troupe.catalog.llm._rules.classify import Choice, classify
from troupe.catalog.llm._rules.judge import holds
from troupe.catalog.llm._rules.sentences import answer, keywords, summarize
from troupe.catalog.llm._rules.words import sentences, spelled, stem, stems, words

Schema = dict[str, Any]
NOTE = "rules, no AI"
_MISSING = object()
_CODED = ("id", "number", "reference", "code", "no")


@dataclass
class Task:
    """What is asked (`say`) about which text (`text`); `told` describes labels; `condition` is to be judged."""

    say: str
    text: str
    told: dict[str, str] = field(default_factory=dict[str, str])
    condition: str = ""
    root: Schema = field(default_factory=dict[str, Any])
    choice: Choice | None = None
    because: str = ""


def fill(task: Task, schema: Schema) -> Any:
    """The value of the whole answer."""
    task.root = schema
    value = _value(task, schema, "", task.text)
    return _empty(task, schema) if value is _MISSING else value


def _value(task: Task, schema: Schema, name: str, text: str, depth: int = 0) -> Any:
    schema = _plain(task, schema)
    if depth > 8:
        return _MISSING
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _choose(task, cast(list[Any], schema["enum"]), name, text)
    kind = _kind(schema)
    if kind == "object":
        return _object(task, schema, text, depth)
    if kind == "array":
        return _array(task, schema, name, text, depth)
    about = f"{spelled(name)} {schema.get('description', '')}"
    if kind == "boolean":
        yes, task.because = holds(task.condition or about, text)
        return yes
    if kind in ("number", "integer"):
        return _number(task, schema, name, about, text, whole=kind == "integer")
    return _string(task, schema, name, about, text)


def _object(task: Task, schema: Schema, text: str, depth: int) -> dict[str, Any]:
    properties = cast(dict[str, Schema], schema.get("properties", {}))
    required = set(cast(list[str], schema.get("required", [])))
    order = sorted(
        properties, key=lambda n: not (_plain(task, properties[n]).get("enum") or _kind(properties[n]) == "boolean")
    )
    made: dict[str, Any] = {}
    for name in order:
        value = _value(task, properties[name], name, text, depth + 1)
        if value is not _MISSING:
            made[name] = value
        elif name in required:
            made[name] = _empty(task, properties[name])
    return {name: made[name] for name in properties if name in made}


def _array(task: Task, schema: Schema, name: str, text: str, depth: int) -> list[Any]:
    items = _plain(task, cast(Schema, schema.get("items") or {}))
    most = int(schema.get("maxItems", 20))
    about = spelled(name)
    if items.get("enum"):
        labels = [str(x) for x in cast(list[Any], items["enum"])]
        return [x for x in labels if classify(text, {x: task.told.get(x, ""), "other": ""}).label == x][:most]
    if _kind(items) == "object":
        lines = [s for s in re.split(r"\n+", text) if re.match(r"\s*(?:[-*•]|\d+[.)x ])", s)] or sentences(text)
        lines = [s for s in lines if re.search(r"\d", s)] or lines
        return [_value(task, items, name, line, depth + 1) for line in lines[:most]]
    typed = _finder(items, about)
    if typed is not None:
        return list(dict.fromkeys(f.value for f in typed(text)))[:most]
    if _kind(items) in ("number", "integer"):
        return [_as_number(f.value, _kind(items) == "integer") for f in find.numbers(text)][:most]
    if set(words(about)) & {"keywords", "tags", "topics", "keyword"}:
        return keywords(text, min(most, 5))
    bullets = [s.lstrip(" -*•\t") for s in text.splitlines() if re.match(r"\s*[-*•]\s", s)]
    return (bullets or [summarize(text, 3)] if text.strip() else [])[:most]


def _string(task: Task, schema: Schema, name: str, about: str, text: str) -> Any:
    if pattern := schema.get("pattern"):
        return _by_pattern(str(pattern), text)
    roots = {stem(w) for w in words(spelled(name))}
    if roots & {stem(w) for w in ("reason", "why", "explanation", "rationale", "because", "justification")}:
        why = ", ".join(task.choice.why) if task.choice else task.because
        return f"{NOTE}: {why or 'nothing in the text speaks for anything else'}"[: schema.get("maxLength", 500)]
    value: Any = find.stated(text, spelled(name)) or _MISSING
    finder = _finder(schema, about if not roots else spelled(name)) or _finder(schema, about)
    if finder is not None:
        near = find.nearest(finder(text), text, about)
        within = finder(value) if value is not _MISSING else []
        value = within[0].value if within else near.value if near else _MISSING
    elif value is _MISSING and roots & {"currenc"}:
        value = find.currency(text) or _MISSING
    elif value is _MISSING:
        value = _prose(task, roots, about, text)
    return value[: schema["maxLength"]] if isinstance(value, str) and "maxLength" in schema else value


def _prose(task: Task, roots: set[str], about: str, text: str) -> Any:
    if roots & {
        stem(w)
        for w in ("summary", "abstract", "overview", "gist", "description", "text", "answer", "content", "message")
    }:
        return (answer(task.say, text) if "answ" in roots and task.say else "") or summarize(text, 2)
    if roots & {stem(w) for w in ("title", "subject", "topic", "headline")}:
        return find.stated(text, "subject") or summarize(text, 1)[:100]
    return answer(about, text, 1) or _MISSING


def _number(task: Task, schema: Schema, name: str, about: str, text: str, *, whole: bool) -> Any:
    roots = {stem(w) for w in words(spelled(name))}
    if roots & {stem(w) for w in ("confidence", "certainty", "probability", "score")} and task.choice is not None:
        value = round(task.choice.sure * schema.get("maximum", 1.0), None if whole else 2)
        return max(value, schema.get("minimum", value))
    said = find.stated(text, spelled(name))
    pool = find.numbers(said) if said else []
    money = roots & {
        stem(w) for w in ("amount", "price", "total", "cost", "sum", "fee", "budget", "paid", "charge", "value")
    }
    pool = pool or (find.amounts(said or "") or find.amounts(text) if money else []) or find.numbers(text)
    near = find.nearest(pool, said if said and len(pool) == 1 else text, about)
    if near is None:
        return _MISSING
    value = _as_number(near.value, whole)
    return min(max(value, schema.get("minimum", value)), schema.get("maximum", value))


def _choose(task: Task, options: list[Any], name: str, text: str) -> Any:
    texts = [str(o) for o in options if o is not None]
    if not texts:
        return None
    said = (find.stated(text, spelled(name)) or "").lower()
    if said in {t.lower() for t in texts} and name not in ("label", "branch", "category"):
        return next(o for o in options if str(o).lower() == said)
    choice = classify(text, {t: task.told.get(t, "") for t in texts})
    task.choice = task.choice or choice
    return next(o for o in options if str(o) == choice.label)


def _by_pattern(pattern: str, text: str) -> Any:
    import regex

    try:
        bare = pattern.removeprefix("^").removesuffix("$")
        found = regex.search(bare, text[:20_000], timeout=0.05)
    except (regex.error, TimeoutError):
        return _MISSING
    return found[0] if found else _MISSING


def _finder(schema: Schema, about: str) -> Callable[[str], list[find.Found]] | None:
    roots = {stem(w) for w in words(about)}
    shape = schema.get("format")

    def asks(*names: str) -> bool:
        return bool(roots & {stem(n) for n in names})

    if shape in ("date", "date-time") or asks("date", "deadline", "due", "day", "born", "birthday"):
        return find.dates
    if shape in ("email", "idn-email") or asks("email", "mail"):
        return lambda text: find.matches(find.EMAIL, text)
    if shape in ("uri", "url") or asks("url", "link", "website", "homepage"):
        return lambda text: find.matches(find.URL, text)
    if asks("phone", "telephone", "mobile"):
        return lambda text: find.matches(find.PHONE, text)
    if asks("company", "organization", "organisation", "employer", "vendor", "supplier"):
        return find.companies
    if asks("name", "customer", "sender", "author", "person", "contact", "people"):
        return find.people
    if asks("city", "town", "place", "location", "country", "destination", "origin", "venue"):
        return find.places
    if asks(*_CODED, "order", "invoice", "ticket"):
        particular = roots - {stem(n) for n in _CODED}
        return lambda text: [] if particular and not particular & set(stems(text)) else find.matches(find.CODE, text)
    if asks("amount", "price", "cost", "total"):
        return lambda text: find.matches(find.AMOUNT, text)
    return None


def _plain(task: Task, schema: Schema) -> Schema:
    """The schema behind local references, and the first alternative that is not null."""
    for _ in range(10):
        if isinstance(schema.get("$ref"), str):
            target: Any = task.root
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                target = target.get(part, {}) if isinstance(target, dict) else {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            schema = {**cast(Schema, target), **{k: v for k, v in schema.items() if k != "$ref"}}
            continue
        options = cast(list[Schema], schema.get("anyOf") or schema.get("oneOf") or [])
        real = [o for o in options if o.get("type") != "null"]
        if not real:
            return schema
        schema = {**{k: v for k, v in schema.items() if k not in ("anyOf", "oneOf")}, **real[0]}
    return schema


def _kind(schema: Schema) -> str:
    said = schema.get("type")
    if isinstance(said, list):
        return next((str(t) for t in cast(list[Any], said) if t != "null"), "null")
    return str(said or ("object" if "properties" in schema else "array" if "items" in schema else "string"))


def _empty(task: Task, schema: Schema) -> Any:
    """Nothing found: null where that is allowed, else the emptiest value of the type."""
    options = cast(list[Schema], schema.get("anyOf") or schema.get("oneOf") or [])
    said = schema.get("type")
    nullable = any(o.get("type") == "null" for o in options) or (isinstance(said, list) and "null" in said)
    if nullable:
        return None
    schema = _plain(task, schema)
    empties: dict[str, Any] = {
        "number": schema.get("minimum", 0),
        "integer": schema.get("minimum", 0),
        "boolean": False,
    }
    empties |= {"array": [], "object": {}, "string": "-" * int(schema.get("minLength", 0)), "null": None}
    return empties.get(_kind(schema), "")


def _as_number(text: str, whole: bool) -> float | int:
    value = float(text)
    return round(value) if whole else int(value) if value.is_integer() else value
