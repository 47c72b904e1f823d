"""All SQL of providers; their keys are credentials."""

from datetime import datetime
from typing import Any, LiteralString

from pydantic import BaseModel, Field

from troupe.base.db import Db
from troupe.base.settings import Price, ProviderKind


class ProviderRow(BaseModel, frozen=True):
    """A provider, with what opens its key and the hosts that may be told it."""

    name: str
    kind: ProviderKind
    base_url: str | None
    prices: dict[str, Price]
    credential_id: str | None
    wrapped: bytes | None = Field(repr=False)
    sealed: bytes | None = Field(repr=False)
    hosts: list[str] | None
    changed_by: str
    changed_at: datetime


_PROVIDER: LiteralString = """
SELECT p.name, p.kind, p.base_url, p.prices, p.credential_id, k.wrapped, k.sealed, k.hosts, p.changed_by, p.changed_at
FROM providers p LEFT JOIN credentials k ON k.id = p.credential_id AND k.workspace_id = p.workspace_id
WHERE p.workspace_id = %(workspace)s
"""


async def lock(db: Db) -> None:
    """One change of a workspace's providers at a time, until the transaction ends."""
    await db.execute("SELECT FROM workspaces WHERE workspace_id = %(workspace)s FOR NO KEY UPDATE")


async def list_providers(db: Db) -> list[ProviderRow]:
    """All of the workspace's own, by name."""
    return await db.all(ProviderRow, _PROVIDER + "ORDER BY p.name")


async def find_provider(db: Db, name: str) -> ProviderRow | None:
    """One of the workspace's own."""
    return await db.find(ProviderRow, _PROVIDER + "AND p.name = %(name)s", name=name)


async def put_provider(
    db: Db, name: str, kind: str, base_url: str | None, prices: dict[str, Any], credential: str | None, by: str
) -> None:
    """Make a provider this."""
    await db.execute(
        """INSERT INTO providers (workspace_id, name, kind, base_url, prices, credential_id, changed_by)
           VALUES (%(workspace)s, %(name)s, %(kind)s, %(base_url)s, %(prices)s, %(credential)s, %(by)s)
           ON CONFLICT (workspace_id, name) DO UPDATE SET kind = excluded.kind, base_url = excluded.base_url,
               prices = excluded.prices, credential_id = excluded.credential_id, changed_by = excluded.changed_by,
               changed_at = troupe_now()""",
        name=name, kind=kind, base_url=base_url, prices=prices, credential=credential, by=by,
    )  # fmt: skip


async def remove_provider(db: Db, name: str) -> bool:
    """Whether it was there."""
    return bool(
        await db.execute("DELETE FROM providers WHERE workspace_id = %(workspace)s AND name = %(name)s", name=name)
    )
