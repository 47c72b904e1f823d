"""A function's environment: AWS on moto, a database of the test's own, a workspace with a token."""

from collections.abc import Generator

import pytest

from functions import api
from functions.kept import kept
from tests.servers.aws import clouds, stand
from tests.statemachines.machine import make_machine
from troupe.adapters.aws._client import Aws
from troupe.base.ids import new_id
from troupe.features.accounts import service as accounts


@pytest.fixture
def account() -> Generator[Aws]:
    """The account that functions run in."""
    with clouds() as aws:
        yield aws


@pytest.fixture
def environment(account: Aws, database_url: str) -> dict[str, str]:
    """What functions are given."""
    made = {"TROUPE_STATE_MACHINE": make_machine(account), "TROUPE_DATABASE_URL": database_url}
    return stand(account) | made


@pytest.fixture
def cloud(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    """A Troupe on AWS; the owner's token."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    token = f"trp_{new_id()}"  # another one each time: a process remembers for a while whom a token stands for
    kept.run(lambda troupe: accounts.prepare_laptop(troupe.parts.database, token))
    yield token
    kept.close()
    api._app.cache_clear()
