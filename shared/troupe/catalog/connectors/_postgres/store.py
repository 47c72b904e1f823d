"""All SQL that is asked of somebody's database."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, LiteralString, cast

from psycopg import AsyncCursor
from psycopg.rows import dict_row, tuple_row

from troupe.base.errors import Refused, Rejected
from troupe.base.values import read_json
from troupe.catalog.connectors._postgres.forms import Value
from troupe.catalog.connectors._postgres.session import Connection
from troupe.catalog.contract import Json

ROW, ALL = 200_000, 1_000_000  # bytes of one row and of all of an answer
AT_ONCE = 50  # rows, as FETCH says
_OURS: LiteralString = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_KINDS: LiteralString = """CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'f' THEN 'foreign table' ELSE 'table' END"""


async def list_schemas(db: Connection) -> list[Json]:
    """Schemas that hold something of ours."""
    return await _rows(
        db,
        f"""SELECT n.nspname AS schema, obj_description(n.oid, 'pg_namespace') AS comment,
                   (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid
                    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')) AS tables
            FROM pg_namespace n WHERE {_OURS} ORDER BY 1""",
    )


async def list_tables(db: Connection, schema: str, name: str, limit: int) -> list[Json]:
    """Tables and views, with how many rows the planner believes them to have."""
    return await _rows(
        db,
        f"""SELECT n.nspname AS schema, c.relname AS name, {_KINDS} AS kind,
                   CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows,
                   obj_description(c.oid, 'pg_class') AS comment
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OURS}
              AND ($1 = '' OR n.nspname = $1) AND strpos(lower(c.relname), lower($2)) > 0
            ORDER BY 1, 2 LIMIT $3""",
        schema, name, limit,
    )  # fmt: skip


async def find_columns(db: Connection, schema: str, name: str, limit: int) -> list[Json]:
    """Columns by their name."""
    return await _rows(
        db,
        f"""SELECT n.nspname AS schema, c.relname AS table, a.attname AS column,
                   format_type(a.atttypid, a.atttypmod) AS type, col_description(c.oid, a.attnum) AS comment
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS}
              AND ($1 = '' OR n.nspname = $1) AND strpos(lower(a.attname), lower($2)) > 0
            ORDER BY 1, 2, a.attnum LIMIT $3""",
        schema, name, limit,
    )  # fmt: skip


async def describe(db: Connection, table: str) -> dict[str, Json]:
    """Columns, keys and indexes of a table. Raises Refused where it is not there."""
    name = await resolve(db, table)
    columns = await _rows(
        db,
        """SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
                  pg_get_expr(d.adbin, d.adrelid) AS default, col_description(a.attrelid, a.attnum) AS comment
           FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""",
        name,
    )
    constraints = await _rows(
        db,
        """SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
           WHERE conrelid = $1::regclass AND contype IN ('p', 'f', 'u', 'c') ORDER BY contype = 'p' DESC, 1""",
        name,
    )
    indexes = await _rows(
        db, "SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = $1::regclass", name
    )
    return {"table": name, "columns": columns, "constraints": constraints, "indexes": indexes}


async def resolve(db: Connection, table: str) -> str:
    """The name of a table as SQL writes it. Raises Refused."""
    parts = table.split(".", 1)
    rows = await _rows(
        db,
        """SELECT format('%I.%I', n.nspname, c.relname) AS name
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
             AND CASE WHEN $2 = '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = $2 END LIMIT 1""",
        parts[-1], parts[0] if len(parts) > 1 else "",
    )  # fmt: skip
    if not rows:
        raise Refused(f"There is no table {table}, or we may not see it.", code="not_there")
    return str(cast("dict[str, Json]", rows[0])["name"])


async def query(db: Connection, sql: str, params: list[Value], limit: int) -> dict[str, Json]:
    """Rows of one SELECT. A cursor takes nothing else, nor anything that changes data; the server cuts long rows."""
    inner = sql.strip().rstrip(";")
    await _extended(
        db,
        'DECLARE troupe NO SCROLL CURSOR FOR SELECT octet_length(j) AS size, CASE WHEN octet_length(j) <= '
        f'{ROW} THEN j END AS row FROM (SELECT row_to_json("~row")::text AS j FROM (\n{inner}\n) AS "~row") AS "~rows"',
        params,
    )  # fmt: skip
    rows, size, more = list[Json](), 0, True
    while more and len(rows) <= limit and size <= ALL:
        cursor = await db.cursor(row_factory=tuple_row).execute("FETCH FORWARD 50 FROM troupe")
        found = await cursor.fetchall()
        more = len(found) == AT_ONCE
        for length, row in found:
            if row is None:
                hint = "Select fewer columns, or the beginning of long ones: left(text, 1000)."
                raise Rejected(f"Row {len(rows) + 1} has {length:,} bytes.", code="too_large", hint=hint)
            rows.append(read_json(row))
            size += length
    kept = rows[:limit]
    while len(kept) > 1 and size > ALL:
        size -= len(str(kept.pop()))
    return {"rows": kept, "truncated": len(kept) < len(rows) or more}


async def sample(db: Connection, table: str, limit: int) -> dict[str, Json]:
    """Some rows of a table."""
    return await query(db, f"SELECT * FROM {await resolve(db, table)} LIMIT {limit}", [], limit)


async def explain(db: Connection, sql: str, params: list[Value]) -> list[str]:
    """The plan of a statement, which is not run."""
    cursor = await _extended(db, f"EXPLAIN (FORMAT TEXT, ANALYZE false)\n{sql.strip().rstrip(';')}", params)
    return [str(row[0]) for row in await cursor.fetchall()]


async def execute(db: Connection, sql: str, params: list[Value]) -> dict[str, Json]:
    """Do one statement; how many rows it touched, and what it returns of the first hundred."""
    cursor = await _extended(db, sql.strip().rstrip(";"), params)
    rows = await cursor.fetchmany(100) if cursor.description else []
    names = [column.name for column in cursor.description or ()]
    shown = [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows]
    return {"touched": max(cursor.rowcount, 0), "rows": cast("list[Json]", shown)}


async def login(db: Connection) -> str:
    """As whom, in which database, of which version."""
    rows = await _rows(db, "SELECT current_user AS u, current_database() AS d, current_setting('server_version') AS v")
    found = cast("dict[str, Json]", rows[0])
    return f"{found['u']} in {found['d']}, Postgres {found['v']}"


async def _rows(db: Connection, sql: LiteralString, *params: Value) -> list[Json]:
    cursor = await db.cursor(row_factory=dict_row).execute(sql, list(params))
    return [{k: _plain(v) for k, v in row.items() if v is not None} for row in await cursor.fetchall()]


async def _extended(db: Connection, sql: str, params: list[Value]) -> AsyncCursor[tuple[Any, ...]]:
    """By the extended protocol, which takes one statement and no more (protocol, 54.2.3): asked for binary, it is used
    without parameters too."""
    return await db.cursor(row_factory=tuple_row).execute(cast(LiteralString, sql), params, binary=True)


def _plain(value: Any) -> Json:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in cast("dict[Any, Any]", value).items()}
    return "\\x" + value.hex() if isinstance(value, bytes) else str(value)
