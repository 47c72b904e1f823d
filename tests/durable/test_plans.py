"""What a commit costs grows with its batch and with nothing else: every statement finds its rows by key."""

import re
from itertools import combinations
from typing import LiteralString, cast

import pytest

from tests.durable.conftest import House
from troupe.base.db import ENGINE, Database
from troupe.durable.commits.store import commit_of
from troupe.durable.store import ENGINE_OPTIONS

KINDS = ("inserts", "updates", "events", "runs")
ALL = (*KINDS, "children", "settled", "stops")
BATCHES = [kinds for n in range(1, 5) for kinds in combinations(KINDS, n)] + [ALL]


@pytest.mark.parametrize("alone", [False, True], ids=["of many", "alone"])
@pytest.mark.parametrize("kinds", BATCHES, ids="+".join)
async def test_a_commit_finds_its_rows_by_key(house: House, kinds: tuple[str, ...], alone: bool) -> None:
    query: str = commit_of(*kinds, alone=alone)
    names = list(dict.fromkeys(re.findall(r"%\((\S+?)\)s", query)))
    for number, name in enumerate(names, 1):
        query = query.replace(f"%({name})s", f"${number}")
    engine = Database(house.url, ENGINE, size=1, options=ENGINE_OPTIONS)
    await engine.open()
    try:
        async with engine.connection() as line:
            rows = await (await line.execute(cast(LiteralString, f"EXPLAIN (GENERIC_PLAN) {query}"))).fetchall()
    finally:
        await engine.close()
    plan = "\n".join(row[0] for row in rows)
    assert "runs_pkey" in plan
    assert "runs_held" not in plan, "the runs of a worker are gone through"
    assert "Seq Scan" not in plan
    assert ("_pkey on steps_" in plan) == ("updates" in kinds)
