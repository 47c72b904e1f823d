"""Find what the catalog holds: by path, imported at first use."""

import importlib
import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from troupe.base.errors import NotFound
from troupe.catalog.contract import Block, Connector

ROOT = Path(__file__).parent
CATALOGUE = ROOT / "catalogue.json"
C = TypeVar("C", Block, Connector)


@cache
def block_ids() -> frozenset[str]:
    """Every block's id, from the file names alone."""
    files = (ROOT / "blocks").rglob("*.py")
    return frozenset(".".join(f.relative_to(ROOT / "blocks").with_suffix("").parts) for f in files if f.name[0] != "_")


@cache
def get_block(id: str) -> Block:
    """The one block that the file of this id defines. Raises NotFound."""
    if id not in block_ids():
        raise NotFound(f"There is no block {id!r}.", code="unknown_block")
    return _only(Block, f"troupe.catalog.blocks.{id}")()


@cache
def connector_ids() -> frozenset[str]:
    """Every connector's id, from the file names alone."""
    return frozenset(f.stem for f in (ROOT / "connectors").glob("*.py") if f.name[0] != "_")


@cache
def get_connector(id: str) -> Connector:
    """The one connector that the file of this id defines. Raises NotFound."""
    if id not in connector_ids():
        raise NotFound(f"There is no connector {id!r}.", code="unknown_connector")
    return _only(Connector, f"troupe.catalog.connectors.{id}")()


def _only(kind: type[C], name: str) -> type[C]:
    """The one class of this kind that a module defines."""
    module = importlib.import_module(name)
    made = [
        c
        for _, c in inspect.getmembers(module, inspect.isclass)
        if issubclass(c, kind) and c.__module__ == module.__name__
    ]
    if len(made) != 1:
        raise TypeError(f"{name}: such a file defines exactly one {kind.__name__}, this one defines {len(made)}.")
    return made[0]


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """What is published of every block, by id, without importing one: schemas, effect, examples."""
    return {entry["id"]: entry for entry in json.loads(CATALOGUE.read_text())["blocks"]}


@cache
def connectors() -> dict[str, dict[str, Any]]:
    """What is published of every connector, by id, without importing one: what a person fills in to connect."""
    return {entry["id"]: entry for entry in json.loads(CATALOGUE.read_text()).get("connectors", [])}


def describe(id: str) -> dict[str, Any]:
    """The catalogue's entry of one block, made from its class."""
    block = get_block(id)
    kind = type(block)
    doc = inspect.cleandoc(kind.__doc__ or "")
    return {
        "id": id,
        "title": block.title,
        "category": id.split(".", maxsplit=1)[0],
        "description": doc,
        "effect": str(block.effect) if kind.effect_of is Block.effect_of else "by_input",
        "kind": "program" if kind.program is not Block.program else "step",
        "paid": block.paid,
        "hidden": block.hidden,
        "timeout": block.timeout,
        "input_schema": block.Input.model_json_schema(mode="validation"),
        "output_schema": block.Output.model_json_schema(mode="serialization"),
        "examples": [e.model_dump(mode="json", exclude_defaults=True) for e in block.examples],
    }


def describe_connector(id: str) -> dict[str, Any]:
    """The catalogue's entry of one connector, made from its class."""
    connector = get_connector(id)
    secret = connector.Credential
    return {
        "id": id,
        "title": connector.title,
        "category": connector.category,
        "description": inspect.cleandoc(type(connector).__doc__ or ""),
        "config_schema": connector.Config.model_json_schema(),
        "credential_schema": secret.model_json_schema() if secret else None,
        "grants": type(connector).consent is not Connector.consent,
    }
