"""Service: a container of Fargate, or a function behind the Lambda Web Adapter, until SIGTERM.

    python -m functions.service stream|worker

`stream` answers what comes in pieces and lasts: SSE and the doors of OpenAI's clients. It advances no run; it starts
them, as every door does, and follows them in the journal. `worker` takes one slice after the other that functions have
no time for.
"""

import asyncio
import logging
import signal
import sys

from functions.kept import logins_of, settings_of_a_function
from troupe.app import calls
from troupe.app.wiring import SERVICE, between_calls
from troupe.base.log import configure
from troupe.base.tasks import end

log = logging.getLogger("troupe.service")

PORT = 8000  # infra/stacks/services.py says the same
AGAIN = 5.0  # seconds until a worker that met a failure looks again
GRACE = 100  # seconds that open streams have once the container is told to end; Fargate waits 120


async def stream(port: int, over: asyncio.Event | None = None) -> None:
    """Serve until SIGTERM, or until `over`."""
    import uvicorn

    from troupe.app.http import http_app

    settings = settings_of_a_function()
    async with between_calls(settings, await logins_of(settings), SERVICE) as troupe:
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


async def worker(over: asyncio.Event | None = None) -> None:
    """Work until SIGTERM, or until `over`. What is under way then is left to the next worker."""
    settings, over = settings_of_a_function(), over or asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with between_calls(settings, await logins_of(settings)) as troupe:
        told = asyncio.create_task(over.wait())
        while not told.done():
            work = asyncio.create_task(calls.settled(troupe, calls.work))
            await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                await end(work)
            elif wrong := work.exception():
                log.warning("A slice is left to the next worker.", exc_info=wrong)
                await asyncio.wait({told}, timeout=AGAIN)


if __name__ == "__main__":
    configure()
    match sys.argv[1:]:
        case ["stream"]:
            asyncio.run(stream(PORT))
        case ["worker"]:
            asyncio.run(worker())
        case _:
            sys.exit("Name a service: stream or worker.")
