"""Figures of a definition: right, its own, and found by indexes."""

import re
from typing import Any

import psycopg
import pytest

from troupe.base.db import Database, Db
from troupe.base.ids import WorkspaceId, new_id
from troupe.features.runs import store as runs

OURS = WorkspaceId("00000000-0000-7000-8000-0000000000aa")
THEIRS = WorkspaceId("00000000-0000-7000-8000-0000000000bb")
SEED = """
    WITH made AS (
        INSERT INTO runs (id, workspace_id, root_id, program, subject, status, started_at, ended_at)
        SELECT x.id, %(workspace)s, x.id, 'agent', %(subject)s,
               CASE WHEN x.n %% 10 = 0 THEN 'failed' ELSE 'completed' END,
               troupe_now() - make_interval(secs => x.n %% 100 + 1), troupe_now()
        FROM (SELECT n, (substr(first_id(troupe_now() - make_interval(mins => n %% 1000))::text, 1, 14) || '7000-8000-'
                         || substr(md5(n::text || %(subject)s), 1, 12))::uuid AS id
              FROM generate_series(1, %(count)s) n) x
        RETURNING id, workspace_id)
    INSERT INTO steps (run_id, workspace_id, started_at, key, block, epoch, attempt, state, input_tokens, output_tokens,
                       cost_usd)
    SELECT id, workspace_id, troupe_now(), 'turn/' || s,
           CASE WHEN s = 0 THEN 'agent.start' WHEN s < 3 THEN 'agent.model' ELSE 'desk/find' END,
           0, 1, CASE WHEN s = 4 THEN 'failed' ELSE 'done' END,
           CASE WHEN s = 1 THEN 100 END, CASE WHEN s = 1 THEN 10 END, CASE WHEN s = 1 THEN 0.5 END
    FROM made CROSS JOIN generate_series(0, 4) s"""


async def seed(app: Database, workspace: WorkspaceId, subject: str, count: int) -> None:
    async with app.workspace(workspace) as db:
        await db.execute(SEED, subject=subject, count=count)


async def test_they_count_the_runs_of_one_definition_alone(app_db: Database) -> None:
    subject = f"agent:{new_id()}"
    await seed(app_db, OURS, subject, 100)
    await seed(app_db, OURS, f"agent:{new_id()}", 7)
    await seed(app_db, THEIRS, subject.replace("agent", "workflow"), 9)
    async with app_db.workspace(OURS) as db:
        counts = await runs.count_statuses(db, subject, 7, 1000)
        assert {c.status: c.count for c in counts} == {"completed": 90, "failed": 10}
        assert (counts[0].p50, counts[0].p95) == (pytest.approx(50, abs=2), pytest.approx(95, abs=3))
        blocks = {b.block: b for b in await runs.count_blocks(db, subject, 7, 1000)}
        assert (blocks["agent.model"].calls, blocks["agent.model"].free) == (200, 100)
        assert blocks["agent.model"].cost_usd == 50.0
        assert (blocks["desk/find"].calls, blocks["desk/find"].failed) == (200, 100)
        assert sum(c.count for c in await runs.count_statuses(db, subject, 7, 30)) == 30
    async with app_db.workspace(THEIRS) as db:
        assert await runs.count_statuses(db, subject, 7, 1000) == []
        assert await runs.count_blocks(db, subject, 7, 1000) == []


async def test_they_read_no_table_from_end_to_end(app_db: Database, database_url: str) -> None:
    subject = f"agent:{new_id()}"
    await seed(app_db, OURS, subject, 400)
    for _ in range(8):
        await seed(app_db, OURS, f"agent:{new_id()}", 600)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("ANALYZE")
    for query in (runs.count_statuses, runs.count_blocks):
        plan = await _plan(app_db, query, subject)
        assert "runs_of" in plan, plan
        whole = re.findall(r"Seq Scan on (?:runs|steps)\w* .*rows=(\d+)", plan)
        assert all(int(rows) <= 1 for rows in whole), plan  # months without a row


async def _plan(app: Database, query: Any, subject: str) -> str:
    """How Postgres does what a store function asks."""
    lines: list[str] = []

    class Explaining(Db):
        async def all(self, model: Any, query: Any, **params: Any) -> Any:
            lines.extend(str(row["QUERY PLAN"]) for row in await self.rows("EXPLAIN " + query, **params))
            return []

    async with app.workspace(OURS) as db:
        await query(Explaining(db.connection, db.workspace), subject, 7, 20_000)
    return "\n".join(lines)
