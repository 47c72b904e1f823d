"""Accounts: know a caller by a secret, make and revoke secrets."""

import hashlib
import secrets
import time
from datetime import UTC, datetime, timedelta

from troupe.base.db import Database
from troupe.base.errors import Forbidden, NotFound, Unauthorized
from troupe.base.ids import WorkspaceId, is_id, new_id
from troupe.features.accounts import store
from troupe.features.accounts.models import Identity, NewToken, Token, TokenMade
from troupe.features.scope import ROLES, Scope

LAPTOP = WorkspaceId("00000000-0000-7000-8000-000000000001")  # the one workspace of a laptop
SESSION_DAYS = 30
_KNOWN_SECONDS = 10.0  # a revoked secret is refused at the latest then
_known: dict[str, tuple[float, Identity]] = {}


def hash_of_secret(secret: str) -> str:
    """What is kept of a secret. It has 256 bits of entropy, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def identify(database: Database, secret: str) -> Identity:
    """Whom a secret stands for. Raises Unauthorized."""
    digest = hash_of_secret(secret)
    seen = _known.get(digest)
    if seen and seen[0] > time.monotonic():
        return seen[1]
    async with database.bearer(digest) as connection:
        found = await store.find_bearer(connection, digest)
    if found is None or found.kind == "code":
        raise Unauthorized("The token is not valid: it is unknown, expired or revoked.")
    if len(_known) > 10_000:
        _known.clear()
    _known[digest] = (time.monotonic() + _KNOWN_SECONDS, found)
    return found


async def prepare_laptop(database: Database, token: str) -> None:
    """See to the workspace, its owner and the CLI's token."""
    async with database.workspace(LAPTOP) as db:
        await store.ensure_workspace(db, "My workspace", new_id())
        await store.insert_token(
            db, new_id(), "token", "CLI of this machine", "owner", token[:8], hash_of_secret(token), None
        )


async def make_code(database: Database) -> str:
    """A one-time sign-in code for the laptop's owner, good for ten minutes."""
    code = secrets.token_urlsafe(24)
    async with database.workspace(LAPTOP) as db:
        until = datetime.now(UTC) + timedelta(minutes=10)
        await store.insert_token(db, new_id(), "code", "sign-in link", "owner", "", hash_of_secret(code), until)
    return code


async def redeem_code(database: Database, code: str) -> str:
    """A session's secret for a code, which is used up. Raises Unauthorized."""
    digest = hash_of_secret(code)
    async with database.bearer(digest) as connection:
        found = await store.find_bearer(connection, digest)
    if found is None or found.kind != "code":
        raise Unauthorized("This sign-in link has been used or has expired; start Troupe again for a new one.")
    session = secrets.token_urlsafe(32)
    async with database.workspace(found.workspace_id) as db:
        if not await store.revoke(db, found.id):
            raise Unauthorized("This sign-in link has been used.")
        until = datetime.now(UTC) + timedelta(days=SESSION_DAYS)
        await store.insert_token(db, new_id(), "session", "browser", found.role, "", hash_of_secret(session), until)
    return session


async def create_token(scope: Scope, new: NewToken) -> TokenMade:
    """A token of at most the caller's own role."""
    if ROLES.index(new.role) > ROLES.index(scope.role):
        raise Forbidden(f"A {scope.role} cannot make a token with the role {new.role}.")
    secret = f"trp_{secrets.token_urlsafe(32)}"
    id = new_id()
    await store.insert_token(
        scope.db, id, "token", new.name, new.role, secret[:8], hash_of_secret(secret), new.expires_at
    )
    return TokenMade(id=id, prefix=secret[:8], token=secret)


async def list_tokens(scope: Scope, after: str | None, limit: int) -> list[Token]:
    """The workspace's tokens."""
    return await store.list_tokens(scope.db, after, limit)


async def revoke_token(scope: Scope, id: str) -> None:
    """Make a token worthless, at once here and within seconds elsewhere. Raises NotFound."""
    if not is_id(id) or not await store.revoke(scope.db, id):
        raise NotFound
    scope.after.append(_known.clear)
