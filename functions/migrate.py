"""Migrate: called by a deployment → the schema is brought up to date → `{applied}`, the names of what was applied.

The only function whose TROUPE_DATABASE_URL is the owner's.
"""

from typing import Any

from functions.kept import logins_of
from functions.loop import complete
from functions.observed import observed
from troupe.app.wiring import migrate
from troupe.base.settings import read_settings


@observed
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The door."""
    return {"applied": complete(migrate(logins_of(read_settings()).owner))}
