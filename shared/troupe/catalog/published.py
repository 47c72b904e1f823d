"""What is published of the blocks, and the guard over it: a workflow written today must mean the same tomorrow.

`catalogue.json` is made from the block files by `scripts/new catalogue`. A published id never vanishes; its input gains
optional fields and accepts more, its output gains fields and promises no less; anything else is a new id.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

from troupe.base.errors import Problem
from troupe.catalog.registry import block_ids, connector_ids, describe, describe_connector

Entry: TypeAlias = Mapping[str, Any]
Schema: TypeAlias = Mapping[str, Any]

WORDS = {"title", "description", "examples"}  # say something to people only
CEILINGS, FLOORS = {"maxLength", "maximum", "maxItems", "exclusiveMaximum"}, {"minLength", "minimum", "minItems"}
FIXED = ("kind", "effect")


def published_now() -> dict[str, dict[str, Any]]:
    """The catalogue as the block files have it, by id in order."""
    return {id: describe(id) for id in sorted(block_ids())}


def connectors_now() -> dict[str, dict[str, Any]]:
    """The connectors as their files have them, by id in order."""
    return {id: describe_connector(id) for id in sorted(connector_ids())}


def render(blocks: Mapping[str, Entry], connectors: Mapping[str, Entry]) -> str:
    """The text of catalogue.json: one entry a line, so that a change shows as the line it is."""
    return f'{{"blocks": [\n{_lines(blocks)}\n], "connectors": [\n{_lines(connectors)}\n]}}\n'


def _lines(entries: Mapping[str, Entry]) -> str:
    return ",\n".join(json.dumps(entry, sort_keys=True, ensure_ascii=False) for _, entry in sorted(entries.items()))


def vanished(old: Iterable[str], new: Iterable[str]) -> list[Problem]:
    """Connectors that connections may be of and whose file is gone."""
    return [
        Problem(f"connectors/{id}", "published", "This connector is published; bring its file back.")
        for id in sorted(set(old) - set(new))
    ]


def breaking(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[Problem]:
    """Every change that a workflow already written could notice."""
    found = [_problem(id, "This block is published; bring its file back.") for id in sorted(old.keys() - new.keys())]
    for id in sorted(old.keys() & new.keys()):
        found += _in_block(id, old[id], new[id])
    return found


def _in_block(id: str, old: Entry, new: Entry) -> Iterable[Problem]:
    for what in FIXED:
        if old[what] != new[what]:
            yield _problem(f"{id}/{what}", f"It was {old[what]!r} and would be {new[what]!r}.")
    takes, took = _resolved(new["input_schema"]), _resolved(old["input_schema"])
    gives, gave = _resolved(new["output_schema"]), _resolved(old["output_schema"])
    for name in sorted(set(takes.get("required", [])) - set(took.get("required", []))):
        yield _problem(f"{id}/input/{name}", "A field that must be given is new; give it a default.")
    for name in sorted(set(gave.get("required", [])) - set(gives.get("required", []))):
        yield _problem(f"{id}/output/{name}", "This was always given and would no longer be.")
    yield from _fields(f"{id}/input", took, takes)
    yield from _fields(f"{id}/output", gave, gives)


def _fields(path: str, old: Schema, new: Schema) -> Iterable[Problem]:
    """Fields that went or changed: an input takes all that it took, an output gives no other kind than it gave."""
    before, after = old.get("properties", {}), new.get("properties", {})
    for name, schema in before.items():
        if name not in after:
            yield _problem(f"{path}/{name}", "This field is gone.")
        elif path.endswith("/input") and not _accepts(after[name], schema):
            yield _problem(f"{path}/{name}", "It takes less than it did, or something else.")
        elif path.endswith("/output") and not _accepts(schema, after[name]):
            yield _problem(f"{path}/{name}", "It gives something that it did not give before.")


def _accepts(wide: Any, narrow: Any) -> bool:
    """Whether the schema `wide` surely takes whatever `narrow` takes; a change it cannot judge counts as no."""
    if not isinstance(wide, dict) or not isinstance(narrow, dict):
        return wide == narrow
    broad, tight = dict(cast(Schema, wide)), dict(cast(Schema, narrow))
    default = broad.pop("default", broad)
    if tight.pop("default", default) != default:
        return False  # left out, it would mean something else
    if "anyOf" in tight:
        return all(_accepts(broad, one) for one in tight["anyOf"])
    if "anyOf" in broad:
        return any(_accepts(one, tight) for one in broad["anyOf"])
    return all(_keeps(key, broad.get(key), tight.get(key)) for key in (broad.keys() | tight.keys()) - WORDS)


def _keeps(key: str, wide: Any, narrow: Any) -> bool:
    if wide == narrow or (key == "additionalProperties" and wide in (True, {})):
        return True
    if key in CEILINGS | FLOORS:
        return wide is None or (narrow is not None and (wide >= narrow if key in CEILINGS else wide <= narrow))
    if key == "enum":
        return wide is not None and narrow is not None and set(map(str, narrow)) <= set(map(str, wide))
    if key == "items":
        return _accepts(wide, narrow)
    if key == "properties":
        return (
            wide is not None
            and narrow is not None
            and narrow.keys() <= wide.keys()
            and all(_accepts(wide[name], narrow[name]) for name in narrow)
        )
    if key == "required":
        return set(wide or []) <= set(narrow or [])
    return False


def _resolved(
    schema: Schema, definitions: Schema | None = None, inside: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The schema with each `$ref` written out, but for one inside itself, so that names of classes do not matter."""
    known = definitions if definitions is not None else schema.get("$defs", {})
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        rest = {k: v for k, v in schema.items() if k != "$ref"}
        return (
            {"recursive": len(inside)} if name in inside else _resolved({**known[name], **rest}, known, inside | {name})
        )
    return {key: _inner(value, known, inside) for key, value in schema.items() if key != "$defs"}


def _inner(value: Any, known: Schema, inside: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return _resolved(cast(Schema, value), known, inside)
    return [_inner(one, known, inside) for one in cast(list[Any], value)] if isinstance(value, list) else value


def _problem(path: str, message: str) -> Problem:
    return Problem(path, "published", message, hint="Published blocks only grow; make a block with a new id instead.")
