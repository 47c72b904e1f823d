"""Runs: start, watch and steer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from pydantic import JsonValue

from troupe.base.errors import BadInput, Conflict, NotFound, Problem, TooLarge
from troupe.base.ids import RunId, is_id, new_id
from troupe.base.values import check_depth, clean, dump
from troupe.durable import store as journal
from troupe.durable.models import Row
from troupe.durable.models import Run as HeldRun
from troupe.durable.outbox.store import insert_messages
from troupe.features.definitions import service as definitions
from troupe.features.definitions import store as versions
from troupe.features.definitions.store import VersionRow
from troupe.features.runs import store
from troupe.features.runs.models import (
    OVER,
    ForkRun,
    Place,
    Run,
    SendSignal,
    Settle,
    SignalKept,
    StartRun,
    Step,
    Subject,
    Used,
    Which,
)
from troupe.features.runs.views import run_view, step_view
from troupe.features.scope import Caller, Runner, Scope
from troupe.features.workflows import service as workflows
from troupe.ports.queue import Message

LARGE = 128 * 1024
STOPPED = "run.stopped"  # the kind of the message that a run was asked to end, for those who wait for its end
GRAPH = "graph"
EPOCH, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


# ── start ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def start(scope: Scope, what: StartRun) -> Run:
    """Run a workflow, or a text as it is. Raises BadInput with every problem of the text or the input."""
    if (what.workflow is None) == (what.text is None):
        raise BadInput(problems=[Problem("workflow", "one_of", "Give either `workflow` or `text`.")])
    if what.workflow:
        version = await definitions.resolve(scope.db, workflows.WORKFLOW, what.workflow)
    else:
        version = await workflows.keep_loose(scope, what.text or "")
    given = clean_input(what.input)
    only = None if what.only is None else workflows.check_only(version, what.only, what.outputs)
    if only is None:
        definitions.check_input(version, given)
    return await launch(
        scope,
        GRAPH,
        given,
        version=version,
        dry_run=what.dry_run,
        budget=what.budget,
        only=only,
        outputs=what.outputs,
    )


async def launch(
    scope: Scope, program: str, given: JsonValue, *, version: VersionRow | None = None, major: int = 1,
    dry_run: bool = False, budget: float | None = None, only: str | None = None,
    outputs: dict[str, JsonValue] | None = None, origin: Row | None = None, id: str | None = None,
) -> Run:  # fmt: skip
    """A new run of a registered program. It is there when the scope commits, and going as soon as there is room."""
    runner = None if outputs or origin is not None else _with_room(scope)
    row: Row = await _new(scope, program, given, runner, id) | {
        "major": major, "version_id": version.id if version else None,
        "subject": f"{version.kind}:{version.definition_id}" if version and version.definition_id else None,
        "dry_run": dry_run, "only_node": only, "budget_usd": budget,
    } | (origin or {})  # fmt: skip
    at = await journal.insert_run(scope.db, row)
    if outputs:
        await journal.insert_outputs(scope.db, row["id"], outputs)
    scope.after.append(lambda: _go(scope, row, given, runner))
    return _born(row, given, at, version)


async def launch_apart(who: Caller, program: str, given: JsonValue) -> tuple[Run, Callable[[], None]]:
    """A new run of a program that needs no version, born in a transaction that it may share with others of its
    workspace; and what lets it go, for who wants to listen before. Raises Forbidden."""
    who.require("editor")
    runner = _with_room(who)
    row = await _new(who, program, given, runner)
    at = await who.parts.births.insert(who.workspace, row)
    return _born(row, given, at, None), lambda: _go(who, row, given, runner)


async def _new(
    who: Scope | Caller, program: str, given: JsonValue, runner: Runner | None, id: str | None = None
) -> Row:
    """The row of a run that has nothing but its program and its input."""
    id = id or new_id()
    raw = dump(given)
    ref = None
    if len(raw) > LARGE:
        ref = f"file:runs/{id}/input"
        await who.parts.files.put(who.workspace, ref[5:], raw)
    return {
        "id": id, "program": program, "major": 1, "version_id": None, "subject": None, "origin_id": None,
        "origin_step": None, "repeats": None, "dry_run": False, "only_node": None,
        "input": None if ref else raw.decode(), "input_ref": ref, "budget_usd": None,
        "worker": runner.id if runner else None,
    }  # fmt: skip


def _with_room(who: Scope | Caller) -> Runner | None:
    """Who may hold a new run at once."""
    runner = who.parts.runner
    return runner if runner is not None and runner.has_room(who.workspace) else None


def _go(who: Scope | Caller, row: Row, given: JsonValue, runner: Runner | None) -> None:
    """A run is there: let it be advanced."""
    id = RunId(row["id"])
    if runner is None:
        who.parts.orchestrator.wake(id)
        return
    more = {name: row[name] for name in ("version_id", "subject", "major", "dry_run", "only_node", "budget_usd")}
    runner.adopt(HeldRun(id, who.workspace, id, row["program"], given, 1, **more), fresh=True)


def _born(row: Row, given: JsonValue, at: datetime, version: VersionRow | None) -> Run:
    held = row["worker"] is not None
    return Run(
        id=row["id"], status="running" if held else "queued", input=given, dry_run=row["dry_run"], created_at=at,
        started_at=at if held else None,
        origin=Place(run_id=row["origin_id"], step=row["origin_step"]) if row["origin_id"] else None,
        **_subject(version),
    )  # fmt: skip


def _subject(version: VersionRow | None) -> dict[str, Any]:
    """`workflow` or `agent` of a run, where its version is one of a definition."""
    if version is None or version.kind is None or version.definition_id is None:
        return {}
    return {version.kind: Subject(id=version.definition_id, name=version.name or "", version=version.number)}


def clean_input(given: JsonValue) -> JsonValue:
    """What may be stored of an input. Raises BadInput where it nests too deep."""
    check_depth(given)
    return cast(JsonValue, clean(given))


def poke(scope: Scope, run: str) -> None:
    """Let whoever advances runs look at this one."""
    scope.parts.orchestrator.wake(RunId(run))


# ── watch ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def get(scope: Scope, id: str) -> Run:
    """One run with its input and output. Raises NotFound."""
    row = await _row(scope, id)
    run = run_view(row)
    more: dict[str, Any] = {}
    for field, ref in (("input", row.input_ref), ("output", row.output_ref)):
        if ref:
            more[field] = orjson.loads(await scope.parts.files.get(scope.workspace, ref[5:]))
    if run.status not in OVER:
        more["usage"] = Used.model_validate(await store.sum_usage(scope.db, id))
    return run.model_copy(update=more)


async def list_runs(scope: Scope, which: Which, after: str | None, limit: int) -> list[Run]:
    """Runs, newest first; large inputs and outputs are left out."""
    if which.parent is not None and not is_id(which.parent):
        return []
    rows = await store.list_runs(
        scope.db, which.status, which.workflow, after, limit, agent=which.agent, since=within(which.since),
        until=within(which.until), parent=which.parent,
    )  # fmt: skip
    return [run_view(row) for row in rows]


def within(at: datetime | None) -> datetime | None:
    """An instant for which ids can be made; ids count from 1970."""
    return at and min(max(at, EPOCH), LAST)


async def list_steps(scope: Scope, id: str, key: str | None, after: str | None, limit: int) -> list[Step]:
    """Steps of a run, by key. Raises NotFound."""
    await _row(scope, id)
    rows = await store.list_steps(scope.db, id, key, after, limit)
    runner = scope.parts.runner
    inputs = await runner.inputs(id) if runner and rows else {}
    return [step_view(row, cast(JsonValue, inputs.get(row.key))) for row in rows]


async def _row(scope: Scope, id: str) -> store.RunRow:
    if not is_id(id):
        raise NotFound("No run with this id in this workspace.")
    try:
        return await store.get_run(scope.db, id)
    except NotFound:
        raise NotFound("No run with this id in this workspace.") from None


# ── steer ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def signal(scope: Scope, id: str, what: SendSignal) -> SignalKept:
    """Keep a message for a run, early or not. Raises Conflict where the run is over."""
    row = await _row(scope, id)
    if row.status in OVER:
        raise Conflict(f"The run is {row.status}; nothing can reach it any more.", code="run_over")
    signal_id = new_id()
    new = await journal.insert_signal(
        scope.db, signal_id, id, what.name, what.dedupe or signal_id, clean_input(what.payload)
    )
    scope.after.append(lambda: poke(scope, id))
    return SignalKept(id=signal_id, delivered=new)


async def settle(scope: Scope, id: str, what: Settle) -> Run:
    """Say what became of an unclear step. Raises Conflict where it is clear, or where it is too early to say."""
    await _row(scope, id)
    try:
        step = await store.get_step(scope.db, id, what.step)
    except NotFound:
        raise NotFound(f"The run has no step {what.step!r}.") from None
    if step.state != "unknown":
        raise Conflict(f"The step is {step.state}, not unknown: there is nothing to settle.", code="not_unknown")
    if what.outcome == "not_happened" and step.due and not await store.is_past(scope.db, step.due):
        raise Conflict(
            "An attempt may still be under way; it cannot be said yet that it did not happen.",
            code="too_early", hint=f"Try again after {step.due.isoformat()}.",
        )  # fmt: skip
    said = {"outcome": what.outcome, "output": clean_input(what.output), "note": what.note, "by": scope.actor}
    name = f"$settle/{what.step}/{step.attempt}"
    if not await journal.insert_signal(scope.db, new_id(), id, name, "settle", said):
        raise Conflict("The step has just been settled by somebody else.", code="not_unknown")
    scope.after.append(lambda: poke(scope, id))
    return await get(scope, id)


async def resume(scope: Scope, id: str, note: str) -> Run:
    """Let a run out of quarantine. Raises Conflict where it is in none."""
    row = await _row(scope, id)
    if not await journal.update_resumed(scope.db, id, note):
        hint = "Fork it instead." if row.status == "failed" or row.reason == "diverged" else ""
        raise Conflict("Only a run in review for a crash loop can be resumed.", code="not_quarantined", hint=hint)
    scope.after.append(lambda: poke(scope, id))
    return await get(scope, id)


async def terminate(scope: Scope, id: str, reason: str) -> Run:
    """Ask a run and those below it to end; asking again changes nothing."""
    await _row(scope, id)
    if await journal.update_stop(scope.db, id, reason or "ended by a person"):
        await insert_messages(scope.db, [Message(new_id(), scope.workspace, STOPPED, {"run": id})])
        scope.after.append(scope.parts.queue.wake)
    scope.after.append(lambda: poke(scope, id))
    return await get(scope, id)


async def fork(scope: Scope, id: str, what: ForkRun) -> Run:
    """A new run that keeps what the old one did before a step. The old one never changes."""
    row = await _row(scope, id)
    if row.version_id is None:
        raise Conflict("Only runs of a workflow or an agent can be forked.", code="not_forkable")
    if not await journal.lock_origin(scope.db, id):
        raise NotFound("No run with this id in this workspace.")
    steps = await store.list_order(scope.db, id)
    if unsettled := [step.key for step in steps if step.state == "unknown"]:
        raise Conflict(f"Settle the unclear step {unsettled[0]!r} first.", code="unknown_unsettled")
    old = await versions.get_version(scope.db, row.version_id)
    version = old if what.version is None else await definitions.get_number(scope, old, what.version)
    keys = [step.key for step in steps]
    by_graph = row.program == GRAPH
    keep = workflows.kept_on_fork(version, what.from_step, keys) if by_graph else _before(steps, what.from_step)
    given = row.input
    if row.input_ref:
        given = orjson.loads(await scope.parts.files.get(scope.workspace, row.input_ref[5:]))
    if what.input is not None:
        given = clean_input(what.input)
        definitions.check_input(version, given)
    run = await launch(
        scope, row.program, given, version=version, dry_run=row.dry_run, budget=row.budget_usd,
        origin={"origin_id": id, "origin_step": what.from_step, "repeats": what.repeat_effects},
    )  # fmt: skip
    await journal.copy_steps(scope.db, id, run.id, keep)
    if what.outputs:
        await journal.insert_outputs(scope.db, run.id, {k: clean_input(v) for k, v in what.outputs.items()})
    return run


def _before(steps: list[store.Ended], from_step: str) -> list[str]:
    """What a program that is no graph keeps: all that had ended when the step did. Raises NotFound."""
    start = next((step for step in steps if step.key == from_step), None)
    if start is None:
        raise NotFound(f"The run has no step {from_step[:200]!r}.")
    return [step.key for step in steps if step.seq is not None and (start.seq is None or step.seq < start.seq)]


def refuse_large(size: int, limit: int) -> None:
    """Raises TooLarge."""
    if size > limit:
        raise TooLarge(f"A JSON body may have {limit // 1_000_000} MB; send more through /files.")
