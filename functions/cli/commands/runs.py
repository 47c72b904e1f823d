"""`troupe runs`: list, watch and steer."""

from typing import Annotated, Any

import typer

from functions.cli.follow import Watch, finish, settle_down
from functions.cli.inputs import read_inputs
from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, Limit, fields, json_line, page, value
from troupe.base.errors import BadInput
from troupe.base.values import read_json

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="RUN")]


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="queued, running, review, waiting, completed …")] = None,
    workflow: Annotated[str | None, typer.Option(help="Of this workflow, by name or id.")] = None,
    limit: Limit = 50, cursor: str | None = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Runs, newest first."""
    with reach() as api:
        found = api.get("runs", status=status, workflow=workflow, limit=limit, cursor=cursor)
    page(found, ("id", "status", "created_at", "workflow.version", "workflow.name"), "No runs.", as_json=as_json)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """One run: its state, what it was given and what it gave."""
    with reach() as api:
        found = api.get(f"runs/{segment(id)}")
    if as_json:
        json_line(found)
        return
    names = ("id", "workflow.name", "workflow.version", "status", "reason", "wakes_on", "created_at", "ended_at",
             "usage", "origin", "parent", "input", "error")  # fmt: skip
    fields(found, names)
    if found["output"] is not None:
        value(found["output"])


@app.command()
def steps(
    id: Id, key: Annotated[str | None, typer.Option(help="Only keys that begin so.")] = None, limit: Limit = 200,
    cursor: str | None = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """The steps of a run."""
    with reach() as api:
        found = api.get(f"runs/{segment(id)}/steps", key=key, limit=limit, cursor=cursor)
    page(found, ("key", "status", "attempt", "block", "effect", "error.message"), "No steps yet.", as_json=as_json)


@app.command()
def events(
    id: Id, after: Annotated[int, typer.Option(min=0, help="Only those with a larger seq.")] = 0, limit: Limit = 200,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """What happened in a run."""
    with reach() as api:
        found = api.get(f"runs/{segment(id)}/events", after=after, limit=limit)
    page(found | {"next_cursor": None}, ("seq", "at", "type", "step"), "Nothing.", as_json=as_json)


@app.command()
def watch(
    id: Id, timeout: Annotated[float | None, typer.Option(min=0, help="Seconds to wait for its end.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Follow a run to its end, as `troupe run` does."""
    with reach() as api:
        run = api.get(f"runs/{segment(id)}")
        finish(api, Watch(api, run, timeout=timeout, quiet=as_json).until_rest(), as_json=as_json)


@app.command()
def signal(
    id: Id, name: str, payload: Annotated[str, typer.Argument(help="JSON; @file; what is no JSON is a text.")] = "null",
    dedupe: Annotated[str | None, typer.Option(help="The same again is the same signal.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Send a run what it waits for, or will wait for."""
    with reach() as api:
        body = {"name": name, "payload": _payload(payload, api.upload), "dedupe": dedupe}
        kept = api.post(f"runs/{segment(id)}/signals", body)
        if api.private:
            settle_down(api, id, as_json=as_json)
        elif as_json:
            json_line(kept)
        else:
            typer.echo("Sent." if kept["delivered"] else "It was sent before.")


def _payload(text: str, upload: Any) -> Any:
    if text.startswith("@"):
        return read_inputs([f"x={text}"], None, {}, upload)["x"]
    try:
        return read_json(text)
    except BadInput:
        return text


@app.command()
def settle(
    id: Id, step: str,
    happened: Annotated[bool, typer.Option("--happened", help="It happened; --output is what it gave.")] = False,
    not_happened: Annotated[bool, typer.Option("--not-happened", help="It did not; it is done again.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="Let the step fail.")] = False,
    output: Annotated[str, typer.Option(help="JSON: what the step gave.")] = "null",
    note: Annotated[str, typer.Option(help="How one knows.")] = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say what became of an unclear step."""
    said = {"happened": happened, "not_happened": not_happened, "give_up": give_up}
    chosen = [name for name, given in said.items() if given]
    if len(chosen) != 1:
        raise BadInput("Say one of --happened, --not-happened and --give-up.", code="bad_option")
    with reach() as api:
        body = {"step": step, "outcome": chosen[0], "output": read_json(output), "note": note}
        api.post(f"runs/{segment(id)}/settle", body)
        settle_down(api, id, as_json=as_json)


@app.command()
def resume(id: Id, note: str = "", as_json: AsJson = False) -> None:
    """Let a run out of quarantine."""
    with reach() as api:
        api.post(f"runs/{segment(id)}/resume", {"note": note})
        settle_down(api, id, as_json=as_json)


@app.command()
def fork(
    id: Id,
    from_step: Annotated[str, typer.Option("--from", help="The first step that is done again.")],
    version: Annotated[int | None, typer.Option(min=1, help="With this version of the workflow.")] = None,
    input_json: Annotated[str | None, typer.Option(help="With this input: JSON, @file, or @- for stdin.")] = None,
    outputs: Annotated[list[str] | None, typer.Option("--output", help="step=JSON: as if it had given this.")] = None,
    repeat: Annotated[list[str] | None, typer.Option(help="A step whose effect shall happen again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Start again at a step, keeping what came before it."""
    with reach() as api:
        body: dict[str, Any] = {"from_step": from_step, "version": version, "repeat_effects": repeat or []}
        body["outputs"] = read_inputs(outputs or [], None, {}, api.upload)
        body["input"] = read_inputs([], input_json, {}, api.upload) if input_json is not None else None
        made = api.post(f"runs/{segment(id)}/fork", body, once=True)
        if api.private:
            settle_down(api, made["id"], as_json=as_json)
        elif as_json:
            json_line(made)
        else:
            typer.echo(made["id"])


@app.command()
def terminate(id: Id, reason: str = "", as_json: AsJson = False) -> None:
    """End a run and those below it."""
    with reach() as api:
        found = api.post(f"runs/{segment(id)}/terminate", {"reason": reason})
        if api.private:
            found = Watch(api, found, timeout=10, quiet=True).until_rest()
    if as_json:
        json_line(found)
    else:
        typer.echo(
            f"Run {id} is {found['status']}." if found["status"] == "terminated" else f"Run {id} is being ended."
        )
