"""All SQL of kept answers."""

from typing import Any

from troupe.base.db import Db
from troupe.base.errors import Conflict


async def find_answer(db: Db, key: str, route: str) -> dict[str, Any] | None:
    """The answer given before; the key stays ours until we commit. Raises Conflict while another request has it."""
    free = await db.value(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(%(workspace)s || %(route)s || %(key)s, 7))",
        key=key,
        route=route,
    )
    if not free:
        raise Conflict("A request with this Idempotency-Key is under way.", code="idempotency_key_in_use")
    rows = await db.rows(
        """SELECT body_hash, status, answer FROM requests
           WHERE workspace_id = %(workspace)s AND key = %(key)s AND route = %(route)s""",
        key=key,
        route=route,
    )
    return rows[0] if rows else None


async def insert_answer(db: Db, key: str, route: str, digest: str, status: int, answer: dict[str, Any]) -> None:
    """Keep an answer."""
    await db.execute(
        """INSERT INTO requests (workspace_id, key, route, body_hash, status, answer)
           VALUES (%(workspace)s, %(key)s, %(route)s, %(digest)s, %(status)s, %(answer)s)""",
        key=key, route=route, digest=digest, status=status, answer=answer,
    )  # fmt: skip
