"""Figures of a workspace: right, its own, and found by indexes."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from troupe.base.db import Database, Db
from troupe.base.ids import WorkspaceId, new_id
from troupe.features.runs import store as runs

OURS = WorkspaceId("00000000-0000-7000-8000-0000000000aa")
THEIRS = WorkspaceId("00000000-0000-7000-8000-0000000000bb")
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
SEED = """
    INSERT INTO runs (id, workspace_id, root_id, parent_id, program, subject, status, created_at, started_at, ended_at,
                      input_tokens, cost_usd)
    SELECT x.id, %(workspace)s, x.id, %(parent)s, 'graph', %(subject)s,
           CASE WHEN x.n %% 10 = 0 THEN 'failed' ELSE 'completed' END, x.at, x.at,
           x.at + make_interval(secs => x.n %% 100 + 1), 10, 0.5
    FROM (SELECT n, %(at)s::timestamptz + make_interval(secs => n) AS at,
                 (substr(first_id(%(at)s::timestamptz + make_interval(secs => n))::text, 1, 14) || '7000-8000-'
                  || substr(md5(n::text || %(subject)s), 1, 12))::uuid AS id
          FROM generate_series(1, %(count)s) n) x
    RETURNING id"""


async def seed(
    app: Database, workspace: WorkspaceId, subject: str, count: int, at: datetime, parent: Any = None
) -> str:
    async with app.workspace(workspace) as db:
        return (await db.rows(SEED, subject=subject, count=count, at=at, parent=parent))[0]["id"]


async def test_they_count_by_day_and_by_subject_what_is_of_the_time(app_db: Database) -> None:
    mails, other = f"workflow:{new_id()}", f"agent:{new_id()}"
    first = await seed(app_db, OURS, mails, 100, SINCE + timedelta(hours=1))
    await seed(app_db, OURS, other, 10, SINCE + timedelta(hours=30))
    await seed(app_db, OURS, other, 2, SINCE + timedelta(hours=2), parent=first)
    await seed(app_db, OURS, mails, 5, UNTIL)
    await seed(app_db, THEIRS, mails + "x", 9, SINCE)
    async with app_db.workspace(OURS) as db:
        rows = await runs.tally_runs(db, SINCE, UNTIL, 0, 1000)
        days = {str(row.day): row.runs for row in rows if row.level == 1}
        assert days == {"2026-03-01": 100, "2026-03-02": 10}
        by = {row.subject: row for row in rows if row.level == 2}
        assert (by[mails].runs, by[mails].failed, by[mails].cost_usd) == (100, 10, 50.0)
        assert (by[other].runs, by[other].cost_usd) == (10, 6.0)  # a run below another adds what it used
        [whole] = [row for row in rows if row.level == 3]
        assert (whole.runs, whole.failed, whole.input_tokens) == (110, 11, 1120)
        assert whole.p50 == pytest.approx(46, abs=3)
        west = await runs.tally_runs(db, SINCE, UNTIL, -120, 1000)
        assert [str(row.day) for row in west if row.level == 1] == ["2026-02-28", "2026-03-02"]
        assert [row.runs for row in await runs.tally_runs(db, SINCE, UNTIL, 0, 7) if row.level == 3] == [7]


async def test_they_read_no_table_from_end_to_end(app_db: Database, database_url: str) -> None:
    await seed(app_db, OURS, f"workflow:{new_id()}", 300, SINCE)
    await seed(app_db, THEIRS, f"workflow:{new_id()}", 1500, SINCE)
    for days in range(30, 120, 10):
        for workspace in (OURS, THEIRS):
            await seed(app_db, workspace, f"workflow:{new_id()}", 1500, SINCE - timedelta(days=days))
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("ANALYZE")
    lines: list[str] = []

    class Explaining(Db):
        async def all(self, model: Any, query: Any, **params: Any) -> Any:
            lines.extend(str(row["QUERY PLAN"]) for row in await self.rows("EXPLAIN " + query, **params))
            return []

    async with app_db.workspace(OURS) as db:
        await runs.tally_runs(Explaining(db.connection, db.workspace), SINCE, UNTIL, 0, 20_000)
    plan = "\n".join(lines)
    assert re.search(r"Index Scan .*using runs_(listed|pkey) .*\n.*Index Cond: .*id >= .*id < ", plan), plan
    assert not re.search(r"Seq Scan on runs", plan), plan
