"""`troupe approvals`: what waits for a person."""

from typing import Annotated, Any

import typer

from functions.cli.follow import decide, settle_down
from functions.cli.inputs import read_inputs
from functions.cli.reach import reach, segment
from functions.cli.show import AsJson, Limit, fields, json_line, page, value

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="APPROVAL")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the decision.")]


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="pending, approved, refused, expired or cancelled.")] = None,
    limit: Limit = 50, cursor: str | None = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Approvals, newest first."""
    with reach() as api:
        found = api.get("approvals", status=status, limit=limit, cursor=cursor)
    columns = ("id", "status", "risk", "block", "expires_at", "title")
    page(found, columns, "Nothing waits for a person.", as_json=as_json)


@app.command()
def show(id: Id, as_json: AsJson = False) -> None:
    """One approval with its exact arguments."""
    with reach() as api:
        found = api.get(f"approvals/{segment(id)}")
    if as_json:
        json_line(found)
        return
    fields(found, ("id", "title", "status", "block", "effect", "risk", "requested_by", "deciders", "expires_at",
                   "run_id", "decided_by", "reason", "arguments_hash"))  # fmt: skip
    value(found["arguments"])


@app.command()
def approve(
    id: Id, reason: Reason = "",
    arguments: Annotated[str | None, typer.Option(help="JSON or @file: let it pass with these instead.")] = None,
    seen: Annotated[str | None, typer.Option("--hash", help="Only if its arguments still have this hash.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Let it happen, as it is or changed."""
    _decide(id, "approve", reason, arguments, seen, as_json=as_json)


@app.command()
def refuse(id: Id, reason: Reason = "", as_json: AsJson = False) -> None:
    """Let it not happen."""
    _decide(id, "refuse", reason, None, None, as_json=as_json)


def _decide(id: str, what: str, reason: str, arguments: str | None, seen: str | None, *, as_json: bool) -> None:
    with reach() as api:
        approval = api.get(f"approvals/{segment(id)}")
        more: dict[str, Any] = {}
        if arguments is not None:
            more["arguments"] = read_inputs([], arguments, {}, api.upload)
        made = decide(api, approval | ({"arguments_hash": seen} if seen else {}), what, reason, **more)
        if api.private:
            settle_down(api, made["run_id"], as_json=as_json)
        elif as_json:
            json_line(made)
        else:
            typer.echo(f"{made['title']}: {made['status']}.")
