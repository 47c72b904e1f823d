"""One running Troupe for all journeys that do not end it."""

from collections.abc import Generator

import pytest

from tests.journeys.house import Client, House


@pytest.fixture(scope="session")
def house() -> Generator[House]:
    running = House()
    try:
        running.start()
        yield running
        assert running.end() == 0, running.log()
        assert '"level": "error"' not in running.log(), running.log()
    finally:
        running.remove()


@pytest.fixture
def owner(house: House) -> Generator[Client]:
    with house.client() as client:
        yield client
