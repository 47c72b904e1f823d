"""A function's environment: a database of the test's own, a workspace with a token, nothing kept from before."""

from collections.abc import Generator
from pathlib import Path

import pytest

from functions import api
from functions.kept import kept
from troupe.features.accounts import service as accounts

TOKEN = "trp_of-the-functions-test"


@pytest.fixture
def cloud(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[str]:
    monkeypatch.setenv("TROUPE_DATABASE_URL", database_url)
    monkeypatch.setenv("TROUPE_HOME", str(tmp_path))
    kept.run(lambda troupe: accounts.prepare_laptop(troupe.parts.database, TOKEN))
    yield TOKEN
    kept.close()
    api._app.cache_clear()
