"""A process that owns a Postgres, for tests to kill: `python owner.py HOME [fork | full | deaf]`.

Prints one JSON line, {url, superuser_url, keeper} or {error, hint, code}, and stops in order when its input ends.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psycopg

from troupe.adapters.embedded.postgres import Postgres
from troupe.base.errors import TroupeError


def fill_the_disk(home: Path, url: str) -> dict[str, int]:
    """Insert until the disk is full, make room, and count what is there when the server answers again."""
    filler, sure = home / "filler", 0
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, os.statvfs(home).f_bavail * os.statvfs(home).f_bsize - 20_000_000)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (x text)")
            while True:
                connection.execute("INSERT INTO kept SELECT repeat(md5(g::text), 20) FROM generate_series(1, 2000) g")
                sure += 2000
    except psycopg.Error:
        filler.unlink()
    while True:
        try:
            with psycopg.connect(url) as connection:
                row = connection.execute("SELECT count(*) FROM kept").fetchone()
                return {"sure": sure, "found": row[0] if row else 0}
        except psycopg.OperationalError:
            pass


async def main(home: Path, *how: str) -> None:
    try:
        async with Postgres(home) as server:
            if "fork" in how and os.fork() == 0:
                sys.stdin.read()
                os._exit(0)
            if "deaf" in how:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            said = fill_the_disk(home, server.url) if "full" in how else {}
            keeper = server._keeper.pid if server._keeper else 0
            urls = {"url": server.url, "superuser_url": server.superuser_url}
            print(json.dumps({**urls, "keeper": keeper, **said}), flush=True)
            sys.stdin.read()
    except TroupeError as wrong:
        print(json.dumps({"error": wrong.message, "hint": wrong.hint, "code": wrong.code}), flush=True)


asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
