"""All SQL of a workspace's models."""

from troupe.base.db import Db


async def list_routes(db: Db) -> dict[str, str]:
    """Route to model."""
    rows = await db.rows("SELECT name, model FROM model_routes WHERE workspace_id = %(workspace)s")
    return {row["name"]: row["model"] for row in rows}


async def put_route(db: Db, name: str, model: str) -> None:
    """Let a route name this model."""
    await db.execute(
        """INSERT INTO model_routes (workspace_id, name, model) VALUES (%(workspace)s, %(name)s, %(model)s)
           ON CONFLICT (workspace_id, name) DO UPDATE SET model = excluded.model, changed_at = troupe_now()""",
        name=name, model=model,
    )  # fmt: skip


async def remove_route(db: Db, name: str) -> None:
    """Let a route name nothing of its own again."""
    await db.execute("DELETE FROM model_routes WHERE workspace_id = %(workspace)s AND name = %(name)s", name=name)
