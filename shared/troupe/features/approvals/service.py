"""Approvals: list, look, decide."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import datetime
from typing import Any, cast

from troupe.base.errors import Conflict, Forbidden, NotFound
from troupe.base.ids import RunId, is_id, new_id
from troupe.base.values import canonical, check_depth, clean
from troupe.durable import store as journal
from troupe.features.approvals import store
from troupe.features.approvals.models import Approval, Decide, Status
from troupe.features.scope import ROLES, Scope

RISK = {"pure": "low", "read": "low", "idempotent": "medium", "once": "high"}
SAID: dict[str, Status] = {"approve": "approved", "refuse": "refused", "expired": "expired"}


def id_of(run: str, key: str) -> str:
    """An approval's id: its run and step, sealed into one word."""
    return urlsafe_b64encode(f"{run}/{key}".encode()).decode().rstrip("=")


def place_of(id: str) -> tuple[str, str]:
    """Run and step of an approval's id. Raises NotFound."""
    try:
        run, _, key = urlsafe_b64decode(id.encode() + b"==").decode().partition("/")
    except (Error, ValueError):
        run, key = "", ""
    if not is_id(run) or "\x00" in key:
        raise NotFound("No approval with this id in this workspace.")
    return run, key


async def get(scope: Scope, id: str) -> Approval:
    """One approval. Raises NotFound."""
    return view(await _row(scope, id))


async def list_approvals(
    scope: Scope, status: Status | None, after: datetime | None, limit: int, run: str | None = None
) -> list[Approval]:
    """Approvals, newest first; with `run` those of one run."""
    if run is not None and not is_id(run):
        return []
    return [view(row) for row in await store.list_approvals(scope.db, status, after, limit, run)]


async def list_below(scope: Scope, root: str) -> list[Approval]:
    """What a run at the top of its tree, or one below it, waits for a person to decide, the oldest first."""
    return [a for a in map(view, await store.list_below(scope.db, root)) if a.status == "pending"]


async def decide(scope: Scope, id: str, what: Decide) -> Approval:
    """Decide once. Raises Conflict: decided already, expired, or the arguments are not those that were seen."""
    run, key = place_of(id)
    await store.lock_run(scope.db, run)
    row = await _row(scope, id)
    asked = view(row)
    if asked.deciders and not any(ROLES.index(scope.role) >= ROLES.index(r) for r in asked.deciders if r in ROLES):
        raise Forbidden(f"This is for {' or '.join(asked.deciders)} to decide; your role is {scope.role}.")
    if what.arguments_hash != asked.arguments_hash:
        raise Conflict("These are not the arguments that wait for a decision; look again.", code="arguments_changed")
    if asked.status != "pending":
        who = f" by {asked.decided_by}" if asked.decided_by else ""
        raise Conflict(f"This has been {asked.status}{who} already.", code="approval_decided")
    check_depth(what.arguments)
    said: dict[str, Any] = {"decision": what.decision, "reason": what.reason, "decided_by": scope.actor}
    if what.decision == "approve" and what.arguments is not None:
        edited = clean(what.arguments)
        said |= {"arguments": edited, "edited_hash": hashlib.sha256(canonical(edited)).hexdigest()}
    if not await journal.insert_signal(scope.db, new_id(), run, f"$approval/{key}", "decision", cast(Any, clean(said))):
        raise Conflict("Somebody else has just decided.", code="approval_decided")
    scope.after.append(lambda: scope.parts.orchestrator.wake(RunId(run)))
    return await get(scope, id)


async def _row(scope: Scope, id: str) -> store.Row:
    run, key = place_of(id)
    try:
        return await store.get_approval(scope.db, run, key)
    except NotFound:
        raise NotFound("No approval with this id in this workspace.") from None


def view(row: store.Row) -> Approval:
    """A step that asks, as a person sees it."""
    request = row.result["request"]
    said = row.result if "decision" in row.result else row.decision or {}
    over = row.run_status in ("completed", "failed", "terminated")
    status = SAID.get(said.get("decision", "")) or ("cancelled" if over else "expired" if row.late else "pending")
    return Approval(
        id=id_of(row.run_id, row.key), run_id=row.run_id, step=row.key, title=request["title"], block=request["block"],
        arguments=request["arguments"], arguments_hash=request["arguments_hash"], effect=request["effect"],
        risk=RISK[request["effect"]],  # pyright: ignore[reportArgumentType]  the table's values are its literals
        requested_by=row.requested_by, deciders=request["by"], expires_at=row.due, status=status,
        decided_by=said.get("decided_by"), reason=said.get("reason"), created_at=row.started_at,
    )  # fmt: skip
