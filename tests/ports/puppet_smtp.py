"""An SMTP server that does as it is told: `says[verb]` is its reply, "drop" cuts, "silent" never answers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any


class PuppetSmtp:
    """`mails` holds what it accepted; `heard` every command."""

    def __init__(self, extensions: str = "", **says: str) -> None:
        self.says = {"EHLO": f"250-puppet\r\n{extensions}250 8BITMIME", "DATA": "354 go on", **says}
        self.mails: list[EmailMessage] = []
        self.heard: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 puppet\r\n")
            while line := await reader.readline():
                self.heard.append(line.decode().strip())
                verb = line.split()[0].decode().upper()
                if not await self.answer(self.says.get(verb, "250 fine"), writer):
                    return
                if verb == "DATA" and self.says[verb].startswith("354"):
                    content = (await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
                    reply = self.says.get("END", "250 taken")
                    if reply.startswith("250"):
                        self.mails.append(message_from_bytes(content, policy=default))  # pyright: ignore
                    if not await self.answer(reply, writer):
                        return
        finally:
            writer.close()

    async def answer(self, reply: str, writer: asyncio.StreamWriter) -> bool:
        if reply == "silent":
            await asyncio.Event().wait()
        if reply != "drop":
            writer.write(reply.encode() + b"\r\n")
            await writer.drain()
        return reply != "drop"


@asynccontextmanager
async def puppet_smtp(*args: Any, host: str = "127.0.0.1", **says: str) -> AsyncGenerator[PuppetSmtp]:
    puppet = PuppetSmtp(*args, **says)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await puppet.serve(reader, writer)

    server = await asyncio.start_server(serve, host, 0)
    puppet.port = server.sockets[0].getsockname()[1]
    try:
        yield puppet
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
