"""The accounts of the contracts: AWS as moto plays it, in this process."""

from collections.abc import Generator

import pytest

from tests.servers.aws import clouds
from troupe.adapters.aws._client import Aws


@pytest.fixture
def aws() -> Generator[Aws]:
    """An account in which there is nothing yet."""
    with clouds() as aws:
        yield aws
