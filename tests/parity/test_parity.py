"""The same workflow through both orchestrators leaves the same log, and does the same to the world outside."""

import difflib
import json
from collections.abc import Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import fresh_database
from tests.parity.far import Arrival, Far, far_side
from tests.parity.houses import QUICK, House, at_home, on_aws
from tests.parity.story import FILES, Case, Played, cases, define, play

ENOUGH = 40  # cases in all, at least


@pytest.fixture
def urls(request: pytest.FixtureRequest) -> Generator[tuple[str, str]]:
    """A database for each house."""
    with fresh_database(request.config) as home, fresh_database(request.config) as aws:
        yield home, aws


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
async def test_both_houses_leave_the_same_log(
    file: Path, urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong: list[str] = []
    monkeypatch.setattr("troupe.durable.worker.LINGER", QUICK)
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(far_side())
        home = await stack.enter_async_context(at_home(urls[0], tmp_path, far.url))
        aws = await stack.enter_async_context(on_aws(monkeypatch, urls[1], far.url))
        told = list(cases(file, far.url))
        for house in (home, aws):
            await define(house, told)
        for case in told:
            wrong += await compare((home, aws), case, far)
    assert not wrong, "\n\n".join(wrong)


async def compare(houses: tuple[House, House], case: Case, far: Far) -> list[str]:
    """What differs, as text: first played in the one, then in the other, with the same world outside."""
    told: list[tuple[Played, list[Arrival]]] = []
    for house in houses:
        try:
            told.append((await play(house, case), far.take()))
        except Exception as wrong:
            return [f"{case.about}, {house.name}: {wrong!r}\n{house.stands()}"]
    (home, at_home), (aws, at_aws) = told
    wrong = _difference(case, home.logs, aws.logs)
    wrong += _difference(case, [_seen(a) for a in at_home], [_seen(a) for a in at_aws])
    if case.output is not None:
        wrong += _difference(case, case.output, home.last["output"])
    if case.code:
        wrong += _difference(case, case.code, home.last["error"]["code"])
    return wrong


def _seen(arrival: Arrival) -> Any:
    return arrival.method, arrival.path, arrival.body, bool(arrival.key)


def _difference(case: Case, home: Any, aws: Any) -> list[str]:
    if home == aws:
        return []
    texts = [json.dumps(one, indent=1).splitlines() for one in (home, aws)]
    lines = list(difflib.unified_diff(*texts, "home", "aws", n=4, lineterm=""))
    return [f"{case.about}:\n" + "\n".join(lines[:80])]


def test_there_are_cases_enough() -> None:
    assert sum(1 for file in FILES for _ in cases(file)) >= ENOUGH
