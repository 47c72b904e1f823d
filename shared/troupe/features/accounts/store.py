"""All SQL of accounts."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from troupe.base.db import Db
from troupe.features.accounts.models import Identity, Member, Token, Workspace


async def find_bearer(connection: AsyncConnection[Any], hash: str) -> Identity | None:
    """Whom a secret stands for, if it is valid now; the connection is bound to the bearer."""
    async with connection.cursor(row_factory=class_row(Identity)) as cursor:
        await cursor.execute(
            """SELECT id, workspace_id, kind, name, role, member_id FROM tokens
               WHERE hash = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > troupe_now())""",
            (hash,),
        )
        return await cursor.fetchone()


async def find_memberships(connection: AsyncConnection[Any], email: str) -> list[Identity]:
    """Where a person is a member, the oldest first; the connection is bound to the person."""
    async with connection.cursor(row_factory=class_row(Identity)) as cursor:
        await cursor.execute(
            """SELECT id, workspace_id, 'member' AS kind, email AS name, role FROM members
               WHERE email = %s ORDER BY id LIMIT 1000""",
            (email,),
        )
        return await cursor.fetchall()


async def find_workspaces(connection: AsyncConnection[Any], email: str) -> list[Workspace]:
    """The workspaces that are open to a person, by name; the connection is bound to the person."""
    async with connection.cursor(row_factory=class_row(Workspace)) as cursor:
        await cursor.execute(
            """SELECT workspace_id AS id, w.name, m.role FROM members m JOIN workspaces w USING (workspace_id)
               WHERE m.email = %s ORDER BY w.name, workspace_id LIMIT 1000""",
            (email,),
        )
        return await cursor.fetchall()


async def insert_token(
    db: Db, id: str, kind: str, name: str, role: str, prefix: str, hash: str, expires_at: datetime | None,
    member: str | None = None,
) -> None:  # fmt: skip
    """Keep a secret's hash."""
    await db.execute(
        """INSERT INTO tokens (workspace_id, id, kind, name, role, prefix, hash, expires_at, member_id)
           VALUES (%(workspace)s, %(id)s, %(kind)s, %(name)s, %(role)s, %(prefix)s, %(hash)s, %(expires_at)s,
                   %(member)s)
           ON CONFLICT (hash) DO NOTHING""",
        id=id, kind=kind, name=name, role=role, prefix=prefix, hash=hash, expires_at=expires_at, member=member,
    )  # fmt: skip


async def list_tokens(db: Db, after: str | None, limit: int) -> list[Token]:
    """API tokens, newest first."""
    return await db.all(
        Token,
        """SELECT id, name, role, prefix, created_at, expires_at, revoked_at FROM tokens
           WHERE workspace_id = %(workspace)s AND kind = 'token' AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
           ORDER BY id DESC LIMIT %(limit)s""",
        after=after, limit=limit,
    )  # fmt: skip


async def revoke(db: Db, id: str) -> bool:
    """Make a secret worthless; False where it was so already or is not ours."""
    return bool(
        await db.execute(
            """UPDATE tokens SET revoked_at = troupe_now()
               WHERE workspace_id = %(workspace)s AND id = %(id)s AND revoked_at IS NULL""",
            id=id,
        )
    )


async def get_workspace_name(db: Db) -> str:
    """What the workspace is called."""
    return await db.value("SELECT name FROM workspaces WHERE workspace_id = %(workspace)s")


async def ensure_workspace(db: Db, name: str, owner_id: str, email: str = "owner@localhost") -> bool:
    """The workspace and its owner; False where they exist."""
    new = await db.execute(
        "INSERT INTO workspaces (workspace_id, name) VALUES (%(workspace)s, %(name)s) ON CONFLICT DO NOTHING", name=name
    )
    if new:
        await db.execute(
            """INSERT INTO members (workspace_id, id, email, name, role)
               VALUES (%(workspace)s, %(id)s, %(email)s, 'Owner', 'owner')""",
            id=owner_id,
            email=email,
        )
    return bool(new)


async def insert_member(db: Db, id: str, email: str, name: str, role: str) -> Member | None:
    """A new member; None where the address is taken."""
    return await db.find(
        Member,
        """INSERT INTO members (workspace_id, id, email, name, role)
           VALUES (%(workspace)s, %(id)s, %(email)s, %(name)s, %(role)s)
           ON CONFLICT DO NOTHING RETURNING id, email, name, role, created_at""",
        id=id, email=email, name=name, role=role,
    )  # fmt: skip


async def list_members(db: Db, after: str | None, limit: int) -> list[Member]:
    """Members, newest first."""
    return await db.all(
        Member,
        """SELECT id, email, name, role, created_at FROM members
           WHERE workspace_id = %(workspace)s AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
           ORDER BY id DESC LIMIT %(limit)s""",
        after=after, limit=limit,
    )  # fmt: skip


async def get_member(db: Db, id: str) -> Member:
    """A member, whose row nobody else changes meanwhile. Raises NotFound."""
    return await db.one(
        Member,
        """SELECT id, email, name, role, created_at FROM members
           WHERE workspace_id = %(workspace)s AND id = %(id)s FOR UPDATE""",
        id=id,
    )  # fmt: skip


async def count_owners(db: Db) -> int:
    """How many may do everything; held until the transaction ends, so that two last ones do not go at once."""
    return await db.value(
        """SELECT count(*) FROM (
               SELECT id FROM members WHERE workspace_id = %(workspace)s AND role = 'owner' ORDER BY id FOR UPDATE) o"""
    )


async def update_role(db: Db, id: str, role: str) -> None:
    """Another role for a member."""
    await db.execute("UPDATE members SET role = %(role)s WHERE workspace_id = %(workspace)s AND id = %(id)s",
                     id=id, role=role)  # fmt: skip


async def delete_member(db: Db, id: str) -> None:
    """A member goes, and with them the browsers that they signed in."""
    await db.execute("DELETE FROM tokens WHERE workspace_id = %(workspace)s AND member_id = %(id)s", id=id)
    await db.execute("DELETE FROM members WHERE workspace_id = %(workspace)s AND id = %(id)s", id=id)


async def find_password(db: Db) -> str | None:
    """The hash of the workspace's owner's password, if there is one."""
    return await db.value(
        """SELECT password FROM members WHERE workspace_id = %(workspace)s AND role = 'owner' ORDER BY id LIMIT 1"""
    )


async def update_password(db: Db, hash: str | None) -> None:
    """Another password for the workspace's owner, or none; browsers that were let in by the last one are shut out."""
    await db.execute(
        """UPDATE members SET password = %(hash)s WHERE workspace_id = %(workspace)s AND id = (
               SELECT id FROM members WHERE workspace_id = %(workspace)s AND role = 'owner' ORDER BY id LIMIT 1)""",
        hash=hash,
    )
    await db.execute(
        """UPDATE tokens SET revoked_at = troupe_now()
           WHERE workspace_id = %(workspace)s AND kind = 'session' AND name = 'password' AND revoked_at IS NULL"""
    )
