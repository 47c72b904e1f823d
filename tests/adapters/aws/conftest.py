"""A server in place of AWS, for what moto cannot play: faults on the wire."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
import pytest_asyncio

from tests.durable.conftest import house  # noqa: F401  a fixture of the tests here too
from tests.servers.raw import Answer, RawServer, Seen, raw_server


class Wire:
    """Every service of AWS at one address; `answer` says what comes back for a request."""

    def __init__(self) -> None:
        self.answer: Callable[[Seen], Awaitable[Answer] | Answer] = lambda _: b""
        self.server: RawServer

    @property
    def asked(self) -> int:
        return len(self.server.seen)


@pytest_asyncio.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Wire]:
    pytest.importorskip("boto3")
    made = Wire()
    async with raw_server(lambda seen, _: made.answer(seen)) as made.server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-test")
        yield made
