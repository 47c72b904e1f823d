"""`scripts/cost [--measure] [--wide]`: what runs cost on AWS, by counts that were measured and prices that are public.

`--measure` plays the shapes anew, `--wide` the fan-out of 10,000 as well, which takes minutes; else its counts are ten
times those of 1,000 items. Writes docs/reference/costs.json and costs.md.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.bench.cost import table
from tests.bench.cost.measure import count, metered
from tests.bench.cost.shapes import ONE, SHAPES
from tests.chaos.__main__ import fresh_postgres

WIDE = "The counts of the fan-out by the machine are ten times those of 1,000 items."


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/cost", description=__doc__)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--wide", action="store_true")
    given = parser.parse_args()
    if given.measure:
        counts = {how: asyncio.run(measure(how, wide=given.wide and how == "queue")) for how in table.HOWS}
        note = WIDE if given.wide else WIDE.replace(" by the machine", "")
        table.write({"at": f"{datetime.now(UTC):%Y-%m-%d}", "counts": counts, "note": note})
    sys.stdout.write(table.page(table.read()))
    return 0


async def measure(how: str, *, wide: bool) -> dict[str, Any]:
    """Counts by shape."""
    found: dict[str, Any] = {}
    async with fresh_postgres() as url:
        with pytest.MonkeyPatch.context() as patch:
            async with metered(url, patch, how) as (house, meter):
                await count(house, meter, ONE)  # the first call makes the connections
                for shape in (ONE, *SHAPES[: None if wide else -1]):
                    found[shape.name] = table.row(await count(house, meter, shape))
    if not wide:
        found[SHAPES[-1].name] = {k: v * (1 if k == "api" else 10) for k, v in found[SHAPES[-2].name].items()}
    return found


if __name__ == "__main__":
    sys.exit(main())
