"""Accounts: know a caller by a secret, make and revoke secrets."""

import hashlib
import math
import secrets
import time
from datetime import UTC, datetime, timedelta

from troupe.base.db import Database, Db
from troupe.base.errors import Conflict, Forbidden, NotFound, TooManyRequests, Unauthorized
from troupe.base.ids import WorkspaceId, is_id, new_id
from troupe.features.accounts import store
from troupe.features.accounts.issuer import is_signed
from troupe.features.accounts.models import (
    Identity,
    Me,
    Member,
    NewMember,
    NewToken,
    Role,
    SignIn,
    Token,
    TokenMade,
    Workspace,
)  # fmt: skip
from troupe.features.accounts.passwords import hash_password, same_password
from troupe.features.scope import ROLES, Parts, Scope

LAPTOP = WorkspaceId("00000000-0000-7000-8000-000000000001")  # the one workspace of a laptop
SESSION_DAYS = 30
CODE_LIFE = timedelta(minutes=10)
TRIES, TRIES_OF_ALL = (5, 60), (30, 60)  # to sign in with a password: so many in so many seconds
_KNOWN_SECONDS = 10.0  # a revoked secret is refused at the latest then
_known: dict[str, tuple[float, Identity]] = {}


def hash_of_secret(secret: str) -> str:
    """What is kept of a secret. It has 256 bits of entropy, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def identify(parts: Parts, secret: str, workspace: str = "") -> Identity:
    """Whom a secret stands for: ours by its hash, a signed one by its issuer, in the workspace that was named or the
    first that let its person in. Raises Unauthorized, Forbidden."""
    digest = hash_of_secret(f"{workspace} {secret}")
    seen = _known.get(digest)
    if seen and seen[0] > time.monotonic():
        return seen[1]
    found = _chosen(await _open_to(parts, secret), workspace)
    if len(_known) > 10_000:
        _known.clear()
    _known[digest] = (time.monotonic() + _KNOWN_SECONDS, found)
    return found


async def _open_to(parts: Parts, secret: str) -> list[Identity]:
    """All that a secret stands for: a person's session follows what they may do today."""
    if parts.issuer is not None and is_signed(secret):
        return await _memberships(parts.database, await parts.issuer.person(secret))
    found = await _bearer(parts.database, secret)
    return await _memberships(parts.database, found.name) if found.member_id else [found]


async def _bearer(database: Database, secret: str) -> Identity:
    digest = hash_of_secret(secret)
    async with database.bearer(digest) as connection:
        found = await store.find_bearer(connection, digest)
    if found is None or found.kind == "code":
        raise Unauthorized("The token is not valid: it is unknown, expired or revoked.")
    return found


async def _memberships(database: Database, email: str) -> list[Identity]:
    async with database.person(email) as connection:
        found = await store.find_memberships(connection, email)
    if not found:
        hint = "Somebody of the workspace adds them: troupe member add."
        raise Forbidden(f"No workspace has let {email} in.", code="no_member", hint=hint)
    return found


def _chosen(found: list[Identity], workspace: str) -> Identity:
    chosen = next((one for one in found if workspace in ("", one.workspace_id)), None)
    if chosen is None:
        raise Forbidden("That workspace has not let you in.", code="no_member")
    return chosen


async def get_me(parts: Parts, secret: str, workspace: str) -> Me:
    """Who shows a secret. Raises Unauthorized, Forbidden."""
    who = await identify(parts, secret, workspace)
    if who.kind == "member":
        async with parts.database.person(who.name) as connection:
            there = await store.find_workspaces(connection, who.name)
    else:
        async with parts.database.workspace(who.workspace_id) as db:
            name = await store.get_workspace_name(db)
        there = [Workspace(id=who.workspace_id, name=name, role=who.role)]
    return Me(**who.model_dump(exclude={"member_id"}), workspaces=there)


async def prepare_laptop(database: Database, token: str, password: str | None = None) -> None:
    """See to the workspace, its owner with the password (or none), and the CLI's token."""
    async with database.workspace(LAPTOP) as db:
        await store.ensure_workspace(db, "My workspace", new_id())
        kept = await store.find_password(db)
        if kept and not (password and await same_password(password, kept)):
            await store.update_password(db, None)
            kept = None
        if password and not kept:
            await store.update_password(db, await hash_password(password))
        await store.insert_token(
            db, new_id(), "token", "CLI of this machine", "owner", token[:8], hash_of_secret(token), None
        )


async def found_workspace(database: Database, name: str, email: str) -> bool:
    """A workspace with its first owner; False where the person is in one already."""
    async with database.person(email) as connection:
        if await store.find_memberships(connection, email):
            return False
    async with database.workspace(WorkspaceId(new_id())) as db:
        return await store.ensure_workspace(db, name, new_id(), email)


async def make_code(database: Database) -> str:
    """A one-time sign-in code for the laptop's owner, good for ten minutes."""
    async with database.workspace(LAPTOP) as db:
        return (await _insert_code(db, "owner"))[0]


async def create_link(scope: Scope, base: str) -> SignIn:
    """A link by which a browser gets the caller's own role."""
    code, until = await _insert_code(scope.db, scope.role)
    return SignIn(url=f"{base}/login?code={code}", expires_at=until)


async def _insert_code(db: Db, role: str) -> tuple[str, datetime]:
    code, until = secrets.token_urlsafe(24), datetime.now(UTC) + CODE_LIFE
    await store.insert_token(db, new_id(), "code", "sign-in link", role, "", hash_of_secret(code), until)
    return code, until


async def redeem_code(database: Database, code: str) -> str:
    """A session's secret for a code, which is used up. Raises Unauthorized."""
    digest = hash_of_secret(code)
    async with database.bearer(digest) as connection:
        found = await store.find_bearer(connection, digest)
    if found is None or found.kind != "code":
        raise Unauthorized("This sign-in link has been used or has expired; start Troupe again for a new one.")
    async with database.workspace(found.workspace_id) as db:
        if not await store.revoke(db, found.id):
            raise Unauthorized("This sign-in link has been used.")
        return await _make_session(db, "link", found.role)


async def sign_in(parts: Parts, password: str, address: str) -> str:
    """A session's secret for the owner's password. Raises Unauthorized, TooManyRequests, Unavailable without a cache.

    Tries are counted before they are judged, by the address they come from and all together. Wrong and not set are the
    same answer after the same time.
    """
    await _count_try(parts, address)
    async with parts.database.workspace(LAPTOP) as db:
        kept = await store.find_password(db)
    if not await same_password(password, kept):
        raise Unauthorized("This is not the password.", code="wrong_password")
    async with parts.database.workspace(LAPTOP) as db:
        return await _make_session(db, "password", "owner")


async def _count_try(parts: Parts, address: str) -> None:
    cache = await parts.cache()
    for key, (limit, seconds) in ((f"sign-in/{address}", TRIES), ("sign-in", TRIES_OF_ALL)):
        if wait := await cache.take(key, limit=limit, seconds=seconds):
            raise TooManyRequests(f"Too many tries to sign in; wait {math.ceil(wait)} s.", code="too_many_tries")


async def sign_in_person(parts: Parts, email: str) -> str:
    """A session's secret for a person whom the issuer vouches for. Raises Forbidden where nobody let them in."""
    first = (await _memberships(parts.database, email))[0]
    async with parts.database.workspace(first.workspace_id) as db:
        return await _make_session(db, email, first.role, first.id)


async def sign_in_token(parts: Parts, secret: str, address: str) -> str:
    """An API token as a browser's secret: good while the token is. Raises Unauthorized, TooManyRequests."""
    await _count_try(parts, address)
    if (await _bearer(parts.database, secret)).kind != "token":
        raise Unauthorized("This is no API token.", code="bad_token")
    return secret


async def sign_out(database: Database, session: str) -> None:
    """Make a browser's session worthless; one that is so already changes nothing."""
    digest = hash_of_secret(session)
    async with database.bearer(digest) as connection:
        found = await store.find_bearer(connection, digest)
    if found is not None and found.kind == "session":
        async with database.workspace(found.workspace_id) as db:
            await store.revoke(db, found.id)
    _known.clear()


async def _make_session(db: Db, by: str, role: Role, member: str | None = None) -> str:
    session, until = secrets.token_urlsafe(32), datetime.now(UTC) + timedelta(days=SESSION_DAYS)
    await store.insert_token(db, new_id(), "session", by, role, "", hash_of_secret(session), until, member)
    return session


async def create_token(scope: Scope, new: NewToken) -> TokenMade:
    """A token of at most the caller's own role."""
    _refuse_above(scope, new.role)
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


async def add_member(scope: Scope, new: NewMember) -> Member:
    """Let a person in, with at most the caller's own role. Raises Conflict where the address is known."""
    _refuse_above(scope, new.role)
    made = await store.insert_member(scope.db, new_id(), new.email.lower(), new.name, new.role)
    if made is None:
        raise Conflict(f"{new.email} is a member already.", code="member_exists")
    return made


async def change_role(scope: Scope, id: str, role: Role) -> Member:
    """What a member may do. Raises NotFound, Forbidden, Conflict for the last owner."""
    member = await _may_change(scope, id, role)
    await store.update_role(scope.db, id, role)
    scope.after.append(_known.clear)
    return member.model_copy(update={"role": role})


async def remove_member(scope: Scope, id: str) -> None:
    """Let a person in no longer: their browsers are shut out at once. Raises NotFound, Forbidden, Conflict."""
    await _may_change(scope, id, None)
    await store.delete_member(scope.db, id)
    scope.after.append(_known.clear)


async def _may_change(scope: Scope, id: str, role: Role | None) -> Member:
    if not is_id(id):
        raise NotFound
    owners, member = await store.count_owners(scope.db), await store.get_member(scope.db, id)
    for one in (member.role, role or member.role):
        _refuse_above(scope, one)
    if member.role == "owner" and role != "owner" and owners == 1:
        raise Conflict("A workspace keeps one owner: make somebody else an owner first.", code="last_owner")
    return member


async def list_members(scope: Scope, after: str | None, limit: int) -> list[Member]:
    """Who is in the workspace."""
    return await store.list_members(scope.db, after, limit)


def _refuse_above(scope: Scope, role: str) -> None:
    if ROLES.index(role) > ROLES.index(scope.role):
        raise Forbidden(f"The role {role} is above your own, {scope.role}.")
