"""All SQL of files."""

from troupe.base.db import Db
from troupe.features.files.models import File


async def insert_file(db: Db, id: str, name: str, type: str, size: int, sha256: str) -> File:
    """Remember a file whose content is kept; one that is remembered already stays as it is."""
    made = await db.find(
        File,
        """INSERT INTO files (workspace_id, id, name, type, size, sha256)
           VALUES (%(workspace)s, %(id)s, %(name)s, %(type)s, %(size)s, %(sha256)s)
           ON CONFLICT DO NOTHING RETURNING id, name, type, size, sha256, created_at""",
        id=id, name=name, type=type, size=size, sha256=sha256,
    )  # fmt: skip
    return made or await get_file(db, id)


async def get_file(db: Db, id: str) -> File:
    """One file. Raises NotFound."""
    return await db.one(
        File,
        """SELECT id, name, type, size, sha256, created_at FROM files
           WHERE workspace_id = %(workspace)s AND id = %(id)s""",
        id=id,
    )


async def list_files(db: Db, prefix: str, after: str | None, limit: int) -> list[File]:
    """Files whose name starts so, newest first."""
    return await db.all(
        File,
        """SELECT id, name, type, size, sha256, created_at FROM files
           WHERE workspace_id = %(workspace)s AND starts_with(name, %(prefix)s)
             AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
           ORDER BY id DESC LIMIT %(limit)s""",
        prefix=prefix, after=after, limit=limit,
    )  # fmt: skip
