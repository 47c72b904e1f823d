"""Prices and abilities of models, as data (models.json)."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DEMO = "demo/demo"
DEMO_LABEL = "demo/demo (rules, no AI)"  # what its replies call themselves
_DATED = re.compile(r"(-20\d\d-?\d\d-?\d\d|-latest|@\d+|-v\d+(:\d+)?)+$")


@dataclass(frozen=True)
class Facts:
    """What is known of one model. Prices in dollars per million tokens; `long_*` are factors above `long_above`."""

    price_in: float
    price_out: float
    context: int
    known: bool = True
    tools: bool = True
    images: bool = True
    json_schema: bool = True
    temperature: bool = True
    long_above: int | None = None
    long_in: float = 1.0
    long_out: float = 1.0

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Dollars for one call."""
        far = self.long_above is not None and input_tokens > self.long_above
        dear_in, dear_out = (self.long_in, self.long_out) if far else (1.0, 1.0)
        return (input_tokens * self.price_in * dear_in + output_tokens * self.price_out * dear_out) / 1e6


@cache
def _table() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("models.json").read_text())


def default_model(kind: str) -> str | None:
    """The model of a provider that is used when none is named."""
    return _table()["defaults"].get(kind)


def embedding_model(kind: str) -> str | None:
    """The model of a provider that embeds when none is named."""
    return _table()["embeddings"].get(kind)


def listed(kind: str) -> list[str]:
    """The models of a provider that are in the table."""
    return list(_table()["models"].get(kind, {}))


@cache
def find_facts(kind: str, model: str) -> Facts:
    """What is known of a model; dated names are found by their stem. An unknown one gets prices that are too high."""
    table = _table()
    own: dict[str, Any] = table["models"].get(kind, {})
    stem = _DATED.sub("", model.removeprefix("models/"))
    bare = re.split(r"/|(?:^|\.)anthropic\.", stem)[-1]  # OpenRouter: vendor/model; Bedrock: us.anthropic.model
    everywhere = {name: row for rows in table["models"].values() for name, row in rows.items()}
    for rows, name in ((own, model), (own, stem), (everywhere, bare)):
        if name in rows:
            return _facts({**table["abilities"], **rows[name]}, known=True)
    return _facts({**table["abilities"], **table["unknown"]}, known=False)


def _facts(row: dict[str, Any], *, known: bool) -> Facts:
    far: dict[str, Any] = row.get("long", {})
    return Facts(
        price_in=row["in"],
        price_out=row["out"],
        context=row["context"],
        known=known,
        tools=row["tools"],
        images=row["images"],
        json_schema=row["json_schema"],
        temperature=row["temperature"],
        long_above=far.get("above"),
        long_in=far.get("in", 1.0),
        long_out=far.get("out", 1.0),
    )
