"""Table: what the counts come to in dollars, as the page docs/reference/costs.md says it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.cost.prices import (
    AS_OF,
    FARGATE_HOUR,
    IDLE_LEAN,
    MESSAGE,
    REQUEST,
    TRANSITION,
    Counts,
    container_month,
    dollars,
)
from tests.bench.cost.shapes import MODEL_SECONDS, ONE, SHAPES

ROOT = Path(__file__).parents[3]
KEPT, PAGE = ROOT / "docs/reference/costs.json", ROOT / "docs/reference/costs.md"
RUNS = 1000  # that a price is for
HOWS = ("queue", "machine")  # what takes a new run's first slice

HEAD = """# What runs cost on AWS

Written by `scripts/cost`. Counts are measured: each shape is played once by the real functions and the real state
machine on moto (`scripts/cost --measure`, last on {at}). Prices are those that AWS published for us-east-1 in {as_of},
without free tiers. Seconds are those of the functions' calls on two busy cores, so rather too many; a model takes
{model:g} s to answer, for which a function waits in either shape. The database is left out: it costs the same wherever
a journal is kept.

## Dollars for 1,000 runs

*By the queue* and *by the machine* are the two ways of `TROUPE_FIRST_SLICE`. *One state a node* is a standard state
machine drawn from the graph, with a function for each node. *Always on* says from how many runs a month the smallest
Fargate task (0.5 vCPU, 1 GB: {month:.2f} dollars a month) is cheaper than *by the queue*, if it could hold them all.

| shape | by the queue | by the machine | one state a node | that as a multiple of the queue's | always on from |
|---|---|---|---|---|---|
"""


def page(kept: dict[str, Any]) -> str:
    """The whole page."""
    text = HEAD.format(at=kept["at"], as_of=AS_OF, model=MODEL_SECONDS, month=container_month())
    for shape in SHAPES:
        ours = {how: price(counts_of(kept, how, shape.name)) for how in HOWS}
        theirs = price(shape.one_state_per_node(node_seconds(kept)))
        runs = container_month() / ours["queue"] * RUNS
        text += f"| {shape.name} | {_cell(ours['queue'])} | {_cell(ours['machine'])} | {_cell(theirs)} "
        text += f"| {theirs / ours['queue']:,.1f} | {_round(runs)} runs |\n"
    return text + _counts(kept) + _idle()


def counts_of(kept: dict[str, Any], how: str, name: str) -> Counts:
    return Counts(**kept["counts"][how][name])


def node_seconds(kept: dict[str, Any]) -> float:
    """Of a call that does one node."""
    return counts_of(kept, "queue", ONE.name).seconds


def price(counts: Counts) -> float:
    """Dollars for a thousand of them."""
    return sum(dollars(counts).values()) * RUNS


def idle() -> float:
    """Dollars a month of `lean` at rest."""
    return sum(IDLE_LEAN.values())


def _counts(kept: dict[str, Any]) -> str:
    text = "\n## What was counted, for one run\n\n"
    text += "| shape | first slice | transitions | calls | seconds | requests to SQS | calls of the API |\n"
    text += "|---|---|---|---|---|---|---|\n"
    for shape in SHAPES:
        for how in HOWS:
            c = counts_of(kept, how, shape.name)
            text += f"| {shape.name} | {how} | {c.transitions:,.0f} | {c.invocations:,.0f} | {c.seconds:,.2f} "
            text += f"| {c.messages:,.0f} | {c.api:,.0f} |\n"
    return text + (f"\n{kept['note']}\n" if kept.get("note") else "") + _long()


def _long() -> str:
    """What an hour of a step costs where a function has no time for it."""
    fixed = 3 * TRANSITION + 4 * MESSAGE + 2 * REQUEST
    return f"""
## A step longer than ten minutes, dollars

A worker (Fargate, 0.5 vCPU and 1 GB) does one slice at a time and is there for as long as there is work:
{FARGATE_HOUR:.4f} an hour of the step, billed by the second and a minute at least, and {fixed:.6f} for three
transitions, four requests to SQS and two calls. A worker that waits (`workers_ready` of `infra/profiles.py`):
{container_month():.2f} a month.
"""


def _idle() -> str:
    text = "\n## `lean` at rest, dollars a month\n\n| line | dollars |\n|---|---|\n"
    text += "".join(f"| {line} | {amount:.2f} |\n" for line, amount in IDLE_LEAN.items())
    return text + f"| **sum** | **{idle():.2f}** |\n"


def _cell(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:.4f}"


def _round(number: float) -> str:
    """Two digits."""
    return f"{float(f'{number:.1e}'):,.0f}"


def read() -> dict[str, Any]:
    return json.loads(KEPT.read_text())


def write(kept: dict[str, Any]) -> None:
    """The counts, and the page made of them."""
    KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(page(kept))


def row(counts: Counts) -> dict[str, float]:
    return asdict(counts)
