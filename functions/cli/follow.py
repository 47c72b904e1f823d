"""Follow a run on a terminal: its steps as they end, the approvals on its way, and what it comes to."""

import sys
import time
from typing import TYPE_CHECKING, Any

import typer

from functions.cli.show import cell, colour, json_line, note, value

if TYPE_CHECKING:
    from functions.cli.client import Api

OVER = ("completed", "failed", "terminated")
MARKS = {
    "step.completed": ("✓", "green"), "step.failed": ("✗", "red"), "step.skipped": ("–", "dim"),
    "step.unknown": ("?", "yellow"), "step.retrying": ("↻", "yellow"),
}  # fmt: skip
PAUSES = ("run.waiting", "run.review")
LOOK = 2.0  # seconds of silence after which the run itself is looked at


class Watch:
    """One run, until it is over or rests for something that this command cannot give."""

    def __init__(self, api: "Api", run: dict[str, Any], *, timeout: float | None, quiet: bool = False) -> None:
        self.api, self.id, self.run, self.quiet = api, run["id"], run, quiet
        self.end = None if timeout is None else time.monotonic() + timeout
        self.seq = 0
        self.refused: set[str] = set()  # approvals that nobody here decides

    def until_rest(self) -> dict[str, Any]:
        """The run in the end."""
        while not self._rests():
            for event in self.api.events(self.id, self.seq, min(LOOK, self._left())):
                if event is not None:
                    self._tell(event)
                if self._left() <= 0 or (event and event["type"] in PAUSES and self._stands()):
                    break
            self.run = self.api.get(f"runs/{self.id}")
        return self.run

    def _stands(self) -> bool:
        """Whether it still waits: the event may be an old one."""
        return self.api.get(f"runs/{self.id}")["status"] in ("waiting", "review")

    def _left(self) -> float:
        return 3600.0 if self.end is None else max(0.0, self.end - time.monotonic())

    def _rests(self) -> bool:
        status, wakes = self.run["status"], (self.run["wakes_on"] or {}).get("kind")
        if status in OVER or self._left() <= 0:
            return True
        if status not in ("waiting", "review"):
            return False
        if asked := pending(self.api, self.id):
            return not self._decide(asked)
        return status == "review" or (wakes == "signal" and self.api.private)  # nobody else can reach it here

    def _decide(self, asked: list[dict[str, Any]]) -> bool:
        """Ask on the terminal; whether something was decided."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        decided = False
        for approval in asked:
            if approval["id"] in self.refused:
                continue
            show_approval(approval)
            typer.echo("Approve? [y]es, [n]o, [l]ater: ", nl=False, err=True)  # not input(): it writes to the output
            answer = sys.stdin.readline().strip().lower()[:1]
            if answer not in ("y", "n"):
                self.refused.add(approval["id"])
                continue
            decide(self.api, approval, "approve" if answer == "y" else "refuse", "")
            decided = True
        return decided

    def _tell(self, event: dict[str, Any]) -> None:
        self.seq = max(self.seq, event["seq"] or 0)
        if self.quiet or event["type"] not in MARKS or str(event["step"]).startswith("$"):
            return
        mark, tone = MARKS[event["type"]]
        data = event["data"]
        why = (data.get("error") or {}).get("message", "") if event["type"] in ("step.failed", "step.retrying") else ""
        note(f"{colour(mark, tone)} {cell(event['step'])}{': ' + cell(why) if why else ''}")


def pending(api: "Api", run: str) -> list[dict[str, Any]]:
    """The approvals that this run, or one below it, waits for."""
    above: dict[str, str | None] = {}

    def below(id: str | None) -> bool:
        while id is not None and id != run:
            if id not in above:
                above[id] = (api.get(f"runs/{id}")["parent"] or {}).get("run_id")
            id = above[id]
        return id == run

    return [a for a in api.get("approvals", status="pending", limit=200)["items"] if below(a["run_id"])]


def show_approval(approval: dict[str, Any]) -> None:
    """What is asked, with its exact arguments."""
    note(f"{approval['title']} ({approval['block']}, risk {approval['risk']}) waits for a person. Its arguments:")
    from orjson import OPT_INDENT_2, dumps

    note(dumps(approval["arguments"], option=OPT_INDENT_2).decode())


def decide(api: "Api", approval: dict[str, Any], decision: str, reason: str, **more: Any) -> dict[str, Any]:
    """Decide on exactly what was shown."""
    body = {"decision": decision, "arguments_hash": approval["arguments_hash"], "reason": reason, **more}
    return api.post(f"approvals/{approval['id']}/decide", body)


def finish(api: "Api", run: dict[str, Any], *, as_json: bool) -> None:
    """Print what a run came to, and exit with its code."""
    if as_json:
        json_line(run)
    elif run["status"] == "completed":
        value(run["output"])
    for line in [] if run["status"] == "completed" else advice(api, run):
        note(line)
    code = {"completed": 0, "failed": 1, "terminated": 1}.get(run["status"], 5)
    if code:
        raise typer.Exit(code)


def advice(api: "Api", run: dict[str, Any]) -> list[str]:
    """Why a run did not complete, and what to do."""
    id, error = run["id"], run["error"]
    if run["status"] in OVER:
        if not error:
            return [f"The run was {run['status']}{': ' + run['reason'] if run['reason'] else ''}."]
        at = f"{error['step'] or error['node']}: " if error["step"] or error["node"] else ""
        return [f"{colour('✗', 'red')} {cell(at + error['message'])} {cell(error['hint'])}".rstrip()]
    if asked := pending(api, id):
        return [f"{cell(a['title'])} waits for a person: troupe approvals approve {a['id']}" for a in asked]
    if run["status"] == "review":
        return [f"The run is in review ({run['reason']}): {_way_out(api, run)}"]
    wakes = run["wakes_on"] or {}
    if wakes.get("kind") == "signal":
        return [f"The run waits for a signal: troupe runs signal {id} {wakes.get('name') or 'NAME'}"]
    if api.private:
        return [f"The run {id} goes on when Troupe runs: troupe up"]
    return [f"The run is {run['status']}; follow it: troupe runs watch {id}"]


def _way_out(api: "Api", run: dict[str, Any]) -> str:
    id, reason = run["id"], run["reason"]
    if reason == "crash_loop":
        return f"troupe runs resume {id}"
    unclear = [s["key"] for s in api.get(f"runs/{id}/steps", limit=200)["items"] if s["status"] == "unknown"]
    if unclear:
        return f"troupe runs settle {id} {unclear[0]} --happened|--not-happened|--give-up"
    return f"troupe runs fork {id} --from STEP"


def settle_down(api: "Api", id: str, *, as_json: bool) -> None:
    """After a run was moved: here, stay with it until it rests, since it ends with us; elsewhere just show it."""
    run = api.get(f"runs/{id}")
    if api.private:
        finish(api, Watch(api, run, timeout=None, quiet=as_json).until_rest(), as_json=as_json)
    elif as_json:
        json_line(run)
    else:
        typer.echo(f"Run {id} is {run['status']}.")
