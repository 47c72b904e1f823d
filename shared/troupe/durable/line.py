"""The writer's line to Postgres: prepared statements by libpq's own asynchronous calls.

A cursor costs more CPU than all else of a commit (measured: 100 against 30 µs), and the writer needs none of what it
does: one statement at a time, parameters and answers as text, no types. Connecting and errors stay psycopg's.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, OperationalError, pq
from psycopg.errors import error_from_result

ExecStatus = pq.ExecStatus


class Line:
    """One connection in autocommit. Statements run one after the other; after an OperationalError it is closed."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._pq = connection.pgconn
        self._pq.nonblocking = 1
        self._prepared: set[bytes] = set()
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[None] | None = None
        self._fd = self._pq.socket
        self._loop.add_reader(self._fd, self._readable)

    @classmethod
    async def connect(cls, url: str, options: str) -> "Line":
        """A line of its own to the database. Raises OperationalError."""
        async with asyncio.timeout(10):
            return cls(await AsyncConnection.connect(url, autocommit=True, options=options, connect_timeout=5))

    async def run(self, name: bytes, query: bytes, params: Sequence[bytes | None]) -> list[bytes | None]:
        """The first row of a statement, as text. Raises what psycopg would."""
        try:
            if name not in self._prepared:
                self._pq.send_prepare(name, query)
                await self._result()
                self._prepared.add(name)
            self._pq.send_query_prepared(name, params)
            result = await self._result()
        except OperationalError:
            await self.close()
            raise
        return [result.get_value(0, column) for column in range(result.nfields)]

    async def close(self) -> None:
        """Give the connection back to the server."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            self._fd = -1
        await self._connection.close()

    @property
    def closed(self) -> bool:
        """Whether it can be used no more."""
        return self._fd < 0

    async def _result(self) -> "pq.abc.PGresult":
        while self._pq.flush():  # noqa: ASYNC110  the server reads slowly: rare, and no reason for a writer of its own
            await asyncio.sleep(0.001)
        self._answer = self._loop.create_future()
        await self._answer
        result = self._pq.get_result()
        while (more := self._pq.get_result()) is not None:
            result = more
        if result is None:
            raise OperationalError("the connection was lost")
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            if result.error_field(pq.DiagnosticField.SQLSTATE) is None:  # libpq's own words: no server said them
                raise OperationalError(result.error_message.decode(errors="replace"))
            raise error_from_result(result)
        return result

    def _readable(self) -> None:
        answer = self._answer
        try:
            self._pq.consume_input()
            done = not self._pq.is_busy()
        except OperationalError as lost:
            self._loop.remove_reader(self._fd)
            if answer is not None and not answer.done():
                answer.set_exception(lost)
            return
        if done and answer is not None and not answer.done():
            answer.set_result(None)
