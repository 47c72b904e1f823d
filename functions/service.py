"""Service: a container of Fargate, or a function behind the Lambda Web Adapter → the HTTP application until SIGTERM.

    python -m functions.service stream

`stream` answers what comes in pieces and lasts: SSE and the doors of OpenAI's clients. It advances no run; it starts
them, as every door does, and follows them in the journal.
"""

import asyncio
import sys

import uvicorn

from functions.kept import logins_of, settings_of_a_function
from troupe.app.http import http_app
from troupe.app.wiring import between_calls

PORT = 8000  # infra/stacks/services.py says the same
GRACE = 100  # seconds that open streams have once the container is told to end; Fargate waits 120


async def stream(port: int, over: asyncio.Event | None = None) -> None:
    """Serve until SIGTERM, or until `over`."""
    settings = settings_of_a_function()
    async with between_calls(settings, await logins_of(settings)) as troupe:
        config = uvicorn.Config(
            http_app(troupe.parts), host="0.0.0.0", port=port, log_config=None, access_log=False,  # noqa: S104
            server_header=False, lifespan="off", timeout_graceful_shutdown=GRACE,
        )  # fmt: skip
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        told = asyncio.create_task((over or asyncio.Event()).wait())
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        told.cancel()
        await serving


if __name__ == "__main__":
    if sys.argv[1:] != ["stream"]:
        sys.exit("Name a service: stream.")
    asyncio.run(stream(PORT))
