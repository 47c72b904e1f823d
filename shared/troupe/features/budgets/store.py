"""All SQL of budgets."""

from typing import Literal

from pydantic import BaseModel

from troupe.base.db import Db


class Budget(BaseModel, frozen=True):
    """A limit in dollars and what is used of it now, reservations counted in full."""

    scope: str
    period: Literal["run", "day", "month"]
    limit_usd: float
    used_usd: float = 0.0


async def put_budget(db: Db, scope: str, period: str, limit: float) -> None:
    """Set a limit."""
    await db.execute(
        """INSERT INTO budgets (workspace_id, scope, period, limit_usd)
           VALUES (%(workspace)s, %(scope)s, %(period)s, %(limit)s)
           ON CONFLICT (workspace_id, scope, period) DO UPDATE SET limit_usd = excluded.limit_usd""",
        scope=scope, period=period, limit=limit,
    )  # fmt: skip


async def list_budgets(db: Db) -> list[Budget]:
    """Every limit, with the use of the current day or month."""
    return await db.all(
        Budget,
        """SELECT b.scope, b.period, b.limit_usd, coalesce(u.used_usd, 0) AS used_usd
           FROM budgets b LEFT JOIN budget_use u ON u.workspace_id = b.workspace_id AND u.scope = b.scope
             AND u.bucket = CASE b.period
               WHEN 'day' THEN to_char(troupe_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')
               WHEN 'month' THEN to_char(troupe_now() AT TIME ZONE 'UTC', 'YYYY-MM') END
           WHERE b.workspace_id = %(workspace)s ORDER BY b.scope, b.period""",
    )
