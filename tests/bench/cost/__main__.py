"""`scripts/cost [--measure] [--wide]`: what runs cost on AWS, by counts that were measured and prices that are public.

`--measure` plays the shapes anew, and writes docs/reference/costs.json and costs.md. What has very many items is played
with some of them and multiplied, but for 1,000 by the queue; `--wide` plays the fan-out of 10,000 whole, by the queue.
"""

import argparse
import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.bench.cost import table
from tests.bench.cost.measure import count, metered
from tests.bench.cost.shapes import ONE, SHAPES, each
from tests.chaos.__main__ import fresh_postgres

SOME = 250  # items by which more are counted: above 200 each has a run of its own
NOTE = f"By the machine, frames are counted with {SOME} items and multiplied; "
WIDE, NARROW = "by the queue they are counted whole.", "so is, by the queue, the fan-out from 1,000."


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/cost", description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--wide", action="store_true")
    given = parser.parse_args()
    if given.measure:
        counts = {how: asyncio.run(measure(how, wide=given.wide and how == "queue")) for how in table.HOWS}
        note = NOTE + (WIDE if given.wide else NARROW)
        table.write({"at": f"{datetime.now(UTC):%Y-%m-%d}", "counts": counts, "note": note})
    sys.stdout.write(table.page(table.read()))
    return 0


async def measure(how: str, *, wide: bool) -> dict[str, Any]:
    """Counts by shape."""
    found: dict[str, Any] = {}
    thousand, fan_out = SHAPES[-2:]
    async with fresh_postgres() as url:
        with pytest.MonkeyPatch.context() as patch:
            async with metered(url, patch, how) as (house, meter):
                await count(house, meter, ONE)  # the first call makes the connections
                for shape in (
                    ONE,
                    *SHAPES[:-2],
                    *((thousand,) if how == "queue" else ()),
                    *((fan_out,) if wide else ()),
                ):
                    found[shape.name] = table.row(await count(house, meter, shape))
                if how == "machine":
                    some = await count(house, meter, replace(thousand, text=each(SOME, 10)))
                    found[thousand.name] = times(table.row(some), 1000 / SOME)
    if not wide:
        found[fan_out.name] = times(found[thousand.name], 10)
    return found


def times(counts: dict[str, float], number: float) -> dict[str, float]:
    """But the one call of the API that starts it."""
    return {name: amount if name == "api" else amount * number for name, amount in counts.items()}


if __name__ == "__main__":
    sys.exit(main())
