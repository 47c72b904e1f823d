"""The same workflow through both orchestrators leaves the same log, and does the same to the world outside."""

import asyncio
import difflib
import json
from collections.abc import Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import fresh_database
from tests.parity.far import Far, far_side
from tests.parity.houses import House, at_home, on_aws
from tests.parity.story import FILES, Case, Played, cases, play

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
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(far_side())
        home = await stack.enter_async_context(at_home(urls[0], tmp_path, far.url))
        aws = await stack.enter_async_context(on_aws(monkeypatch, urls[1], far.url))
        for number, case in enumerate(cases(file)):
            wrong += await compare((home, aws), case, far, str(number))
    assert not wrong, "\n\n".join(wrong)


async def compare(houses: tuple[House, House], case: Case, far: Far, number: str) -> list[str]:
    """What differs, as text."""
    addresses = [f"{house.name}{number}" for house in houses]
    told = await asyncio.gather(
        *(play(house, case, f"{far.url}/{at}") for house, at in zip(houses, addresses, strict=True)),
        return_exceptions=True,
    )
    failed = [f"{case.about}: {wrong!r}" for wrong in told if isinstance(wrong, BaseException)]
    if failed:
        return failed
    home, aws = told
    assert isinstance(home, Played)
    assert isinstance(aws, Played)
    wrong = _difference(case, home.logs, aws.logs)
    wrong += _difference(case, far.of(addresses[0]), far.of(addresses[1]))
    if case.output is not None:
        wrong += _difference(case, case.output, home.last["output"])
    if case.code:
        wrong += _difference(case, case.code, home.last["error"]["code"])
    return wrong


def _difference(case: Case, home: Any, aws: Any) -> list[str]:
    if home == aws:
        return []
    texts = [json.dumps(one, indent=1).splitlines() for one in (home, aws)]
    lines = list(difflib.unified_diff(*texts, "home", "aws", n=4, lineterm=""))
    return [f"{case.about}:\n" + "\n".join(lines[:80])]


def test_there_are_cases_enough() -> None:
    assert sum(1 for file in FILES for _ in cases(file)) >= ENOUGH
