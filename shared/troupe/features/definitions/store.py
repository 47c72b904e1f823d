"""All SQL of versioned definitions: workflows and agents alike."""

from datetime import datetime
from typing import Any, LiteralString

from pydantic import BaseModel

from troupe.base.db import Db


class VersionRow(BaseModel, frozen=True):
    """A version and the definition it is of (none for a text that was run as it is)."""

    id: str
    definition_id: str | None
    kind: str | None
    name: str | None
    path: str | None
    number: int
    hash: str
    title: str
    text: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    created_by: str
    created_at: datetime


_VERSION: LiteralString = """
SELECT v.id, v.definition_id, d.kind, d.name, d.path, v.number, v.hash, v.title, v.text, v.input_schema,
       v.output_schema, v.created_by, v.created_at
FROM versions v LEFT JOIN definitions d ON d.id = v.definition_id
"""
_NEWEST: LiteralString = "v.number = (SELECT max(number) FROM versions n WHERE n.definition_id = v.definition_id)"


async def find_version(db: Db, kind: str, ref: str, number: int | None, alias: str | None) -> VersionRow | None:
    """By the definition's name or id; `number`, or `alias`, or else `production` where it is set, or the newest."""
    return await db.find(
        VersionRow,
        _VERSION
        + """LEFT JOIN aliases a ON a.definition_id = d.id AND a.name = coalesce(%(alias)s, 'production')
             WHERE v.workspace_id = %(workspace)s AND d.kind = %(kind)s AND (d.name = %(ref)s OR d.id::text = %(ref)s)
               AND CASE WHEN %(number)s::int IS NOT NULL THEN v.number = %(number)s
                        WHEN %(alias)s::text IS NOT NULL OR a.version_id IS NOT NULL THEN v.id = a.version_id
                        ELSE """
        + _NEWEST
        + " END",
        kind=kind, ref=ref, number=number, alias=alias,
    )  # fmt: skip


async def find_newest(db: Db, kind: str, ref: str) -> VersionRow | None:
    """The newest version of a definition, by name or id."""
    return await db.find(
        VersionRow,
        _VERSION + "WHERE v.workspace_id = %(workspace)s AND d.kind = %(kind)s "
        "AND (d.name = %(ref)s OR d.id::text = %(ref)s) AND " + _NEWEST,
        kind=kind, ref=ref,
    )  # fmt: skip


async def get_version(db: Db, id: str) -> VersionRow:
    """A version by its own id. Raises NotFound."""
    return await db.one(VersionRow, _VERSION + "WHERE v.workspace_id = %(workspace)s AND v.id = %(id)s", id=id)


async def find_loose(db: Db, hash: str) -> VersionRow | None:
    """A text that was run as it is."""
    return await db.find(
        VersionRow,
        _VERSION + "WHERE v.workspace_id = %(workspace)s AND v.definition_id IS NULL AND v.hash = %(hash)s LIMIT 1",
        hash=hash,
    )


async def list_newest(db: Db, kind: str, after: str | None, limit: int) -> list[VersionRow]:
    """The newest version of every definition, by definition id."""
    return await db.all(
        VersionRow,
        _VERSION
        + "WHERE v.workspace_id = %(workspace)s AND d.kind = %(kind)s "
        "AND (%(after)s::uuid IS NULL OR d.id < %(after)s::uuid) AND "
        + _NEWEST
        + " ORDER BY d.id DESC LIMIT %(limit)s",
        kind=kind, after=after, limit=limit,
    )  # fmt: skip


async def list_versions(db: Db, definition: str, after: str | None, limit: int) -> list[VersionRow]:
    """The versions of a definition, newest first."""
    return await db.all(
        VersionRow,
        _VERSION
        + """WHERE v.workspace_id = %(workspace)s AND v.definition_id = %(definition)s
               AND (%(after)s::uuid IS NULL OR v.id < %(after)s::uuid)
             ORDER BY v.id DESC LIMIT %(limit)s""",
        definition=definition, after=after, limit=limit,
    )  # fmt: skip


async def lock_definition(db: Db, id: str) -> None:
    """Let nobody else add a version until we commit."""
    await db.execute("SELECT 1 FROM definitions WHERE workspace_id = %(workspace)s AND id = %(id)s FOR UPDATE", id=id)


async def insert_definition(db: Db, id: str, kind: str, name: str, path: str | None) -> bool:
    """A new definition; False where the name is taken."""
    return bool(
        await db.execute(
            """INSERT INTO definitions (workspace_id, id, kind, name, path)
               VALUES (%(workspace)s, %(id)s, %(kind)s, %(name)s, %(path)s) ON CONFLICT DO NOTHING""",
            id=id, kind=kind, name=name, path=path,
        )
    )  # fmt: skip


async def update_definition(db: Db, id: str, name: str, path: str | None) -> None:
    """The name that its newest version gives, and the file it came from where one is known."""
    await db.execute(
        "UPDATE definitions SET name = %(name)s, path = coalesce(%(path)s, path) "
        "WHERE workspace_id = %(workspace)s AND id = %(id)s",
        id=id, name=name, path=path,
    )  # fmt: skip


async def insert_version(
    db: Db, id: str, definition: str | None, number: int, hash: str, title: str, text: str,
    input_schema: dict[str, Any], output_schema: dict[str, Any], created_by: str,
) -> None:  # fmt: skip
    """An immutable version."""
    await db.execute(
        """INSERT INTO versions (workspace_id, id, definition_id, number, hash, title, text, input_schema,
                                 output_schema, created_by)
           VALUES (%(workspace)s, %(id)s, %(definition)s, %(number)s, %(hash)s, %(title)s, %(text)s, %(input_schema)s,
                   %(output_schema)s, %(created_by)s)""",
        id=id, definition=definition, number=number, hash=hash, title=title, text=text, input_schema=input_schema,
        output_schema=output_schema, created_by=created_by,
    )  # fmt: skip


async def move_alias(db: Db, definition: str, name: str, version: str) -> None:
    """Let a name stand for this version from now on."""
    await db.execute(
        """INSERT INTO aliases (workspace_id, definition_id, name, version_id)
           VALUES (%(workspace)s, %(definition)s, %(name)s, %(version)s)
           ON CONFLICT (definition_id, name) DO UPDATE SET version_id = excluded.version_id, moved_at = troupe_now()""",
        definition=definition, name=name, version=version,
    )  # fmt: skip


async def list_aliases(db: Db, definition: str) -> dict[str, int]:
    """Alias to version number."""
    rows = await db.rows(
        """SELECT a.name, v.number FROM aliases a JOIN versions v ON v.id = a.version_id
           WHERE a.workspace_id = %(workspace)s AND a.definition_id = %(definition)s ORDER BY a.name""",
        definition=definition,
    )
    return {row["name"]: row["number"] for row in rows}
