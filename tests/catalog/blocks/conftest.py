"""Blocks on a bench: `use(id, **given)` runs one with everything in memory, as its examples are run."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest_asyncio

from tests.catalog.harness import BenchContext, bench, run_block
from troupe.catalog.contract import Example
from troupe.catalog.registry import get_block

Use = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture
async def context() -> AsyncGenerator[BenchContext]:
    async with bench(Example(given={})) as (made, _):
        yield made


@pytest_asyncio.fixture
async def use(context: BenchContext) -> Use:
    async def run(id: str, **given: Any) -> dict[str, Any]:
        return await run_block(get_block(id), given, context)

    return run
