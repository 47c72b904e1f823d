"""All SQL of sockets."""

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from troupe.base.db import Db


@dataclass(frozen=True)
class Socket:
    """An open socket: whom it was opened by."""

    workspace: str
    kind: str
    bearer: str


async def insert_socket(db: Db, id: str, kind: str, bearer: str) -> None:
    """Remember a socket."""
    await db.execute(
        """INSERT INTO sockets (id, workspace_id, kind, bearer) VALUES (%(id)s, %(workspace)s, %(kind)s, %(bearer)s)
           ON CONFLICT DO NOTHING""",
        id=id, kind=kind, bearer=bearer,
    )  # fmt: skip


async def find_socket(connection: AsyncConnection[Any], id: str) -> Socket | None:
    """The socket of an id, before its workspace is known; the connection is bound to it."""
    found = await connection.execute("SELECT workspace_id, kind, bearer FROM sockets WHERE id = %s", (id,))
    row = await found.fetchone()
    return Socket(*row) if row else None


async def remove_socket(db: Db, id: str) -> None:
    """Forget a socket and what it follows."""
    await db.execute("DELETE FROM sockets WHERE workspace_id = %(workspace)s AND id = %(id)s", id=id)


async def find_role(db: Db, socket: Socket) -> str | None:
    """What the bearer may do now; None where the token is worthless or the member gone."""
    return await db.value(
        """SELECT role FROM tokens WHERE workspace_id = %(workspace)s AND id = %(bearer)s AND kind = %(kind)s
             AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > troupe_now())
           UNION ALL
           SELECT role FROM members WHERE workspace_id = %(workspace)s AND id = %(bearer)s AND %(kind)s = 'member'""",
        bearer=socket.bearer, kind=socket.kind,
    )  # fmt: skip


async def insert_following(db: Db, socket: str, run: str, after: int, most: int) -> bool:
    """Have a socket follow a run from a seq on; False where it follows so many already."""
    return bool(
        await db.execute(
            """INSERT INTO subscriptions AS s (run_id, socket_id, workspace_id, after)
               SELECT %(run)s, %(socket)s, %(workspace)s, %(after)s
               FROM sockets WHERE workspace_id = %(workspace)s AND id = %(socket)s
                 AND (SELECT count(*) FROM subscriptions WHERE socket_id = %(socket)s AND run_id <> %(run)s) < %(most)s
               ON CONFLICT (run_id, socket_id) DO UPDATE SET after = s.after""",
            run=run, socket=socket, after=after, most=most,
        )
    )  # fmt: skip


async def remove_following(db: Db, socket: str, run: str) -> None:
    """Have a socket follow a run no more."""
    await db.execute(
        "DELETE FROM subscriptions WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND socket_id = %(socket)s",
        run=run, socket=socket,
    )  # fmt: skip


async def list_following(db: Db, run: str) -> list[str]:
    """The sockets that follow a run and whose bearers may still do so."""
    rows = await db.rows(
        """SELECT s.socket_id AS socket FROM subscriptions s JOIN sockets o ON o.id = s.socket_id
           WHERE s.workspace_id = %(workspace)s AND s.run_id = %(run)s AND (
               EXISTS (SELECT 1 FROM tokens t WHERE t.id = o.bearer AND t.kind = o.kind AND t.revoked_at IS NULL
                         AND (t.expires_at IS NULL OR t.expires_at > troupe_now()))
               OR o.kind = 'member' AND EXISTS (SELECT 1 FROM members m WHERE m.id = o.bearer))
           ORDER BY s.socket_id""",
        run=run,
    )
    return [row["socket"] for row in rows]


async def lock_heard(db: Db, socket: str, run: str) -> int | None:
    """Up to which seq a socket has heard of a run, its own until we commit; None where it follows it no more."""
    return await db.value(
        """SELECT after FROM subscriptions
           WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND socket_id = %(socket)s FOR UPDATE""",
        run=run, socket=socket,
    )  # fmt: skip


async def update_heard(db: Db, socket: str, run: str, after: int) -> None:
    """A socket has heard of a run up to a seq."""
    await db.execute(
        """UPDATE subscriptions SET after = %(after)s
           WHERE workspace_id = %(workspace)s AND run_id = %(run)s AND socket_id = %(socket)s AND after < %(after)s""",
        run=run, socket=socket, after=after,
    )  # fmt: skip
