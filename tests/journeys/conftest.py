"""One running Troupe for all journeys that do not end it; a module with one of its own calls it `home`."""

from collections.abc import Generator

import pytest

from tests.journeys.house import Client, House, running
from tests.journeys.puppet import fresh_puppet, puppet

__all__ = ["fresh_puppet", "puppet"]


@pytest.fixture(scope="session")
def house() -> Generator[House]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def home(house: House) -> House:
    return house


@pytest.fixture
def owner(home: House) -> Generator[Client]:
    with home.client() as client:
        yield client
