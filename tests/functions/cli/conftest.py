"""A running Troupe for commands to speak to, and a folder where none runs."""

from collections.abc import Generator

import pytest

from tests.journeys.house import House
from tests.journeys.puppet import fresh_puppet, puppet

__all__ = ["fresh_puppet", "puppet"]


@pytest.fixture(scope="session")
def house() -> Generator[House]:
    running = House()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="session")
def alone() -> Generator[House]:
    """A folder without a server: commands start what they need."""
    folder = House(fresh=True)
    try:
        yield folder
    finally:
        folder.remove()
