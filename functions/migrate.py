"""Migrate: called by a deployment, `{owner?}` → the schema is brought up to date → `{applied}`, the names of what was.

`owner` is the mail address of who shall own the first workspace; who is in a workspace already gets no other one.

The only function that signs in to the database as its owner. With TROUPE_LOGIN_SECRET it sees to the login of all the
others: it takes the roles of the app and the engine, and owns nothing.
"""

from typing import Any

import psycopg
from psycopg import sql

from functions.kept import logins_of, settings_of_a_function
from functions.loop import complete
from functions.observed import observed
from troupe.app.wiring import Logins, migrate
from troupe.base.db import APP, ENGINE, Database
from troupe.base.settings import Settings
from troupe.features.accounts.service import found_workspace


@observed
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The door."""
    return {"applied": complete(_migrate(settings_of_a_function(), str(event.get("owner") or "").lower()))}


async def _migrate(settings: Settings, owner: str) -> list[str]:
    logins = await logins_of(settings)
    applied = await migrate(logins.owner)
    if settings.login_secret is not None:
        await _see_to_login(logins, settings, settings.login_secret)
    if owner:
        database = await Database(logins.owner, APP, size=1).open()
        try:
            await found_workspace(database, "My workspace", owner)
        finally:
            await database.close()
    return applied


async def _see_to_login(logins: Logins, settings: Settings, secret: str) -> None:
    from troupe.adapters.aws._client import Aws
    from troupe.adapters.aws.secrets import read_login

    aws = Aws(settings.aws_region)
    try:
        user, password = await read_login(aws, secret)
    finally:
        aws.close()
    async with await psycopg.AsyncConnection.connect(logins.owner, autocommit=True) as owner:
        found = await owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,))
        verb = sql.SQL("ALTER" if await found.fetchone() else "CREATE")
        await owner.execute(
            sql.SQL("{} ROLE {} LOGIN NOINHERIT PASSWORD {}").format(verb, sql.Identifier(user), sql.Literal(password))
        )
        roles = sql.SQL(", ").join(map(sql.Identifier, (APP, ENGINE)))
        await owner.execute(sql.SQL("GRANT {} TO {}").format(roles, sql.Identifier(user)))
