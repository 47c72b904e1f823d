"""All SQL of connections, their credentials and tools."""

from collections.abc import Sequence
from typing import Any, LiteralString

from pydantic import BaseModel, Field

from troupe.base.db import Db
from troupe.features.connections.models import Connection, ConnectionTool


class ConnectionRow(BaseModel, frozen=True):
    """What it takes to open a connection. `wrapped` and `sealed` are its credential's, `hosts` where that may go."""

    id: str
    name: str
    connector: str
    config: dict[str, Any]
    credential_id: str | None
    wrapped: bytes | None = Field(repr=False)
    sealed: bytes | None = Field(repr=False)
    hosts: list[str] | None


class ToolRow(BaseModel, frozen=True):
    """A tool of a connection, to be called or offered."""

    id: str
    connection: str
    connector: str
    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    effect: str
    locator: dict[str, Any]
    tags: list[str]
    hash: str
    approved: bool


class Matched(BaseModel, frozen=True):
    """One lexeme of a query in one tool: how often in each of the fields A, B and C, and how long those are."""

    id: str
    lexeme: str
    weights: str
    lengths: list[int]


class Overview(BaseModel, frozen=True):
    """A connection as an agent that looks for tools is told of it."""

    name: str
    connector: str
    account: str
    tools: int


_CONNECTION: LiteralString = """
SELECT c.id, c.name, c.connector, c.config, c.credential_id IS NOT NULL AS has_credential, c.status, c.account, c.error,
       t.tools, t.withheld, c.checked_at, c.tools_at, c.last_used_at, c.created_by, c.created_at
FROM connections c CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE approved_hash = hash) AS tools,
           count(*) FILTER (WHERE approved_hash IS DISTINCT FROM hash) AS withheld
    FROM connection_tools t WHERE t.workspace_id = c.workspace_id AND t.connection_id = c.id) t
WHERE c.workspace_id = %(workspace)s
"""
_ROW: LiteralString = """
SELECT c.id, c.name, c.connector, c.config, c.credential_id, k.wrapped, k.sealed, k.hosts
FROM connections c LEFT JOIN credentials k ON k.id = c.credential_id AND k.workspace_id = c.workspace_id
WHERE c.workspace_id = %(workspace)s
"""
_TOOL: LiteralString = """
SELECT t.id, c.name AS connection, c.connector, t.name, t.title, t.description, t.input_schema, t.effect, t.locator,
       t.tags, t.hash, t.approved_hash IS NOT DISTINCT FROM t.hash AS approved
FROM connection_tools t JOIN connections c ON c.id = t.connection_id AND c.workspace_id = t.workspace_id
WHERE t.workspace_id = %(workspace)s
"""
_SHOWN: LiteralString = """
SELECT t.id, t.name, t.title, t.description, t.input_schema, t.effect, t.tags, t.hash,
       CASE WHEN t.approved_hash IS NULL THEN 'new' WHEN t.approved_hash = t.hash THEN 'approved' ELSE 'changed' END
           AS status
FROM connection_tools t WHERE t.workspace_id = %(workspace)s AND t.connection_id = %(connection)s
"""


async def get_connection(db: Db, id: str) -> Connection:
    """By id. Raises NotFound."""
    return await db.one(Connection, _CONNECTION + "AND c.id::text = %(id)s", id=id)


async def list_connections(db: Db, after: str | None, limit: int) -> list[Connection]:
    """Newest first."""
    return await db.all(
        Connection,
        _CONNECTION + "AND (%(after)s::uuid IS NULL OR c.id < %(after)s::uuid) ORDER BY c.id DESC LIMIT %(limit)s",
        after=after, limit=limit,
    )  # fmt: skip


async def get_row(db: Db, id: str) -> ConnectionRow:
    """What opens a connection, by id, held until the transaction ends. Raises NotFound."""
    return await db.one(ConnectionRow, _ROW + "AND c.id::text = %(id)s FOR UPDATE OF c", id=id)


async def find_row(db: Db, ref: str) -> ConnectionRow | None:
    """What opens a connection, by name or id."""
    return await db.find(ConnectionRow, _ROW + "AND (c.name = %(ref)s OR c.id::text = %(ref)s)", ref=ref)


async def has_name(db: Db, name: str) -> bool:
    """Whether a connection is called so."""
    return bool(
        await db.value("SELECT 1 FROM connections WHERE workspace_id = %(workspace)s AND name = %(name)s", name=name)
    )


async def insert_credential(db: Db, id: str, wrapped: bytes, sealed: bytes, hosts: Sequence[str]) -> None:
    """Keep a sealed credential."""
    await db.execute(
        """INSERT INTO credentials (workspace_id, id, wrapped, sealed, hosts)
           VALUES (%(workspace)s, %(id)s, %(wrapped)s, %(sealed)s, %(hosts)s)""",
        id=id, wrapped=wrapped, sealed=sealed, hosts=list(hosts),
    )  # fmt: skip


async def update_credential(db: Db, id: str, wrapped: bytes, sealed: bytes, hosts: Sequence[str]) -> None:
    """Put another secret in its place."""
    await db.execute(
        """UPDATE credentials SET wrapped = %(wrapped)s, sealed = %(sealed)s, hosts = %(hosts)s,
               rotated_at = troupe_now()
           WHERE workspace_id = %(workspace)s AND id = %(id)s""",
        id=id, wrapped=wrapped, sealed=sealed, hosts=list(hosts),
    )  # fmt: skip


async def renew_credential(db: Db, id: str, wrapped: bytes, sealed: bytes) -> None:
    """Other fields under the same key; a credential that a person has replaced meanwhile stays theirs."""
    await db.execute(
        """UPDATE credentials SET sealed = %(sealed)s
           WHERE workspace_id = %(workspace)s AND id = %(id)s AND wrapped = %(wrapped)s""",
        id=id, wrapped=wrapped, sealed=sealed,
    )  # fmt: skip


async def remove_credential(db: Db, id: str) -> None:
    """Forget a secret."""
    await db.execute("DELETE FROM credentials WHERE workspace_id = %(workspace)s AND id = %(id)s", id=id)


async def insert_connection(
    db: Db, id: str, name: str, connector: str, config: dict[str, Any], credential: str | None, by: str
) -> bool:
    """A new connection, not tried yet; whether its name was free."""
    return bool(
        await db.execute(
            """INSERT INTO connections (workspace_id, id, name, connector, config, credential_id, status, created_by)
               VALUES (%(workspace)s, %(id)s, %(name)s, %(connector)s, %(config)s, %(credential)s, 'failed', %(by)s)
               ON CONFLICT (workspace_id, name) DO NOTHING""",
            id=id, name=name, connector=connector, config=config, credential=credential, by=by,
        )
    )  # fmt: skip


async def update_connection(db: Db, id: str, name: str, config: dict[str, Any], credential: str | None) -> bool:
    """What it is and is called; whether the name was free."""
    return bool(
        await db.execute(
            """UPDATE connections SET name = %(name)s, config = %(config)s, credential_id = %(credential)s
               WHERE workspace_id = %(workspace)s AND id = %(id)s AND NOT EXISTS (
                   SELECT FROM connections o WHERE o.workspace_id = %(workspace)s AND o.name = %(name)s
                   AND o.id <> %(id)s)""",
            id=id, name=name, config=config, credential=credential,
        )
    )  # fmt: skip


async def update_checked(db: Db, id: str, account: str, error: dict[str, Any] | None, *, loaded: bool) -> None:
    """What a try has shown; `loaded`: its tools were asked for too."""
    await db.execute(
        """UPDATE connections SET status = CASE WHEN %(error)s::jsonb IS NULL THEN 'ok' ELSE 'failed' END,
               account = %(account)s, error = %(error)s, checked_at = troupe_now(),
               tools_at = CASE WHEN %(loaded)s THEN troupe_now() ELSE tools_at END
           WHERE workspace_id = %(workspace)s AND id = %(id)s""",
        id=id, account=account, error=error, loaded=loaded,
    )  # fmt: skip


async def touch(db: Db, id: str) -> None:
    """It is used, and its credential; written once a minute at most."""
    await db.execute(
        """WITH used AS (
               UPDATE connections SET last_used_at = troupe_now()
               WHERE workspace_id = %(workspace)s AND id = %(id)s
                 AND coalesce(last_used_at, '-infinity') < troupe_now() - interval '1 minute'
               RETURNING credential_id)
           UPDATE credentials SET last_used_at = troupe_now()
           WHERE workspace_id = %(workspace)s AND id IN (SELECT credential_id FROM used)""",
        id=id,
    )


async def remove_connection(db: Db, id: str) -> str | None:
    """Remove it and its tools; its credential's id. Raises NotFound."""
    rows = await db.rows(
        """DELETE FROM connections WHERE workspace_id = %(workspace)s AND id::text = %(id)s
           RETURNING credential_id""",
        id=id,
    )
    if not rows:
        await get_connection(db, id)
    return rows[0]["credential_id"] if rows else None


async def put_tools(db: Db, connection: str, tools: list[dict[str, Any]], *, approved: bool) -> None:
    """Make a connection's tools these: those that are there keep their id and what was approved of them."""
    await db.execute(
        """INSERT INTO connection_tools AS t (workspace_id, connection_id, id, name, title, description, input_schema,
               effect, locator, tags, hash, approved_hash, search, lengths)
           SELECT %(workspace)s, %(connection)s, n.id, n.name, n.title, n.description, n.input_schema, n.effect,
               n.locator, n.tags, n.hash, CASE WHEN %(approved)s THEN n.hash END,
               setweight(to_tsvector('english', n.a), 'A') || setweight(to_tsvector('english', n.b), 'B')
                   || setweight(to_tsvector('english', n.c), 'C'), n.lengths
           FROM jsonb_to_recordset(%(given)s -> 'tools') AS n (id uuid, name text, title text, description text,
               input_schema jsonb, effect text, locator jsonb, tags text[], hash text, a text, b text, c text,
               lengths int[])
           ON CONFLICT (connection_id, name) DO UPDATE SET title = excluded.title, description = excluded.description,
               input_schema = excluded.input_schema, effect = excluded.effect, locator = excluded.locator,
               tags = excluded.tags, hash = excluded.hash, search = excluded.search, lengths = excluded.lengths,
               approved_hash = coalesce(excluded.approved_hash, t.approved_hash)""",
        connection=connection, given={"tools": tools}, approved=approved,
    )  # fmt: skip
    await db.execute(
        """DELETE FROM connection_tools WHERE workspace_id = %(workspace)s AND connection_id = %(connection)s
           AND name <> ALL (%(names)s)""",
        connection=connection, names=[t["name"] for t in tools],
    )  # fmt: skip


async def list_tools(
    db: Db, connection: str, ids: Sequence[str] | None, after: str | None, limit: int
) -> list[ConnectionTool]:
    """Tools of a connection by id, or these of them."""
    return await db.all(
        ConnectionTool,
        _SHOWN + """AND (%(ids)s::uuid[] IS NULL OR t.id = ANY(%(ids)s::uuid[]))
                    AND (%(after)s::uuid IS NULL OR t.id > %(after)s::uuid) ORDER BY t.id LIMIT %(limit)s""",
        connection=connection, ids=None if ids is None else list(ids), after=after, limit=limit,
    )  # fmt: skip


async def approve_tool(db: Db, connection: str, name: str) -> ConnectionTool:
    """What it is at this moment may be used. Raises NotFound."""
    await db.execute(
        """UPDATE connection_tools SET approved_hash = hash
           WHERE workspace_id = %(workspace)s AND connection_id = %(connection)s AND name = %(name)s""",
        connection=connection, name=name,
    )  # fmt: skip
    return await db.one(ConnectionTool, _SHOWN + "AND t.name = %(name)s", connection=connection, name=name)


async def find_tools(db: Db, connection: str, like: Sequence[str]) -> list[ToolRow]:
    """Tools of a connection whose names match one of these patterns of LIKE."""
    return await db.all(
        ToolRow, _TOOL + "AND t.connection_id = %(connection)s AND t.name LIKE ANY (%(like)s) ORDER BY t.id",
        connection=connection, like=list(like),
    )  # fmt: skip


async def get_tools(db: Db, ids: Sequence[str]) -> list[ToolRow]:
    """Tools by their ids."""
    return await db.all(ToolRow, _TOOL + "AND t.id = ANY(%(ids)s::uuid[])", ids=list(ids))


async def list_overviews(db: Db) -> list[Overview]:
    """Every connection, and how many tools it offers."""
    return await db.all(
        Overview,
        """SELECT c.name, c.connector, c.account,
                  (SELECT count(*) FROM connection_tools t WHERE t.workspace_id = c.workspace_id
                   AND t.connection_id = c.id AND t.approved_hash = t.hash) AS tools
           FROM connections c WHERE c.workspace_id = %(workspace)s ORDER BY c.name LIMIT 1000""",
    )


async def stem(db: Db, words: Sequence[str]) -> dict[str, list[str]]:
    """The lexemes of each word; none for words that say nothing."""
    rows = await db.rows(
        """SELECT w.word, tsvector_to_array(to_tsvector('english', w.word)) AS lexemes
           FROM unnest(%(words)s::text[]) AS w (word)""",
        words=list(words),
    )
    return {row["word"]: row["lexemes"] for row in rows}


async def match(db: Db, lexemes: Sequence[str], connections: Sequence[str] | None, *, approved: bool) -> list[Matched]:
    """Where these lexemes stand in the tools of these connections (by id), or of all."""
    return await db.all(
        Matched,
        """SELECT t.id, u.lexeme, array_to_string(u.weights, '') AS weights, t.lengths
           FROM connection_tools t CROSS JOIN LATERAL unnest(t.search) AS u
           WHERE t.workspace_id = %(workspace)s AND u.lexeme = ANY (%(lexemes)s)
             AND t.search @@ array_to_string(%(quoted)s::text[], ' | ')::tsquery
             AND (%(connections)s::uuid[] IS NULL OR t.connection_id = ANY (%(connections)s::uuid[]))
             AND (NOT %(approved)s OR t.approved_hash = t.hash)""",
        lexemes=list(lexemes), quoted=["'" + word.replace("'", "''") + "'" for word in lexemes],
        connections=None if connections is None else list(connections), approved=approved,
    )  # fmt: skip


async def measure(db: Db, connections: Sequence[str] | None) -> dict[str, Any]:
    """How many tools there are to search, and how long their fields A, B and C are on average."""
    rows = await db.rows(
        """SELECT count(*) AS count, avg(lengths[1])::float8 AS a, avg(lengths[2])::float8 AS b,
                  avg(lengths[3])::float8 AS c
           FROM connection_tools t WHERE t.workspace_id = %(workspace)s
             AND (%(connections)s::uuid[] IS NULL OR t.connection_id = ANY (%(connections)s::uuid[]))""",
        connections=None if connections is None else list(connections),
    )
    return rows[0]


async def find_ids(db: Db, refs: Sequence[str]) -> list[str]:
    """The ids of connections by their names or ids."""
    rows = await db.rows(
        """SELECT id FROM connections WHERE workspace_id = %(workspace)s
           AND (name = ANY (%(refs)s) OR id::text = ANY (%(refs)s))""",
        refs=list(refs),
    )
    return [row["id"] for row in rows]
